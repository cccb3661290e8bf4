"""Curves of removal, against published worked examples and another library."""

from __future__ import annotations

import numpy as np
import pytest

from attribution.pattern.curves import aalen_johansen, turnbull

INF = np.inf
# Breast cosmesis, radiotherapy alone: Finkelstein & Wolfe, Biometrics 41 (1985), as in Klein &
# Moeschberger, "Survival Analysis", 2nd ed., section 5.2.
COSMESIS = [
    (45, INF),
    (6, 10),
    (0, 7),
    (46, INF),
    (46, INF),
    (7, 16),
    (17, INF),
    (7, 14),
    (37, 44),
    (0, 8),
    (4, 11),
    (15, INF),
    (11, 15),
    (22, INF),
    (46, INF),
    (46, INF),
    (25, 37),
    (46, INF),
    (26, 40),
    (46, INF),
    (27, 34),
    (36, 44),
    (46, INF),
    (36, 48),
    (37, INF),
    (40, INF),
    (17, 25),
    (46, INF),
    (11, 18),
    (38, INF),
    (5, 12),
    (37, INF),
    (0, 5),
    (18, INF),
    (24, INF),
    (36, INF),
    (5, 11),
    (19, 35),
    (17, 25),
    (24, INF),
    (32, INF),
    (33, INF),
    (19, 26),
    (37, INF),
    (34, INF),
    (36, INF),
]
PUBLISHED = {5: 0.954, 7: 0.920, 8: 0.832, 12: 0.761, 25: 0.668, 34: 0.586, 40: 0.467}
"""Klein & Moeschberger's table: what survives beyond a month."""


def test_turnbulls_curve_is_the_published_one() -> None:
    left, right = np.array(COSMESIS, float).T
    curve = turnbull(left, right)
    for month, survival in PUBLISHED.items():
        assert 1 - curve.by(month)[0] == pytest.approx(survival, abs=1.5e-3), month
    assert curve.mass.sum() == pytest.approx(1)


def test_turnbulls_curve_is_lifelines_too() -> None:
    """Survival by lifelines 0.30.3,
    `KaplanMeierFitter.fit_interval_censoring`, of the same 120 intervals.
    """
    lifelines_says = {1.0: 0.9124, 3.0: 0.6321, 6.0: 0.4750, 10.0: 0.3269}
    chance = np.random.default_rng(3)
    true = chance.exponential(5, 120)
    width = chance.uniform(0.2, 3, 120)
    left = np.maximum(0, true - width * chance.random(120))
    right = np.where(chance.random(120) < 0.25, INF, left + width)
    curve = turnbull(left, right)
    for day, survival in lifelines_says.items():
        low, high = curve.by(day)
        assert 1 - high - 0.03 <= survival <= 1 - low + 0.03


def test_a_median_lies_between_two_checks_or_is_not_known() -> None:
    assert turnbull(np.array([1.0, 1, 5]), np.array([2.0, 2, INF])).quantile(0.5) == (1.0, 2.0)
    assert turnbull(np.array([1.0, 5, 5]), np.array([2.0, INF, INF])).quantile(0.5) is None
    assert turnbull(np.array([]), np.array([])).quantile(0.5) is None


def test_causes_without_loss_are_their_shares() -> None:
    times, incidence = aalen_johansen(np.array([1.0, 2, 3, 4]), np.array([1, 2, 1, 1]), 2)
    assert times.tolist() == [1, 2, 3, 4]
    assert incidence[:, -1].tolist() == pytest.approx([0.75, 0.25])


def test_one_cause_alone_is_kaplan_and_meiers() -> None:
    """The 6-MP group of Freireich et al. (1963), in every textbook: survival 0.857 at 6 weeks,
    0.448 at 23.
    """
    time = np.array(
        [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], float
    )
    seen = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])
    times, incidence = aalen_johansen(time, seen, 1)
    survival = dict(zip(times.tolist(), (1 - incidence[0]).tolist(), strict=True))
    assert survival[6] == pytest.approx(0.857, abs=5e-4)
    assert survival[13] == pytest.approx(0.690, abs=5e-4)
    assert survival[23] == pytest.approx(0.448, abs=5e-4)


def test_causes_are_lifelines_too() -> None:
    """Incidence by lifelines 0.30.3, `AalenJohansenFitter`,
    of the first of two causes among the same 200 times.
    """
    lifelines_says = {2.0: 0.10104482088949114, 5.0: 0.23056138470401186, 9.0: 0.3405422795539746}
    chance = np.random.default_rng(5)
    # Without ties, which lifelines would move at random.
    time = np.round(chance.exponential(5, 200), 3) + np.arange(200) * 1e-6
    cause = chance.integers(0, 3, 200)
    times, incidence = aalen_johansen(time, cause, 2)
    for day, incidence_by_then in lifelines_says.items():
        ours = incidence[0, np.searchsorted(times, day, side="right") - 1]
        assert ours == pytest.approx(incidence_by_then, abs=1e-9)
