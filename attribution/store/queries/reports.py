"""Reports: one reported URL each, what recognises it, and what checkers said of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update

from attribution.store.engine import Reader
from attribution.store.queries.events import EVENT, Event
from attribution.store.queries.rows import first_row, in_chunks, rows_of
from attribution.store.queue_tables import report_addresses
from attribution.store.service_tables import batch_lines
from attribution.store.tables import IS_FINDING, TELLING, cases, events, providers, reports


class Report(NamedTuple):
    """A report with its case and provider; without both while nobody is known to be responsible."""

    id: int
    key: str
    reported_at: int
    site_key: str
    host: str | None
    url_hash: str | None
    url_sealed: bytes | None
    seal: bytes | None
    """The URL's own key, sealed under the key file's."""
    erased: bool
    has_evidence: bool
    case_id: int | None
    case: str | None
    provider_id: int | None
    provider: str | None


class CheckRow(NamedTuple):
    """What a checker said of a URL, or the correction of that."""

    seq: int
    kind: str
    at: int
    case_id: int
    report_id: int | None
    corrects: int | None


_REPORT = (
    select(
        reports.c.id,
        reports.c.key,
        reports.c.reported_at,
        reports.c.site_key,
        reports.c.host,
        reports.c.url_hash,
        reports.c.url_sealed,
        reports.c.seal,
        reports.c.salt.is_(None),
        reports.c.evidence.is_not(None),
        reports.c.case_id,
        cases.c.key,
        cases.c.provider_id,
        providers.c.key,
    )
    .outerjoin(cases, cases.c.id == reports.c.case_id)
    .outerjoin(providers, providers.c.id == cases.c.provider_id)
    .order_by(reports.c.id)
)


def report_with_key(reader: Reader, key: str) -> Report | None:
    """Return the report of a key."""
    return first_row(reader, _REPORT.where(reports.c.key == key), Report)


def report_with_id(reader: Reader, report_id: int) -> Report:
    """Return a report that is in the store."""
    return Report(*reader.execute(_REPORT.where(reports.c.id == report_id)).one())


def reports_with_keys(reader: Reader, keys: Collection[str]) -> list[Report]:
    """Return reports by their keys, in the order in which they were added."""
    return rows_of(reader, _REPORT.where(reports.c.key.in_(keys)), Report)


def reports_of_url(reader: Reader, url_hash: str) -> list[Report]:
    """Return the reports of a URL, in the order in which they were added."""
    return rows_of(reader, _REPORT.where(reports.c.url_hash == url_hash), Report)


def reports_of_cases(reader: Reader, case_ids: Collection[int]) -> dict[int, list[Report]]:
    """Return the reports of cases, by case."""
    by_case: dict[int, list[Report]] = {case_id: [] for case_id in case_ids}
    for chunk in in_chunks(case_ids):
        for report in rows_of(reader, _REPORT.where(reports.c.case_id.in_(chunk)), Report):
            by_case[report.case_id or 0].append(report)
    return by_case


def reports_with_host(reader: Reader, case: str | None) -> list[Report]:
    """Return the reports whose host is known (that were not erased); of one case, or of all."""
    statement = _REPORT.where(reports.c.host.is_not(None))
    if case is not None:
        statement = statement.where(cases.c.key == case)
    return rows_of(reader, statement, Report)


def count_reports(reader: Reader, case_ids: Collection[int]) -> dict[int, int]:
    """Return how many reports each case has, by case."""
    statement = (
        select(reports.c.case_id, func.count())
        .where(reports.c.case_id.in_(case_ids))
        .group_by(reports.c.case_id)
    )
    return dict(rows_of(reader, statement, lambda case_id, count: (int(case_id), int(count))))


def evidence_of(reader: Reader, report_id: int) -> bytes | None:
    """Return the evidence that a report was attributed by, compressed (zlib)."""
    return reader.execute(select(reports.c.evidence).where(reports.c.id == report_id)).scalar()


def checks_of_cases(
    reader: Reader, case_ids: Collection[int], kinds: Collection[str]
) -> list[CheckRow]:
    """Return events of some kinds of cases, corrections too, in the order of time."""
    columns = [events.c[name] for name in CheckRow._fields]
    statement = select(*columns).where(events.c.kind.in_([*kinds, "correction"]))
    statement = statement.order_by(events.c.at, events.c.seq)
    return [
        row
        for chunk in in_chunks(case_ids)
        for row in rows_of(reader, statement.where(events.c.case_id.in_(chunk)), CheckRow)
    ]


def last_lookups(reader: Reader, report_ids: Collection[int]) -> dict[int, Event]:
    """Return the last event that says what a lookup of each report's host found, by report."""
    statement = EVENT.where(IS_FINDING).order_by(events.c.seq)
    last: dict[int, Event] = {}
    for chunk in in_chunks(report_ids):
        for event in rows_of(reader, statement.where(events.c.report_id.in_(chunk)), Event):
            last[event.report_id or 0] = event
    return last


def assign_report(reader: Reader, report_id: int, case_id: int) -> None:
    """Put a report that has no case yet into one."""
    reader.execute(update(reports).where(reports.c.id == report_id).values(case_id=case_id))


def keep_addresses(reader: Reader, report_id: int, addresses: Collection[str]) -> None:
    """Add the addresses that a lookup of a report's host found; those before stay."""
    of_report = select(report_addresses.c.address).where(report_addresses.c.report_id == report_id)
    known = set(reader.execute(of_report).scalars())
    new = [address for address in dict.fromkeys(addresses) if address not in known]
    if new:
        rows = [{"report_id": report_id, "address": address} for address in new]
        reader.execute(insert(report_addresses), rows)


def erase_url(reader: Reader, report: Report) -> None:
    """Empty what tells of a report's URL, with its addresses and the lines of batches that it was
    made of.
    """
    reader.execute(delete(report_addresses).where(report_addresses.c.report_id == report.id))
    reader.execute(delete(batch_lines).where(batch_lines.c.report == report.key))
    emptied = dict.fromkeys(TELLING)
    reader.execute(update(reports).where(reports.c.id == report.id).values(**emptied))
