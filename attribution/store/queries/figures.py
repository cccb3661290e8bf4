"""What figures and feedback count: every report, and what lookups found. Times are microseconds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import select

from attribution.store.engine import Reader
from attribution.store.queries.rows import columns_for, streamed_rows
from attribution.store.tables import IS_FINDING, events, reports


class ReportedUrl(NamedTuple):
    """A report, as it is counted."""

    id: int
    key: str
    case_id: int | None
    reported_at: int
    url_hash: str | None
    """The same in each report that one reported URL made; None where only an import names it."""


class FindingRow(NamedTuple):
    """What a lookup of a report's host found."""

    report_id: int
    detail: str
    """JSON."""


class LoggedEvent(NamedTuple):
    """An event, with when it was written."""

    seq: int
    kind: str
    at: int
    recorded_at: int
    case_id: int | None
    report_id: int | None
    corrects: int | None


def all_reports(reader: Reader) -> Iterator[ReportedUrl]:
    """Yield every report, in the order in which they were added."""
    statement = select(*columns_for(reports, ReportedUrl)).order_by(reports.c.id)
    return streamed_rows(reader, statement, ReportedUrl)


def all_findings(reader: Reader, until: int | None = None) -> Iterator[FindingRow]:
    """Yield what lookups of reports' hosts found by a time, in the order of the log."""
    statement = select(*columns_for(events, FindingRow)).where(IS_FINDING)
    if until is not None:
        statement = statement.where(events.c.known_at <= until)
    return streamed_rows(reader, statement.order_by(events.c.seq), FindingRow)


def events_of_kinds(reader: Reader, kinds: Collection[str]) -> Iterator[LoggedEvent]:
    """Yield events of some kinds, in the order in which they happened."""
    statement = select(*columns_for(events, LoggedEvent)).where(events.c.kind.in_(kinds))
    return streamed_rows(reader, statement.order_by(events.c.at, events.c.seq), LoggedEvent)
