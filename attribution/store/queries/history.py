"""What happened, read for judging it: notices, reports and events by number, few columns each.

Times are microseconds since 1970. Rows are streamed, so that memory does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, not_, select

from attribution.store.engine import STREAMED
from attribution.store.tables import cases, events, providers, reports

SIGNED_ORIGIN = "check "
"""How the origin of an event begins that a registered checker signed."""
ACCUSING = ("still_online", "reappeared")
"""Checks that may count against a provider."""


def provider_names(connection: Connection) -> dict[int, tuple[str, str]]:
    """Return (key, name) of every provider by number."""
    rows = connection.execute(select(providers.c.id, providers.c.key, providers.c.name))
    return {row.id: (row.key, row.name) for row in rows}


def sent_notices(connection: Connection, only: Collection[int] | None = None) -> Iterator[Row[Any]]:
    """Yield (case_id, at, detail) of every `sent`, the first of a case first."""
    wanted = select(events.c.case_id, events.c.at, events.c.detail).where(events.c.kind == "sent")
    yield from _rows(connection, _of(wanted, only).order_by(events.c.case_id, events.c.at))


def case_rows(connection: Connection, only: Collection[int] | None = None) -> Iterator[Row[Any]]:
    """Yield (id, key, provider_id, site_key, urls, reseller) of cases."""
    columns = (
        cases.c.id,
        cases.c.key,
        cases.c.provider_id,
        cases.c.site_key,
        cases.c.urls,
        cases.c.reseller,
    )
    wanted = select(*columns)
    if only is not None:
        wanted = wanted.where(cases.c.provider_id.in_(only))
    yield from _rows(connection, wanted.order_by(cases.c.id))


def report_rows(connection: Connection, only: Collection[int] | None = None) -> Iterator[Row[Any]]:
    """Yield (id, case_id) of reports that belong to a case."""
    wanted = select(reports.c.id, reports.c.case_id).where(reports.c.case_id.is_not(None))
    if only is not None:
        wanted = wanted.join(cases, cases.c.id == reports.c.case_id).where(
            cases.c.provider_id.in_(only)
        )
    yield from _rows(connection, wanted.order_by(reports.c.id))


def event_rows(
    connection: Connection,
    kinds: Collection[str],
    until: int | None = None,
    only: Collection[int] | None = None,
) -> Iterator[Row[Any]]:
    """Yield (seq, kind, at, known_at, provider_id, case_id, report_id, detail) of events of some
    kinds, in order; checks that count for nothing, since nobody signed them, are left out.
    """
    columns = (
        events.c.seq,
        events.c.kind,
        events.c.at,
        events.c.known_at,
        events.c.provider_id,
        events.c.case_id,
        events.c.report_id,
        events.c.detail,
    )
    wanted = _of(select(*columns).where(events.c.kind.in_(kinds)), only)
    if until is not None:
        wanted = wanted.where(events.c.known_at <= until)
    since = signed_since(connection)
    if since is not None:
        wanted = wanted.where(not_(is_unsigned(since)))
    yield from _rows(connection, wanted.order_by(events.c.seq))


def signed_since(connection: Connection) -> int | None:
    """Return since when checks have to be signed, in microseconds since 1970: the first checker's
    registration; None where there is none.
    """
    return connection.execute(
        select(events.c.recorded_at)
        .where(events.c.kind == "checker_named")
        .order_by(events.c.seq)
        .limit(1)
    ).scalar_one_or_none()


def is_unsigned(since: int) -> ColumnElement[bool]:
    """Return the condition of a check that would count against a provider, and that nobody signed.

    By the event's origin: the program writes it, and no field of an imported row reaches it.
    """
    return and_(
        events.c.kind.in_(ACCUSING),
        events.c.recorded_at >= since,
        not_(func.coalesce(events.c.origin, "").startswith(SIGNED_ORIGIN)),
    )


def corrected_events(connection: Connection, only: Collection[int] | None = None) -> set[int]:
    """Return the events that a later correction took back."""
    wanted = select(events.c.corrects).where(events.c.kind == "correction")
    return set(connection.execute(_of(wanted, only)).scalars())


def providers_with_notices(connection: Connection, until: int | None = None) -> set[int]:
    """Return the providers to which a notice was sent by a time."""
    sent = select(events.c.seq).where(
        events.c.provider_id == providers.c.id, events.c.kind == "sent"
    )
    if until is not None:
        sent = sent.where(events.c.at <= until)
    return set(connection.execute(select(providers.c.id).where(sent.exists())).scalars())


def any_detail(connection: Connection, kind: str, text: str) -> bool:
    """Say whether the details of any event of a kind hold a text."""
    wanted = select(events.c.seq).where(
        events.c.kind == kind, events.c.detail.contains(text, autoescape=True)
    )
    return connection.execute(wanted.limit(1)).first() is not None


def _of(wanted: Select[Any], only: Collection[int] | None) -> Select[Any]:
    return wanted if only is None else wanted.where(events.c.provider_id.in_(only))


def _rows(connection: Connection, wanted: Select[Any]) -> Iterator[Row[Any]]:
    yield from connection.execute(wanted, execution_options=STREAMED)
