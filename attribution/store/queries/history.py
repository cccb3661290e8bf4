"""What happened, read for judging it: notices, reports and events by number, few columns each.

Times are microseconds since 1970. Rows are streamed, so that memory does not grow with the store.
`only` are the ids of the providers that are read; None reads all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select

from attribution.codes import EventKind
from attribution.store.engine import Reader
from attribution.store.queries.events import stands
from attribution.store.queries.rows import columns_for, streamed_rows
from attribution.store.tables import cases, events, providers, reports

SIGNED_ORIGIN = "check "
"""How the origin of an event begins that a registered checker signed."""
ACCUSING = (EventKind.STILL_ONLINE.value, EventKind.REAPPEARED.value)
"""Checks that may count against a provider."""


class SentRow(NamedTuple):
    """A notice that was sent."""

    case_id: int
    at: int
    detail: str
    """JSON."""


class CaseRow(NamedTuple):
    """A case, as a history has it."""

    id: int
    key: str
    provider_id: int
    site_key: str
    urls: int
    reseller: str | None


class UrlRow(NamedTuple):
    """A report that belongs to a case."""

    id: int
    case_id: int


class HistoryEvent(NamedTuple):
    """An event, as a history has it."""

    seq: int
    kind: str
    at: int
    known_at: int
    provider_id: int | None
    case_id: int | None
    report_id: int | None
    detail: str
    """JSON."""


def provider_names(reader: Reader) -> dict[int, tuple[str, str]]:
    """Return (key, name) of every provider, by id."""
    rows = reader.execute(select(providers.c.id, providers.c.key, providers.c.name))
    return {row.id: (row.key, row.name) for row in rows}


def provider_countries(reader: Reader) -> dict[str, str]:
    """Return the country of each provider that has one, by key."""
    statement = select(providers.c.key, providers.c.country)
    rows = reader.execute(statement.where(providers.c.country.is_not(None)))
    return {row.key: row.country for row in rows}


def sent_rows(reader: Reader, only: Collection[int] | None = None) -> Iterator[SentRow]:
    """Yield every `sent` that was not taken back, the first of a case first."""
    statement = select(*columns_for(events, SentRow)).where(events.c.kind == "sent", stands())
    statement = _about(statement, only).order_by(events.c.case_id, events.c.at)
    return streamed_rows(reader, statement, SentRow)


def case_rows(reader: Reader, only: Collection[int] | None = None) -> Iterator[CaseRow]:
    """Yield cases, in the order in which they were opened."""
    statement = select(*columns_for(cases, CaseRow)).order_by(cases.c.id)
    if only is not None:
        statement = statement.where(cases.c.provider_id.in_(only))
    return streamed_rows(reader, statement, CaseRow)


def url_rows(reader: Reader, only: Collection[int] | None = None) -> Iterator[UrlRow]:
    """Yield reports that belong to a case, in the order in which they were added."""
    statement = select(*columns_for(reports, UrlRow)).order_by(reports.c.id)
    statement = statement.where(reports.c.case_id.is_not(None))
    if only is not None:
        of_providers = cases.c.provider_id.in_(only)
        statement = statement.join(cases, cases.c.id == reports.c.case_id).where(of_providers)
    return streamed_rows(reader, statement, UrlRow)


def history_events(
    reader: Reader,
    kinds: Collection[str],
    until: int | None = None,
    only: Collection[int] | None = None,
) -> Iterator[HistoryEvent]:
    """Yield events of some kinds that were known by a time, in the order of the log.

    Checks that count for nothing, since nobody signed them, are left out.
    """
    statement = select(*columns_for(events, HistoryEvent)).where(events.c.kind.in_(kinds))
    if until is not None:
        statement = statement.where(events.c.known_at <= until)
    since = signed_since(reader)
    if since is not None:
        statement = statement.where(not_(is_unsigned(since)))
    return streamed_rows(reader, _about(statement, only).order_by(events.c.seq), HistoryEvent)


def signed_since(reader: Reader) -> int | None:
    """Return since when checks have to be signed: the first checker's registration, in
    microseconds since 1970; None where there is none.
    """
    statement = select(events.c.recorded_at).where(events.c.kind == "checker_named")
    return reader.execute(statement.order_by(events.c.seq).limit(1)).scalar_one_or_none()


def is_unsigned(since: int) -> ColumnElement[bool]:
    """Return the condition of a check that would count against a provider, and that nobody signed.

    By the event's origin: the program writes it, and no field of an imported row reaches it.
    """
    return and_(
        events.c.kind.in_(ACCUSING),
        events.c.recorded_at >= since,
        not_(func.coalesce(events.c.origin, "").startswith(SIGNED_ORIGIN)),
    )


def corrected_events(reader: Reader, only: Collection[int] | None = None) -> set[int]:
    """Return the numbers of the events that a later correction took back."""
    statement = select(events.c.corrects).where(events.c.kind == "correction")
    return set(reader.execute(_about(statement, only)).scalars())


def providers_with_notices(reader: Reader, until: int | None = None) -> set[int]:
    """Return the providers to which a notice was sent by a time."""
    sent = select(events.c.seq).where(
        events.c.provider_id == providers.c.id, events.c.kind == "sent", stands()
    )
    if until is not None:
        sent = sent.where(events.c.at <= until)
    return set(reader.execute(select(providers.c.id).where(sent.exists())).scalars())


def any_detail(reader: Reader, kind: str, *texts: str) -> bool:
    """Say whether the details of any event of a kind hold one of some texts."""
    holds = or_(*(events.c.detail.contains(text, autoescape=True) for text in texts))
    statement = select(events.c.seq).where(events.c.kind == kind, holds)
    return reader.execute(statement.limit(1)).first() is not None


def _about(statement: Select[Any], only: Collection[int] | None) -> Select[Any]:
    return statement if only is None else statement.where(events.c.provider_id.in_(only))
