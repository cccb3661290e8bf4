"""What the store knows of URLs, by their keyed hashes: one statement for many."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, select

from attribution.store.engine import Reader
from attribution.store.queries.events import stands
from attribution.store.queries.rows import in_chunks, rows_of
from attribution.store.tables import cases, events, providers, reports


class KnownRow(NamedTuple):
    """A report of a URL."""

    url_hash: str
    report: str
    reported_at: int
    case: str | None
    provider: str | None
    company: str | None
    sent_at: int | None
    """When the last notice of its case was sent."""
    last_check: str | None
    """What a checker said last: the kind of the event."""


def known_rows(
    reader: Reader, url_hashes: Collection[str], checks: Collection[str]
) -> list[KnownRow]:
    """Return the reports of URLs, the first first; `checks` are the kinds of checks."""
    notice, check = events.alias("notice"), events.alias("check_of_url")
    sent_at = (
        select(func.max(notice.c.at))
        .where(
            notice.c.case_id == reports.c.case_id,
            notice.c.kind.in_(["sent", "reminder"]),
            stands(notice),
        )
        .correlate(reports)
        .scalar_subquery()
    )
    last_check = (
        select(check.c.kind)
        .where(
            check.c.case_id == reports.c.case_id,
            check.c.report_id == reports.c.id,
            check.c.kind.in_(checks),
            stands(check),
        )
        .order_by(check.c.at.desc(), check.c.seq.desc())
        .limit(1)
        .correlate(reports)
        .scalar_subquery()
    )
    statement = (
        select(
            reports.c.url_hash,
            reports.c.key,
            reports.c.reported_at,
            cases.c.key,
            providers.c.key,
            providers.c.name,
            sent_at,
            last_check,
        )
        .outerjoin(cases, cases.c.id == reports.c.case_id)
        .outerjoin(providers, providers.c.id == cases.c.provider_id)
        .order_by(reports.c.id)
    )
    return [
        row
        for chunk in in_chunks(url_hashes)
        for row in rows_of(reader, statement.where(reports.c.url_hash.in_(chunk)), KnownRow)
    ]
