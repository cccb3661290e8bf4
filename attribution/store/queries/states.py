"""Filling the table of case states from the log: what changed since, the rows that a state follows
from, and writing the states. No statement is about one case alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from attribution.store.audit import VIEWED
from attribution.store.engine import Reader
from attribution.store.queries.events import EVENT, Event, stands
from attribution.store.queries.rows import first_row, in_chunks, rows_of
from attribution.store.queue_tables import case_states, case_terms, projections
from attribution.store.tables import cases, events, heads, providers, reports

CASE, REPORT = "case", "report"
"""Subjects: a case, or a report of which nobody is known to be responsible."""
_NAME = "queue"
_FRESH_ENOUGH = 1000
"""Views of cases after which the watermark is moved though nothing changed."""


class StateRow(NamedTuple):
    """A row of `case_states`."""

    subject: str
    subject_id: int
    key: str
    state: str
    what: str
    rank: int
    waits_from: int
    waits_for: int | None
    progress: str
    urls: int
    online: int
    opened_at: int
    sent_at: int | None
    follow_up_at: int | None
    assignee: str | None
    provider_id: int | None
    country: str | None
    mailbox: str | None


class CaseRow(NamedTuple):
    """A case whose state is computed."""

    id: int
    key: str
    provider_id: int
    country: str | None
    """The provider's."""
    opened_at: int
    urls: int
    """How many URLs a notice from elsewhere says that it holds."""


class ReportRow(NamedTuple):
    """A report whose case's state, or whose own, is computed."""

    id: int
    key: str
    case_id: int | None
    reported_at: int
    erased: bool


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a derived table follows the log."""

    seq: int
    """The last event that it follows; 0 where it has to be filled anew."""
    head: int
    """The last event of the log."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Whose state may be another one since the watermark."""

    cases: list[int]
    reports: list[int]


def watermark(reader: Reader, rule: int) -> Watermark:
    """Return how far the states follow the log, by this version of their rule."""
    statement = select(
        heads.c.seq, projections.c.seq.label("filled"), projections.c.rule
    ).outerjoin(projections, projections.c.name == _NAME)
    row = first_row(reader, statement, lambda *values: values)
    head, filled, rule_then = row or (0, None, None)
    return Watermark(filled if rule_then == rule else 0, head)


def is_behind(reader: Reader, rule: int) -> bool:
    """Say whether something happened that the states do not follow yet."""
    reached = watermark(reader, rule)
    if reached.seq == reached.head:
        return False
    if reached.seq == 0 or reached.head - reached.seq > _FRESH_ENOUGH:
        return True
    news = select(events.c.seq).where(events.c.seq > reached.seq, events.c.kind != VIEWED)
    return reader.execute(news.limit(1)).first() is not None


def touched_since(reader: Reader, seq: int) -> Touched:
    """Return the cases and reports that something happened to after an event."""
    later = (events.c.seq > seq, events.c.kind != VIEWED)
    case_ids = set(
        reader.execute(
            select(events.c.case_id).distinct().where(*later, events.c.case_id.is_not(None))
        ).scalars()
    )
    # What happens to a report alone may be about one that has a case by now.
    of_reports = reader.execute(
        select(reports.c.id, reports.c.case_id)
        .distinct()
        .join(events, events.c.report_id == reports.c.id)
        .where(*later, (events.c.case_id.is_(None)) | (events.c.kind == "assigned"))
    ).all()
    case_ids.update(row.case_id for row in of_reports if row.case_id is not None)
    of_terms = select(events.c.provider_id).where(
        events.c.seq > seq,
        (events.c.kind == "terms") | ((events.c.kind == "correction") & events.c.case_id.is_(None)),
    )
    case_ids.update(
        reader.execute(select(cases.c.id).where(cases.c.provider_id.in_(of_terms))).scalars()
    )
    return Touched(sorted(case_ids), sorted({row.id for row in of_reports}))


