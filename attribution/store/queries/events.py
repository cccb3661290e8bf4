"""Events of the log, by kind and by whom or what they are about."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, func, select

from attribution.store.engine import Reader
from attribution.store.queries.rows import in_chunks, rows_of
from attribution.store.tables import IS_LINK, events, providers


class Event(NamedTuple):
    """An entry of the log. Times are microseconds since 1970, UTC."""

    seq: int
    kind: str
    at: int
    known_at: int
    recorded_at: int
    who: str
    provider_id: int | None
    case_id: int | None
    report_id: int | None
    corrects: int | None
    detail_json: str

    @property
    def detail(self) -> dict[str, Any]:
        """What else is known of it."""
        return dict(json.loads(self.detail_json))


EVENT = select(*(events.c[name] for name in Event._fields[:-1]), events.c.detail)
"""Selects what an `Event` is made of."""


def stands(event: FromClause = events) -> ColumnElement[bool]:
    """Return the condition that no correction took an event back."""
    correction = events.alias("taking_back")
    taken_back = select(correction.c.seq).where(
        correction.c.corrects == event.c.seq, correction.c.kind == "correction"
    )
    return ~taken_back.correlate_except(correction).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are asked for; a field that is None does not restrict."""

    kinds: Collection[str]
    provider_ids: Collection[int] | None = None
    case_ids: Collection[int] | None = None
    of_no_provider: bool = False
    """Only events of the house itself: accounts, signers, links to set accounts up."""
    of_any_provider: bool = False
    """Only events about some provider, found by the index of each."""
    standing: bool = False
    """Only events that no correction took back."""

    def statement(self) -> Select[Any]:
        """Return the selection, without an order."""
        statement = self._about(EVENT, self.kinds)
        return statement.where(stands()) if self.standing else statement

    def parts(self) -> list[EventFilter]:
        """Return the same as filters of as many providers or cases as one statement takes."""
        if self.provider_ids is not None:
            return [replace(self, provider_ids=chunk) for chunk in in_chunks(self.provider_ids)]
        if self.case_ids is not None:
            return [replace(self, case_ids=chunk) for chunk in in_chunks(self.case_ids)]
        return [self]

    def _about(self, statement: Select[Any], kinds: Collection[str]) -> Select[Any]:
        statement = statement.where(events.c.kind.in_(kinds))
        if self.provider_ids is not None:
            statement = statement.where(events.c.provider_id.in_(self.provider_ids))
        if self.case_ids is not None:
            statement = statement.where(events.c.case_id.in_(self.case_ids))
        if self.of_no_provider:
            statement = statement.where(events.c.provider_id.is_(None))
        if self.of_any_provider:
            statement = statement.where(events.c.provider_id.in_(select(providers.c.id)))
        return statement


def events_in_order(reader: Reader, which: EventFilter) -> list[Event]:
    """Return events in the order in which they were written."""
    parts = [rows_of(reader, part.statement(), Event) for part in which.parts()]
    return sorted(chain.from_iterable(parts), key=attrgetter("seq"))


def events_by_time(reader: Reader, which: EventFilter) -> list[Event]:
    """Return events in the order in which they happened."""
    return sorted(events_in_order(reader, which), key=attrgetter("at"))


def events_numbered(reader: Reader, numbers: Collection[int]) -> list[Event]:
    """Return events by their numbers in the log, those that are there."""
    return [
        event
        for chunk in in_chunks(numbers)
        for event in rows_of(reader, EVENT.where(events.c.seq.in_(chunk)), Event)
    ]


def corrected_among(reader: Reader, numbers: Collection[int]) -> set[int]:
    """Return those of some events that another one took back."""
    statement = select(events.c.corrects).where(events.c.kind == "correction")
    return {
        number
        for chunk in in_chunks(numbers)
        for number in reader.execute(statement.where(events.c.corrects.in_(chunk))).scalars()
    }


def link_events(reader: Reader) -> list[Event]:
    """Return every link between providers, and every undoing of one, as they were written."""
    return rows_of(reader, EVENT.where(IS_LINK).order_by(events.c.seq), Event)


def is_noted(reader: Reader, origin: str) -> bool:
    """Say whether an event of this origin, or several, are in the log."""
    statement = select(events.c.seq).where(events.c.origin.in_([origin, f"{origin} 0"]))
    return reader.execute(statement.limit(1)).first() is not None


def event_with_origin(reader: Reader, origin: str) -> int | None:
    """Return the number of the event of an origin."""
    return reader.execute(select(events.c.seq).where(events.c.origin == origin)).scalar()


def event_counts(reader: Reader, provider_ids: Collection[int]) -> dict[str, int]:
    """Return how many events of each kind providers have, by kind."""
    statement = (
        select(events.c.kind, func.count())
        .where(events.c.provider_id.in_(provider_ids))
        .group_by(events.c.kind)
        .order_by(events.c.kind)
    )
    return dict(rows_of(reader, statement, lambda kind, count: (str(kind), int(count))))
