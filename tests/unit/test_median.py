"""The median with its interval: order statistics without censoring, and a known worked example."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from attribution.pattern.median import Median, median_of


def by_order_statistics(times: list[float]) -> tuple[float | None, float | None]:
    """The textbook interval: the k-th from below and from above, by the binomial alone."""
    ordered, n = sorted(times), len(times)
    below = [k for k in range(1, n + 1) if binom.cdf(k - 1, n, 0.5) <= 0.025]
    if not below:
        return 0.0, None
    return ordered[below[-1] - 1], ordered[n - below[-1]]


@pytest.mark.parametrize("n", [1, 4, 5, 6, 7, 10, 25, 100, 999])
def test_without_censoring_it_is_the_interval_of_order_statistics(n: int) -> None:
    times = list(np.random.default_rng(n).exponential(10, n))
    median = median_of(np.array(times), np.ones(n, bool))
    low, high = by_order_statistics(times)
    assert median.estimate == sorted(times)[(n - 1) // 2]
    assert (median.low, median.high) == (low, high)


def test_ties_change_nothing_that_the_order_does_not() -> None:
    times = np.array([1.0] * 3 + [2.0] * 4 + [3.0] * 3)
    assert median_of(times, np.ones(10, bool)) == Median(2.0, 1.0, 3.0)


def test_kaplan_meier_of_the_trial_of_leukaemia() -> None:
    """6-MP arm of Freireich et al. 1963: median remission 23 weeks; the lower end is 13."""
    times = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    ended = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    median = median_of(np.array(times, float), np.array(ended, bool))
    assert median.estimate == 23
    assert median.low is not None
    assert 10 <= median.low <= 16
    assert median.high is None


def test_what_never_ended_has_no_median() -> None:
    assert median_of(np.array([1.0, 2.0]), np.zeros(2, bool)).estimate is None
    assert median_of(np.array([]), np.array([], bool)) == Median(None, None, None)


@pytest.mark.parametrize("censored", [0.0, 0.3, 0.6])
def test_the_interval_covers_the_true_median(censored: float) -> None:
    random = np.random.default_rng(7)
    covered = 0
    for _ in range(1000):
        times = random.exponential(1, 60)
        ends = random.exponential(1 / censored - 1, 60) if censored else np.full(60, np.inf)
        median = median_of(np.minimum(times, ends), times <= ends)
        above = median.low is None or median.low <= np.log(2)
        covered += above and (median.high is None or np.log(2) <= median.high)
    assert covered >= 940


def test_copies_of_a_time_do_not_make_the_interval_narrower() -> None:
    times = np.random.default_rng(3).exponential(10, 40)
    alone = median_of(times, np.ones(40, bool))
    copied = median_of(np.repeat(times, 5), np.ones(200, bool), independent=40)
    assert copied == alone
    assert median_of(np.repeat(times, 5), np.ones(200, bool)) != alone
