"""How long removal takes, of times that are only known to lie between two checks. Pure.

`turnbull`: the distribution that makes the observed intervals most likely. Source: Turnbull, "The
empirical distribution function with arbitrarily grouped, censored and truncated data", JRSS-B 38
(1976). Assumption: when checks are made does not depend on when content goes. `aalen_johansen`: the
chance of each way of ending by a time, others taken into account. Source: Aalen & Johansen, Scand.
J. Stat. 5 (1978).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from attribution.pattern.times import Floats

_MOST_STEPS = 2000
_ENOUGH = 1e-7


@dataclass(frozen=True, slots=True)
class Curve:
    """Where the mass of a distribution lies: in (left, right], with its probability; the rest is
    never, as far as was seen.
    """

    left: Floats
    right: Floats
    mass: Floats

    def by(self, time: float) -> tuple[float, float]:
        """Return the least and the most that can have ended by a time: mass inside an interval may
        lie on either side.
        """
        return float(self.mass[self.right <= time].sum()), float(self.mass[self.left < time].sum())

    def quantile(self, share: float) -> tuple[float, float] | None:
        """Return the interval in which a share of all has ended; None where it had not when it was
        last looked.
        """
        reached = np.searchsorted(np.cumsum(self.mass), share - 1e-9)
        if reached >= len(self.mass) or not np.isfinite(self.right[reached]):
            return None
        return float(self.left[reached]), float(self.right[reached])


def turnbull(
    left: Floats, right: Floats, weight: Floats | None = None, enough: float = _ENOUGH
) -> Curve:
    """Estimate the distribution of times that lie in (left, right], `right` inf where the end was
    not seen.

    It is refined until no mass changes by more than `enough` in a step.
    """
    if not len(left):
        return Curve(*(np.array([], float),) * 3)
    left, right = (
        np.asarray(left, float),
        np.maximum(np.asarray(right, float), np.asarray(left, float)),
    )
    weight = np.ones(len(left)) if weight is None else np.asarray(weight, float)
    pairs, place = np.unique(np.column_stack([left, right]), axis=0, return_inverse=True)
    count = np.bincount(place.ravel(), weight)
    low, high = _innermost(pairs[:, 0], pairs[:, 1])
    inside = ((low[None, :] >= pairs[:, :1]) & (high[None, :] <= pairs[:, 1:])).astype(float)
    mass = np.full(len(low), 1 / len(low))
    for _ in range(_MOST_STEPS):
        total = inside @ mass
        new = mass * ((count / np.where(total > 0, total, 1)) @ inside) / count.sum()
        done = np.abs(new - mass).max() < enough
        mass = new
        if done:
            break
    return Curve(low, high, mass)


def _innermost(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Return the intervals from a left end to the next right end with no end between: only there
    can mass be told to lie.
    """
    ends = sorted(
        [(value, 1, value) for value in set(left)] + [(value, 0, value) for value in set(right)],
        key=lambda one: one[:2],
    )
    found = [
        (before[0], after[0])
        for before, after in pairwise(ends)
        if before[1] == 1 and after[1] == 0
    ]
    exact = sorted(set(left[left == right]))
    found = sorted(set(found) | {(value, value) for value in exact})
    return np.array([one[0] for one in found], float), np.array([one[1] for one in found], float)


def aalen_johansen(time: Floats, cause: np.ndarray, causes: int) -> tuple[Floats, Floats]:
    """Return (times, cumulative incidence a cause): `cause` is 0 for those whose end was not seen,
    else from 1 to `causes`.
    """
    time, cause = np.asarray(time, float), np.asarray(cause)
    times = np.unique(time[cause > 0])
    surviving, incidence = 1.0, np.zeros(causes)
    found = np.zeros((causes, len(times)))
    for number, at in enumerate(times):
        at_risk = (time >= at).sum()
        ended = np.array(
            [((time == at) & (cause == one)).sum() for one in range(1, causes + 1)], float
        )
        incidence = incidence + surviving * ended / at_risk
        surviving *= 1 - ended.sum() / at_risk
        found[:, number] = incidence
    return times, found
