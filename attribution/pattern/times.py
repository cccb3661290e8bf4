"""Days and weeks: how the method counts time. Pure.

Times are days since 1970-01-01 UTC, as floats; a week is seven days from a Monday on (ISO 8601).
`inf` stands for never.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NewType

import numpy as np

from attribution.pattern.arrays import Floats, Ints, least_between

Day = NewType("Day", float)
"""Days since 1970-01-01 UTC: what the method counts in."""
EPOCH = Day(0.0)
NEVER = Day(np.inf)
ALWAYS = Day(-np.inf)
"""Before every date."""
TOLERANCE = 1e-4
"""Days (9 seconds) by which two times of a history may differ by rounding alone."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 4.0
"""1970-01-01 was a Thursday: the Monday after it is day 4."""


def days(at: datetime) -> Day:
    """Return a time as days since 1970."""
    return Day((at - _EPOCH) / timedelta(days=1))


def moment(day: float) -> datetime:
    """Return the time of a number of days, to the microsecond."""
    return _EPOCH + timedelta(days=float(day))


def week_of(day: Floats) -> Ints:
    """Return the number of the calendar week that each time lies in."""
    return np.floor((day - _MONDAY) / 7).astype(np.int64)


def week_start(week: float) -> Day:
    """Return when a week begins."""
    return Day(week * 7 + _MONDAY)


def week_starts(week: Floats) -> Floats:
    """Return when each week begins."""
    return week * 7 + _MONDAY


def first_known_within(at: Floats, known: Floats, low: Floats, high: Floats) -> Floats:
    """Return for each pair of bounds when the first of what happened between them was known.

    `at` is in order; both bounds belong to the span. inf where nothing happened in it.
    """
    begin = np.searchsorted(at, low - TOLERANCE, side="left")
    end = np.searchsorted(at, high + TOLERANCE, side="right")
    return least_between(known, begin, end)
