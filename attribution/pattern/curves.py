"""How long removal takes, of times that are only known to lie between two checks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from attribution.pattern.arrays import Floats

_MOST_STEPS = 2000
_ENOUGH = 1e-7


@dataclass(frozen=True, slots=True)
class Curve:
    """Where the mass of a distribution lies: in (left, right], with its probability.

    What is missing from 1 never ended, as far as was seen.
    """

    left: Floats
    right: Floats
    mass: Floats

    def by(self, time: float) -> tuple[float, float]:
        """Return the least and the most that can have ended by a time.

        Mass inside an interval may lie on either side.
        """
        return float(self.mass[self.right <= time].sum()), float(self.mass[self.left < time].sum())

    def quantile(self, share: float) -> tuple[float, float] | None:
        """Return the interval in which a share of all has ended; None where it had not yet."""
        reached = np.searchsorted(np.cumsum(self.mass), share - 1e-9)
        if reached >= len(self.mass) or not np.isfinite(self.right[reached]):
            return None
        return float(self.left[reached]), float(self.right[reached])


def turnbull(left: Floats, right: Floats, enough: float = _ENOUGH) -> Curve:
    """Estimate the distribution that makes intervals (left, right] most likely.

    `right` is inf where the end was not seen. Refined until no mass changes by more than `enough`
    in a step. Source: Turnbull, "The empirical distribution function with arbitrarily grouped,
    censored and truncated data", JRSS-B 38 (1976). Assumption: when checks are made does not depend
    on when content goes.
    """
    if not len(left):
        return Curve(*(np.array([], float),) * 3)
    left = np.asarray(left, float)
    right = np.maximum(np.asarray(right, float), left)
    intervals, count = np.unique(np.column_stack([left, right]), axis=0, return_counts=True)
    low, high = _innermost(intervals[:, 0], intervals[:, 1])
    inside = ((low >= intervals[:, :1]) & (high <= intervals[:, 1:])).astype(float)
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
    """Return the intervals from a left end to the next right end with no end between.

    Only there can the data say that mass lies. An exact time is an interval of its own.
    """
    right_first, left_last = 0, 1
    ends = sorted(
        [(value, left_last) for value in set(left)] + [(v, right_first) for v in set(right)]
    )
    intervals = {
        (value, next_value)
        for (value, side), (next_value, next_side) in pairwise(ends)
        if side == left_last and next_side == right_first
    }
    intervals |= {(value, value) for value in left[left == right]}
    low, high = np.array(sorted(intervals), float).reshape(-1, 2).T
    return low, high


def aalen_johansen(time: Floats, cause: np.ndarray, causes: int) -> tuple[Floats, Floats]:
    """Return (times, cumulative incidence a cause): the chance of each way of ending by a time.

    `cause` is 0 for those whose end was not seen, else from 1 to `causes`; others are taken into
    account. Source: Aalen & Johansen, Scand. J. Stat. 5 (1978).
    """
    times = np.unique(time[cause > 0])
    surviving, incidence = 1.0, np.zeros(causes)
    cumulative = np.zeros((causes, len(times)))
    for place, at in enumerate(times):
        at_risk = (time >= at).sum()
        ended = np.bincount(cause[time == at], minlength=causes + 1)[1:].astype(float)
        incidence = incidence + surviving * ended / at_risk
        surviving *= 1 - ended.sum() / at_risk
        cumulative[:, place] = incidence
    return times, cumulative
