"""What the tables of law have in common: where a fact was read, when, and when it is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRow:
    """A row of a table of facts that somebody has to look at again from time to time."""

    source: str
    """URL where the fact was read; where it is not verified, where it is to be read."""
    looked_at: date
    """When somebody last looked at it."""
    verified: bool
    """A public text that was read on that day says it."""
    note: str | None
    """What the columns cannot say; None where there is nothing."""


def provenance(row: dict[str, str]) -> dict[str, Any]:
    """Return the fields of a `DatedRow` from a table's row. Raises ValueError."""
    return {
        "source": row["source"],
        "looked_at": date.fromisoformat(row["looked_at"]),
        "verified": {"yes": True, "no": False}[row["verified"]],
        "note": row["note"] or None,
    }


def date_or_none(text: str) -> date | None:
    """Read an ISO date; None for an empty field. Raises ValueError."""
    return date.fromisoformat(text) if text else None


def in_force(since: date | None, until: date | None, on: date) -> bool:
    """Say whether something is in force on a day: from its first to its last, both included.

    A first day that is not known (None) is taken for past, a last one for not set.
    """
    return (since is None or since <= on) and (until is None or on <= until)


def today() -> date:
    """Return the day it is in UTC."""
    return datetime.now(UTC).date()
