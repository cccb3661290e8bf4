"""Terms: how a hotline writes to one provider."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from attribution.casework.providers import provider_named
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.settings import Settings
from attribution.store import Reader, Writer
from attribution.store.queries.events import EventFilter, events_in_order
from attribution.store.times import moment

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_HOURS = 720


@dataclass(frozen=True, slots=True)
class Terms:
    """How a hotline writes to one provider."""

    grouping_hours: float
    """Hours for which reports of a site may gather in their notice: advice."""
    reminder_hours: float
    """Hours after a notice until a reminder."""
    quiet_days: tuple[str, ...] = ()
    """Days on which nothing is sent: `sat`, `sun`, `2026-12-25`."""

    @classmethod
    def usual(cls, settings: Settings) -> Terms:
        """Return how a provider is written to where nothing else was agreed."""
        return cls(settings.grouping_hours, settings.reminder_hours)

    def is_quiet(self, at: int) -> bool:
        """Say whether a time (UTC) is on a quiet day."""
        day = moment(at)
        return _DAYS[day.weekday()] in self.quiet_days or f"{day:%Y-%m-%d}" in self.quiet_days


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTerms:
    """Set how a provider is written to; what is None stays as it was."""

    provider: str
    """Its key, or a name that is its alone."""
    grouping_hours: str | float | None = None
    reminder_hours: str | float | None = None
    quiet_days: str | None = None
    """Days separated by commas or spaces: `sat,sun,2026-12-25`; empty for none."""


def set_terms(writer: Writer, command: SetTerms, usual: Terms) -> str:
    """Note how to write to a provider from now on; return its key. Raises Refused."""
    provider_id, key = provider_named(writer.connection, command.provider)
    now = terms_of(writer.connection, [provider_id], usual)[provider_id]
    grouping, reminder = command.grouping_hours, command.reminder_hours
    terms = Terms(
        now.grouping_hours if grouping is None else _hours(grouping, "grouping_hours"),
        now.reminder_hours if reminder is None else _hours(reminder, "reminder_hours"),
        now.quiet_days if command.quiet_days is None else _quiet_days(command.quiet_days),
    )
    if not terms.reminder_hours:
        raise Refused(Refusal.INVALID, "reminder_hours", "0", "give more than 0 hours")
    detail = {
        "grouping_hours": terms.grouping_hours,
        "reminder_hours": terms.reminder_hours,
        "quiet_days": list(terms.quiet_days),
    }
    writer.add_event("terms", writer.now, provider_id=provider_id, detail=detail)
    return key


def terms_of(reader: Reader, provider_ids: Collection[int], usual: Terms) -> dict[int, Terms]:
    """Return how to write to providers: what was last agreed for each, else the usual."""
    terms = dict.fromkeys(provider_ids, usual)
    agreed = EventFilter(kinds=["terms"], provider_ids=provider_ids, standing=True)
    for event in events_in_order(reader, agreed):
        detail = event.detail
        terms[event.provider_id or 0] = Terms(
            detail.get("grouping_hours", usual.grouping_hours),
            detail.get("reminder_hours", usual.reminder_hours),
            tuple(detail.get("quiet_days", usual.quiet_days)),
        )
    return terms


def _hours(given: str | float, field: str) -> float:
    try:
        hours = float(given)
    except ValueError:
        raise Refused(Refusal.INVALID, field, str(given)[:40], "give a number of hours") from None
    if not 0 <= hours <= _MOST_HOURS:
        raise Refused(Refusal.INVALID, field, f"{hours:g}", f"give 0 to {_MOST_HOURS} hours")
    return hours


def _quiet_days(text: str) -> tuple[str, ...]:
    days = tuple(text.lower().replace(",", " ").split())
    for day in days:
        if day not in _DAYS and not _is_date(day):
            remedy = f"use {', '.join(_DAYS)} or a date such as 2026-12-25"
            raise Refused(Refusal.INVALID, "quiet day", day, remedy)
    return days


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
