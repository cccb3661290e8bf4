"""Times as the store keeps them: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NewType

Micros = NewType("Micros", int)
"""A time: microseconds since 1970, UTC."""
HOUR = 3_600_000_000
"""Microseconds of an hour."""
DAY = 24 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> Micros:
    """Return a time as microseconds since 1970; exactly, which a float of seconds is not."""
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH
    return Micros(since // timedelta(microseconds=1))


def moment(number: int) -> datetime:
    """Return the time of a number of microseconds."""
    return _EPOCH + timedelta(microseconds=number)


def iso(number: int | None) -> str | None:
    """Return a time as text (RFC 3339), as short as it is exact."""
    return None if number is None else moment(number).isoformat().replace("+00:00", "Z")
