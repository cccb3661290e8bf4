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
from attribution.store.queries.rows import first_row, in_chunks, rows_of
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
        if not self.standing:
            return statement
        # A correction is about the same case and provider as the event that it takes back.
        corrected = self._about(select(events.c.corrects), ["correction"])
        return statement.where(events.c.seq.not_in(corrected.where(events.c.corrects.is_not(None))))

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


def stands(row: FromClause = events) -> ColumnElement[bool]:
    """Return the condition that no correction took an event of a case back."""
    correction = events.alias("taken_back")
    # A correction is about the same case, so that the index of events of a case finds it.
    taken_back = select(correction.c.seq).where(
        correction.c.case_id == row.c.case_id,
        correction.c.kind == "correction",
        correction.c.corrects == row.c.seq,
    )
    return ~taken_back.correlate(row).exists()


def events_in_order(reader: Reader, which: EventFilter) -> list[Event]:
    """Return events in the order in which they were written."""
    parts = [rows_of(reader, part.statement(), Event) for part in which.parts()]
    return sorted(chain.from_iterable(parts), key=attrgetter("seq"))


def events_by_time(reader: Reader, which: EventFilter) -> list[Event]:
    """Return events in the order in which they happened."""
    return sorted(events_in_order(reader, which), key=attrgetter("at"))


def event_numbered(reader: Reader, seq: int) -> Event | None:
    """Return an event by its number in the log."""
    return first_row(reader, EVENT.where(events.c.seq == seq), Event)


def link_events(reader: Reader) -> list[Event]:
    """Return every link between providers, and every undoing of one, as they were written."""
    return rows_of(reader, EVENT.where(IS_LINK).order_by(events.c.seq), Event)


def correction_of(reader: Reader, seq: int) -> int | None:
    """Return the number of the event that took an event back; None where none did."""
    statement = select(events.c.seq).where(events.c.corrects == seq, events.c.kind == "correction")
    return reader.execute(statement.limit(1)).scalar()


def corrected_among(reader: Reader, seqs: Collection[int]) -> set[int]:
    """Return those of some events of cases that a correction took back."""
    corrected: set[int] = set()
    for chunk in in_chunks(seqs):
        statement = select(events.c.seq).where(events.c.seq.in_(chunk), ~stands())
        corrected.update(reader.execute(statement).scalars())
    return corrected


def is_noted(reader: Reader, origin: str) -> bool:
    """Say whether an event of this origin, or several, are in the log."""
    statement = select(events.c.seq).where(events.c.origin.in_([origin, f"{origin} 0"]))
    return reader.execute(statement.limit(1)).first() is not None


def event_counts(reader: Reader, provider_ids: Collection[int]) -> dict[str, int]:
    """Return how many events of each kind providers have, by kind."""
    statement = (
        select(events.c.kind, func.count())
        .where(events.c.provider_id.in_(provider_ids))
        .group_by(events.c.kind)
        .order_by(events.c.kind)
    )
    return dict(rows_of(reader, statement, lambda kind, count: (str(kind), int(count))))
