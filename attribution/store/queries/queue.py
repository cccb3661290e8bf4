"""The queue and the list of cases, read from the table of states: one statement a page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    union,
)

from attribution.codes import QueueState
from attribution.store.engine import Reader
from attribution.store.queries.rows import rows_of
from attribution.store.queries.states import CASE, REPORT
from attribution.store.queue_tables import case_states, case_terms, report_addresses
from attribution.store.tables import cases, identifiers, providers, reports

_ROUTED = (QueueState.TONIGHT.value, QueueState.WAITING.value)
"""States that are `abroad` where the provider is in another country than the hotline."""
_OPEN = tuple(state.value for state in QueueState if state is not QueueState.DONE)
_MOST_PROVIDERS = 200
"""Companies of a name that are searched for."""


class CaseSort(StrEnum):
    """The order of a list of cases."""

    URGENCY = "urgency"
    """What came back first, then by when the next step is due."""
    NEWEST = "newest"
    """The latest opened first."""
    OLDEST = "oldest"
    """The earliest opened first."""
    COMPANY = "company"
    """By the company's name."""


class QueueRow(NamedTuple):
    """A case in the queue or a list; or a report of which nobody is known to be responsible."""

    case: str | None
    report: str | None
    """The report's key, where there is no case."""
    queue: str
    """A code of `QueueState`."""
    what: str
    """A code of `QueueTask`."""
    next_at: int
    """Until when reports may gather (`notice`); when it came (what came back); else when it is due.
    Microseconds since 1970, as all times.
    """
    opened_at: int
    sent_at: int | None
    """When the last notice or reminder was sent."""
    state: str
    """What is proven of the notice: `gathering`, `sent`, `received`, `bounced`, `over`."""
    provider: str | None
    """The provider's key."""
    company: str | None
    """The provider's name."""
    country: str | None
    mailbox: str | None
    """The abuse mailbox that the last lookup gave."""
    site: str | None
    """The site; the host where there is no case; None once it is erased."""
    urls: int
    online: int
    """URLs that were online when they were last checked."""
    assignee: str | None
    follow_up_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTerms:
    """What a state depends on beside the log."""

    country: str
    """The hotline's country; empty where it has none: then nothing is abroad."""
    gathering: int
    """Microseconds for which reports may gather, where nothing was agreed with the provider."""
    reminding: int
    """Microseconds after which a reminder is due, where nothing was agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedFor:
    """What a search text may stand for; a field that is empty is not searched."""

    url_hash: str = ""
    site_key: str = ""
    host: str = ""
    address: str = ""
    key: str = ""
    """Of a case or report."""
    term: str = ""
    """A mailbox or Message-ID, folded."""
    company: str = ""
    """Part of a name, in lower case; or a key or identifier as it was written."""
    company_as_written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSelection:
    """Which cases are listed; a field that is None does not restrict."""

    states: Collection[str] | None = None
    """Codes of `QueueState`; None for every case, and no report without one."""
    searched: SearchedFor | None = None
    provider_ids: Collection[int] | None = None
    country: str | None = None
    assignee: str | None = None
    """Empty for cases that nobody works on."""
    opened_before: int | None = None
    opened_after: int | None = None
    sort: CaseSort = CaseSort.NEWEST
    after: str | None = None
    """Cursor: those after the case or report of this key."""
    limit: int = 50


def count_in_queue(reader: Reader, terms: QueueTerms) -> dict[QueueState, int]:
    """Return how many open cases are in each state, by the order of the states."""
    statement = (
        select(case_states.c.state, case_states.c.country, func.count())
        .where(case_states.c.state.in_(_OPEN))
        .group_by(case_states.c.state, case_states.c.country)
    )
    counts = dict.fromkeys(map(QueueState, _OPEN), 0)
    for state, country, count in reader.execute(statement):
        is_abroad = terms.country and country and country != terms.country
        shown = QueueState.ABROAD if is_abroad and state in _ROUTED else QueueState(state)
        counts[shown] += count
    return counts


def queue_page(reader: Reader, terms: QueueTerms, selection: CaseSelection) -> list[QueueRow]:
    """Return a page of cases, or nothing where the cursor is not there."""
    next_at = _next_at(terms)
    order = _order(selection.sort, next_at)
    page = (
        select(
            case_states,
            next_at.label("next_at"),
            _shown_state(terms).label("shown"),
            *(column.label(f"order_{place}") for place, (column, _) in enumerate(order)),
        )
        .where(*_conditions(selection, terms))
        .order_by(*(column.desc() if falls else column for column, falls in order))
        .limit(selection.limit)
    )
    if selection.sort is CaseSort.COMPANY:
        page = page.outerjoin(providers, providers.c.id == case_states.c.provider_id)
    if selection.after is not None:
        cursor = _values_at(reader, order, selection.after)
        if cursor is None:
            return []
        page = page.where(_later(order, cursor))
    some = page.subquery("page")
    is_case = some.c.subject == CASE
    statement = (
        select(
            case((is_case, some.c.key)),
            case((~is_case, some.c.key)),
            some.c.shown,
            some.c.what,
            some.c.next_at,
            some.c.opened_at,
            some.c.sent_at,
            some.c.progress,
            providers.c.key,
            providers.c.name,
            some.c.country,
            some.c.mailbox,
            func.coalesce(cases.c.site, reports.c.host),
            some.c.urls,
            some.c.online,
            some.c.assignee,
            some.c.follow_up_at,
        )
        .outerjoin(providers, providers.c.id == some.c.provider_id)
        .outerjoin(cases, and_(is_case, cases.c.id == some.c.subject_id))
        .outerjoin(reports, and_(~is_case, reports.c.id == some.c.subject_id))
        .order_by(
            *(
                some.c[f"order_{place}"].desc() if falls else some.c[f"order_{place}"]
                for place, (_, falls) in enumerate(order)
            )
        )
    )
    return rows_of(reader, statement, QueueRow)


def _next_at(terms: QueueTerms) -> ColumnElement[int]:
    usual = case(
        (case_states.c.state == QueueState.TONIGHT.value, literal(terms.gathering)),
        else_=literal(terms.reminding),
    )
    return case_states.c.waits_from + func.coalesce(case_states.c.waits_for, usual)


def _is_abroad(terms: QueueTerms) -> ColumnElement[bool]:
    return and_(
        case_states.c.state.in_(_ROUTED),
        func.coalesce(case_states.c.country, terms.country) != terms.country,
    )


def _shown_state(terms: QueueTerms) -> ColumnElement[str]:
    if not terms.country:
        return case_states.c.state
    return case((_is_abroad(terms), QueueState.ABROAD.value), else_=case_states.c.state)


def _order(sort: CaseSort, next_at: ColumnElement[int]) -> list[tuple[ColumnElement[Any], bool]]:
    """Return the columns of an order, each with whether it falls; the last two are unique."""
    age: tuple[ColumnElement[Any], bool] = (case_states.c.opened_at, sort is CaseSort.NEWEST)
    unique: list[tuple[ColumnElement[Any], bool]] = [
        (case_states.c.subject_id, sort is CaseSort.NEWEST),
        (case_states.c.subject, sort is CaseSort.NEWEST),
    ]
    if sort is CaseSort.URGENCY:
        return [(case_states.c.rank, False), (next_at, False), *unique]
    if sort is CaseSort.COMPANY:
        name = func.lower(func.coalesce(providers.c.name, ""))
        return [(name, False), age, *unique]
    return [age, *unique]


def _values_at(
    reader: Reader, order: list[tuple[ColumnElement[Any], bool]], key: str
) -> tuple[Any, ...] | None:
    """Return the values of an order at the case or report of a key; None where it is not there."""
    of_case = select(cases.c.id).where(cases.c.key == key)
    of_report = select(reports.c.id).where(reports.c.key == key)
    statement = (
        select(*(column for column, _ in order))
        .select_from(case_states)
        .outerjoin(providers, providers.c.id == case_states.c.provider_id)
        .where(
            or_(
                and_(case_states.c.subject == CASE, case_states.c.subject_id.in_(of_case)),
                and_(case_states.c.subject == REPORT, case_states.c.subject_id.in_(of_report)),
            )
        )
        .order_by(case_states.c.subject)
    )
    row = reader.execute(statement.limit(1)).first()
    return None if row is None else tuple(row)


def _later(
    order: list[tuple[ColumnElement[Any], bool]], values: tuple[Any, ...]
) -> ColumnElement[bool]:
    """Return the condition that a row comes after these values in an order."""
    steps = []
    for place, (column, falls) in enumerate(order):
        same = [earlier == values[at] for at, (earlier, _) in enumerate(order[:place])]
        value = values[place]
        steps.append(and_(*same, column < value if falls else column > value))
    return or_(*steps)


def _conditions(selection: CaseSelection, terms: QueueTerms) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if selection.states is not None:
        conditions.append(_in_states(selection.states, terms))
    elif selection.searched is None:
        conditions.append(case_states.c.subject == CASE)
    if selection.searched is not None:
        conditions.append(_matches(selection.searched))
    if selection.provider_ids is not None:
        conditions.append(case_states.c.provider_id.in_(selection.provider_ids))
    if selection.country is not None:
        conditions.append(case_states.c.country == selection.country)
    if selection.assignee == "":
        conditions.append(case_states.c.assignee.is_(None))
    elif selection.assignee is not None:
        conditions.append(case_states.c.assignee == selection.assignee)
    if selection.opened_before is not None:
        conditions.append(case_states.c.opened_at < selection.opened_before)
    if selection.opened_after is not None:
        conditions.append(case_states.c.opened_at >= selection.opened_after)
    return conditions


def _in_states(states: Collection[str], terms: QueueTerms) -> ColumnElement[bool]:
    """Return the condition of being in one of some states, as they are shown."""
    if not terms.country:
        return case_states.c.state.in_(states)
    is_abroad = _is_abroad(terms)
    here = and_(case_states.c.state.in_(states), not_(is_abroad))
    return or_(here, is_abroad) if QueueState.ABROAD.value in states else here


def _matches(searched: SearchedFor) -> ColumnElement[bool]:
    """Return the condition that a search text stands for a case or report."""
    of_reports = []
    if searched.url_hash:
        of_reports.append(reports.c.url_hash == searched.url_hash)
    if searched.host:
        of_reports.append(reports.c.host == searched.host)
    if searched.address:
        at_address = select(report_addresses.c.report_id).where(
            report_addresses.c.address == searched.address
        )
        of_reports.append(reports.c.id.in_(at_address))
    if searched.key:
        of_reports.append(reports.c.key == searched.key)
    if searched.site_key:
        of_reports.append(reports.c.site_key == searched.site_key)
    case_ids: list[Select[Any]] = [
        select(reports.c.case_id).where(condition, reports.c.case_id.is_not(None))
        for condition in of_reports
    ]
    report_ids = [
        select(reports.c.id).where(condition, reports.c.case_id.is_(None))
        for condition in of_reports
    ]
    if searched.key:
        case_ids.append(select(cases.c.id).where(cases.c.key == searched.key))
    if searched.site_key:
        case_ids.append(select(cases.c.id).where(cases.c.site_key == searched.site_key))
    if searched.term:
        for subject, ids in ((CASE, case_ids), (REPORT, report_ids)):
            ids.append(
                select(case_terms.c.subject_id).where(
                    case_terms.c.value == searched.term, case_terms.c.subject == subject
                )
            )
    matches = [
        and_(case_states.c.subject == subject, case_states.c.subject_id.in_(union(*ids)))
        for subject, ids in ((CASE, case_ids), (REPORT, report_ids))
        if ids
    ]
    if searched.company_as_written or searched.term:
        matches.append(case_states.c.provider_id.in_(_companies(searched)))
    return or_(*matches) if matches else literal(False)


def _companies(searched: SearchedFor) -> Select[Any]:
    """Return the ids of companies of a name or identifier."""
    written = searched.company_as_written
    values = [value for value in (written, written.lower(), searched.term) if value]
    known = [select(identifiers.c.provider_id).where(identifiers.c.value.in_(values))]
    if searched.company:
        known.append(
            select(providers.c.id).where(
                or_(
                    providers.c.key == written,
                    func.lower(providers.c.name).contains(searched.company, autoescape=True),
                )
            )
        )
    ids = union(*known).limit(_MOST_PROVIDERS).subquery()
    return select(ids.c[0])