def everything(reader: Reader) -> Touched:
    """Return every case, and every report without one."""
    case_ids = reader.execute(select(cases.c.id).order_by(cases.c.id)).scalars()
    alone = select(reports.c.id).where(reports.c.case_id.is_(None)).order_by(reports.c.id)
    return Touched(list(case_ids), list(reader.execute(alone).scalars()))


def case_rows(reader: Reader, case_ids: Collection[int]) -> list[CaseRow]:
    """Return cases with their providers' countries."""
    statement = (
        select(
            cases.c.id,
            cases.c.key,
            cases.c.provider_id,
            providers.c.country,
            cases.c.opened_at,
            cases.c.urls,
        )
        .join(providers, providers.c.id == cases.c.provider_id)
        .where(cases.c.id.in_(case_ids))
    )
    return rows_of(reader, statement, CaseRow)


def report_rows(
    reader: Reader, *, case_ids: Collection[int] = (), report_ids: Collection[int] = ()
) -> list[ReportRow]:
    """Return the reports of cases; or those of some ids that have no case."""
    if case_ids:
        which: ColumnElement[bool] = reports.c.case_id.in_(case_ids)
    else:
        which = reports.c.id.in_(report_ids) & reports.c.case_id.is_(None)
    statement = select(
        reports.c.id,
        reports.c.key,
        reports.c.case_id,
        reports.c.reported_at,
        reports.c.salt.is_(None),
    ).where(which)
    return rows_of(reader, statement.order_by(reports.c.id), ReportRow)


def standing_events_of(
    reader: Reader, *, case_ids: Collection[int] = (), report_ids: Collection[int] = ()
) -> list[Event]:
    """Return what happened to cases, or to reports without one, as it was written; without views,
    corrections, and what a correction took back.
    """
    statement = EVENT.where(events.c.kind.not_in([VIEWED, "correction"]), stands())
    if case_ids:
        statement = statement.where(events.c.case_id.in_(case_ids))
    else:
        statement = statement.where(events.c.case_id.is_(None), events.c.report_id.in_(report_ids))
    return rows_of(reader, statement.order_by(events.c.seq), Event)


def write_states(
    connection: Reader,
    touched: Touched,
    states: Iterable[StateRow],
    terms: Iterable[tuple[str, str, int]],
) -> None:
    """Replace the states and terms of what was touched; `terms` are (value, subject, id)."""
    for subject, ids in ((CASE, touched.cases), (REPORT, touched.reports)):
        for table in (case_states, case_terms):
            for chunk in in_chunks(ids):
                gone = (table.c.subject == subject, table.c.subject_id.in_(chunk))
                connection.execute(delete(table).where(*gone))
    for table, rows in ((case_states, states), (case_terms, terms)):
        names = table.columns.keys()
        values = [dict(zip(names, row, strict=True)) for row in rows]
        if values:
            connection.execute(insert(table), values)


def empty_states(connection: Reader) -> None:
    """Remove every state and term."""
    for table in (case_states, case_terms):
        connection.execute(delete(table))


def move_watermark(connection: Reader, rule: int, seq: int) -> None:
    """Note that the states follow the log up to an event."""
    moved = update(projections).where(projections.c.name == _NAME).values(rule=rule, seq=seq)
    if not connection.execute(moved).rowcount:
        connection.execute(insert(projections).values(name=_NAME, rule=rule, seq=seq))


def all_states(reader: Reader) -> tuple[list[StateRow], list[tuple[Any, ...]]]:
    """Return every state and every term, in the order of their keys."""
    states = select(case_states).order_by(case_states.c.subject, case_states.c.subject_id)
    terms = select(case_terms).order_by(*case_terms.primary_key)
    return rows_of(reader, states, StateRow), [tuple(row) for row in reader.execute(terms)]


def count_states(reader: Reader) -> int:
    """Return how many states there are."""
    return int(reader.execute(select(func.count()).select_from(case_states)).scalar_one())
