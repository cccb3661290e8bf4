"""Reading the fields of a command: the same for the command line, the interface and the page."""

from __future__ import annotations

from datetime import UTC, datetime

from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store.times import HOUR, Micros, iso, micros

_YEARS = range(1990, 2201)
"""Years in which a report or notice can be."""


def time_of(given: str | datetime | None, field: str = "at") -> Micros | None:
    """Read a time, ISO 8601, UTC where it says no offset; None where it is left out.

    Raises Refused for a text that is no time, and for a year before 1990 or after 2200.
    """
    if given is None or given == "":
        return None
    try:
        at = given if isinstance(given, datetime) else datetime.fromisoformat(given.strip())
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        remedy = "give a time such as 2026-01-31T14:02Z; without an offset it is UTC"
        raise Refused(Refusal.INVALID, field, str(given)[:40], remedy) from None
    if at.year not in _YEARS:
        remedy = "give a time of the years 1990 to 2200"
        raise Refused(Refusal.INVALID, field, at.isoformat(), remedy)
    return micros(at)


def required(text: str, field: str, remedy: str) -> str:
    """Return a text without spaces around it. Raises Refused where nothing is left."""
    plain = text.strip()
    if not plain:
        raise Refused(Refusal.MISSING, field, text, remedy)
    return plain


def check_happened(at: int, now: int, remedy: str) -> None:
    """Raise Refused for a time in the future; another clock may be an hour ahead."""
    if at > now + HOUR:
        raise Refused(Refusal.INVALID, "at", str(iso(at)), f"it is in the future: {remedy}")
