"""Days, weeks and arrays of them: how the method counts time. Pure.

Times are days since 1970-01-01 UTC, as floats; a week is seven days from a Monday on (ISO 8601).
`inf` stands for never.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
INF = np.inf
TOLERANCE = 1e-4
"""Days (9 seconds) by which two times of a history may differ by rounding alone."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 4.0
"""1970-01-01 was a Thursday: the Monday after it is day 4."""


def days(at: datetime) -> float:
    """Return a time as days since 1970."""
    return (at - _EPOCH) / timedelta(days=1)


def moment(day: float) -> datetime:
    """Return the time of a number of days, to the microsecond."""
    return _EPOCH + timedelta(days=float(day))


def week_of(day: Floats) -> Ints:
    """Return the number of the calendar week that each time lies in."""
    return np.floor((day - _MONDAY) / 7).astype(np.int64)


def week_start(week: float) -> float:
    """Return when a week begins."""
    return week * 7 + _MONDAY


def week_starts(week: Floats) -> Floats:
    """Return when each week begins."""
    return week * 7 + _MONDAY


def first_known_within(at: Floats, known: Floats, low: Floats, high: Floats) -> Floats:
    """Return for each pair of bounds when the first thing that happened between them was known.

    `at` is in order; both bounds belong to the span. inf where nothing happened in it.
    """
    begin = np.searchsorted(at, low - TOLERANCE, side="left")
    end = np.searchsorted(at, high + TOLERANCE, side="right")
    return least_between(known, begin, end)


def least_between(values: Floats, begin: Ints, end: Ints) -> Floats:
    """Return the least of `values[begin:end]` for each pair; inf where that is empty.

    A sparse table: n log n to make, and two look-ups a pair (Bender & Farach-Colton 2000).
    """
    found = np.full(len(begin), INF)
    some = end > begin
    if not some.any():
        return found
    levels = [values]
    while 2 << len(levels) - 1 <= len(values):
        half, last = 1 << len(levels) - 1, levels[-1]
        levels.append(np.minimum(last[:-half], last[half:]))
    length = end[some] - begin[some]
    level = np.frexp(length.astype(float))[1] - 1
    left, right = begin[some], end[some] - (1 << level)
    answer = np.empty(len(length))
    for number in np.unique(level):
        mine = level == number
        row = levels[number]
        answer[mine] = np.minimum(row[left[mine]], row[right[mine]])
    found[some] = answer
    return found
