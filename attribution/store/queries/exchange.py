"""What exports read of the store, and what an import looks up in it. Times are microseconds.

Rows of exports are streamed, so that memory does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, false, func, or_, select

from attribution.store.engine import STREAMED
from attribution.store.queries.events import stands
from attribution.store.queries.history import corrected_events, is_unsigned, signed_since
from attribution.store.queries.rows import in_chunks
from attribution.store.tables import cases, events, providers, reports

_SENT = "sent"


def sent_cases(connection: Connection) -> Iterator[Row[Any]]:
    """Yield (key, provider, site_key, sent_at, urls, reported, reseller) of cases whose first
    notice was sent. `reported` counts the case's reports, `urls` what was imported of it.
    """
    first = (
        select(events.c.case_id, func.min(events.c.at).label("sent_at"))
        .where(events.c.kind == _SENT, stands())
        .group_by(events.c.case_id)
        .subquery()
    )
    counted = (
        select(reports.c.case_id, func.count().label("reported"))
        .group_by(reports.c.case_id)
        .subquery()
    )
    query = (
        select(
            cases.c.key,
            providers.c.key.label("provider"),
            cases.c.site_key,
            first.c.sent_at,
            cases.c.urls,
            counted.c.reported,
            cases.c.reseller,
        )
        .join(providers, providers.c.id == cases.c.provider_id)
        .join(first, first.c.case_id == cases.c.id)
        .outerjoin(counted, counted.c.case_id == cases.c.id)
        .order_by(cases.c.id)
    )
    return _streamed(connection, query)


def details_of_sent(connection: Connection, fields: Iterable[str]) -> Iterator[Row[Any]]:
    """Yield (case key, detail) of every `sent` whose detail has one of some fields, in order."""
    query = (
        select(cases.c.key, events.c.detail)
        .join(cases, cases.c.id == events.c.case_id)
        .where(
            events.c.kind == _SENT,
            stands(),
            or_(*(events.c.detail.contains(f'"{field}"') for field in fields)),
        )
        .order_by(events.c.seq)
    )
    return _streamed(connection, query)


def reports_of_sent_cases(connection: Connection) -> Iterator[Row[Any]]:
    """Yield (key, site_key, reported_at, case, provider) of reports whose notice was sent."""
    sent = (
        select(events.c.seq)
        .where(events.c.case_id == cases.c.id, events.c.kind == _SENT, stands())
        .exists()
    )
    query = (
        select(
            reports.c.key,
            reports.c.site_key,
            reports.c.reported_at,
            cases.c.key.label("case"),
            providers.c.key.label("provider"),
        )
        .join(cases, cases.c.id == reports.c.case_id)
        .join(providers, providers.c.id == cases.c.provider_id)
        .where(sent)
        .order_by(reports.c.id)
    )
    return _streamed(connection, query)


def uncorrected_events(connection: Connection, kinds: Collection[str]) -> Iterator[Row[Any]]:
    """Yield (kind, at, known_at, detail, case, report, provider, unsigned) of events of some kinds
    that no correction took back. `unsigned`: a check that counts for nothing.
    """
    corrected = corrected_events(connection)
    since = signed_since(connection)
    query = _with_names(
        events.c.seq,
        events.c.kind,
        events.c.at,
        events.c.known_at,
        events.c.detail,
        (false() if since is None else is_unsigned(since)).label("unsigned"),
    ).where(events.c.kind.in_(kinds))
    return (row for row in _streamed(connection, query) if row.seq not in corrected)


def logged_events(connection: Connection) -> Iterator[Row[Any]]:
    """Yield every event of the log, with names for ids."""
    query = _with_names(
        events.c.seq,
        events.c.kind,
        events.c.at,
        events.c.known_at,
        events.c.recorded_at,
        events.c.who,
        events.c.corrects,
        events.c.detail,
        events.c.hash,
    )
    return _streamed(connection, query)


def _with_names(*columns: Any) -> Select[Any]:
    """Return a query of events in order, with the keys of `case`, `report` and `provider`."""
    return (
        select(
            *columns,
            cases.c.key.label("case"),
            reports.c.key.label("report"),
            providers.c.key.label("provider"),
        )
        .select_from(events)
        .outerjoin(cases, cases.c.id == events.c.case_id)
        .outerjoin(reports, reports.c.id == events.c.report_id)
        .outerjoin(providers, providers.c.id == events.c.provider_id)
        .order_by(events.c.seq)
    )


def kept_urls(connection: Connection) -> Iterator[Row[Any]]:
    """Yield (url_sealed, seal, token of the case or None) of reports whose URL is kept."""
    query = (
        select(reports.c.url_sealed, reports.c.seal, cases.c.token)
        .outerjoin(cases, cases.c.id == reports.c.case_id)
        .where(reports.c.url_sealed.is_not(None))
        .order_by(reports.c.id)
    )
    return _streamed(connection, query)


def count_reports_without_url(connection: Connection) -> int:
    """Return how many reports have no kept URL."""
    query = select(func.count()).select_from(reports).where(reports.c.url_sealed.is_(None))
    return connection.execute(query).scalar_one()


def providers_with_cases(connection: Connection) -> list[Row[Any]]:
    """Return (id, key, name, known_at, last_opened) of providers that have cases."""
    columns = (providers.c.id, providers.c.key, providers.c.name, providers.c.known_at)
    query = (
        select(*columns, func.max(cases.c.opened_at).label("last_opened"))
        .join(cases, cases.c.provider_id == providers.c.id)
        .group_by(*columns)
        .order_by(providers.c.id)
    )
    return list(connection.execute(query))


def provider_keys(connection: Connection) -> dict[int, str]:
    """Return every provider's key by its id."""
    rows = connection.execute(select(providers.c.id, providers.c.key))
    return {row.id: row.key for row in rows}


def known_cases(connection: Connection, keys: Iterable[str]) -> dict[str, Row[Any]]:
    """Return (key, id, provider_id, opened_at) of cases by key."""
    columns = (cases.c.key, cases.c.id, cases.c.provider_id, cases.c.opened_at)
    return _by_first(connection, columns, keys)


def known_reports(connection: Connection, keys: Iterable[str]) -> dict[str, Row[Any]]:
    """Return (key, id, case_id) of reports by key."""
    return _by_first(connection, (reports.c.key, reports.c.id, reports.c.case_id), keys)


def known_providers(connection: Connection, keys: Iterable[str]) -> dict[str, Row[Any]]:
    """Return (key, id) of providers by key."""
    return _by_first(connection, (providers.c.key, providers.c.id), keys)


def known_origins(connection: Connection, origins: Iterable[str]) -> dict[str, Row[Any]]:
    """Return (origin, seq) of events by origin: what an imported row is recognised by."""
    return _by_first(connection, (events.c.origin, events.c.seq), origins)


def _by_first(
    connection: Connection, columns: tuple[Column[Any], ...], values: Iterable[str]
) -> dict[str, Row[Any]]:
    """Return rows by their first column, for those of some values that are there."""
    rows: dict[str, Row[Any]] = {}
    for some in in_chunks(values):
        query = select(*columns).where(columns[0].in_(some))
        rows.update({row[0]: row for row in connection.execute(query)})
    return rows


def _streamed(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    yield from connection.execute(query, execution_options=STREAMED)
