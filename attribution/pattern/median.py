"""The median of times of which some are only known to be longer (right-censored), with a
distribution-free confidence interval. Pure.

Estimate: Kaplan & Meier, JASA 53 (1958). Interval: beta product confidence procedure by moments,
Fay, Brittain & Proschan, Biostatistics 14 (2013). Where no time is censored it is the interval
between two order statistics that the binomial distribution gives. Assumption: whether a time is
censored does not depend on how long it would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from attribution.pattern.arrays import Bools, Floats

CONFIDENCE = 0.95
_Moments = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Median:
    """A median with the ends of its interval, in the unit of the times; None: never reached."""

    estimate: float | None
    low: float | None
    high: float | None


def median_of(times: Floats, ended: Bools, independent: float | None = None) -> Median:
    """Return the median of times; those that have not `ended` are only known to be longer.

    `independent` is how many of the times are independent of one another; None for all. With fewer,
    the interval is that of so many times (effective sample size, Korn & Graubard 1998).
    """
    if not len(times):
        return Median(None, None, None)
    weight = 1.0 if independent is None else min(1.0, independent / len(times))
    at, place = np.unique(np.asarray(times, float), return_inverse=True)
    ends = np.asarray(np.bincount(place, np.asarray(ended, float), len(at)), float)
    at_risk: Floats = len(times) - np.concatenate([[0.0], np.cumsum(np.bincount(place))])
    surviving = np.cumprod(1 - ends / at_risk[:-1])
    low, high = _bounds(np.multiply(ends, weight), np.multiply(at_risk, weight))
    # The interval holds the times at which a share surviving of one half cannot be excluded.
    return Median(
        _first(at, surviving <= 0.5 + 1e-12),
        _first(np.concatenate([[0.0], at]), low <= 0.5),
        _first(at, high < 0.5),
    )


def _bounds(ends: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """Return the least share that survives before the first time and from each time on, and the
    most from each time on.
    """
    a, b = at_risk[:-1] - ends + 1, ends
    mean = np.cumprod(a / (a + b))
    square = np.cumprod(a * (a + 1) / ((a + b) * (a + b + 1)))
    upper = _quantile(mean, square, (1 + CONFIDENCE) / 2)
    # The next end may come at once: one more factor, of those who are still at risk.
    mean = np.concatenate([[1.0], mean]) * at_risk / (at_risk + 1)
    square = np.concatenate([[1.0], square]) * at_risk / (at_risk + 2)
    return _quantile(mean, square, (1 - CONFIDENCE) / 2), upper


def _quantile(mean: _Moments, square: _Moments, level: float) -> Floats:
    """Return the quantile of beta distributions by their first two moments."""
    variance = square - mean**2
    spread = variance > 1e-15
    total = np.where(spread, mean * (1 - mean) / np.where(spread, variance, 1.0) - 1, 1.0)
    a, b = np.maximum(mean * total, 1e-12), np.maximum((1 - mean) * total, 1e-12)
    return np.where(spread, betaincinv(a, b, level), np.round(mean))


def _first(times: Floats, reached: Bools) -> float | None:
    return float(times[int(reached.argmax())]) if reached.any() else None
