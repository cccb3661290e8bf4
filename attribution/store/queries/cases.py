"""Cases: one site at one provider."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Exists,
    FromClause,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from attribution.store.engine import Reader
from attribution.store.queries.events import (
    EVENT,
    Event,
    EventFilter,
    events_in_order,
    stands,
)
from attribution.store.queries.history import ACCUSING
from attribution.store.queries.rows import first_row, in_chunks, rows_of
from attribution.store.tables import cases, events, providers, reports


class Case(NamedTuple):
    """A case with its provider's key and country."""

    id: int
    key: str
    provider_id: int
    provider: str
    country: str | None
    """The provider's."""
    site_key: str
    site: str | None
    """The site's name; None once it is erased."""
    opened_at: int
    urls: int
    """How many URLs a notice from elsewhere says that it holds."""
    token: str


class Subject(NamedTuple):
    """What is worked on: a case, or a report of which nobody is known to be responsible."""

    key: str
    case_id: int | None
    report_id: int | None
    provider_id: int | None


_CASE = select(
    cases.c.id,
    cases.c.key,
    cases.c.provider_id,
    providers.c.key,
    providers.c.country,
    cases.c.site_key,
    cases.c.site,
    cases.c.opened_at,
    cases.c.urls,
    cases.c.token,
).join(providers, providers.c.id == cases.c.provider_id)
_BY_AGE = (cases.c.opened_at, cases.c.id)


def case_with_key(reader: Reader, key: str) -> Case | None:
    """Return the case of a key."""
    return first_row(reader, _CASE.where(cases.c.key == key), Case)


def cases_with_ids(reader: Reader, case_ids: Collection[int]) -> list[Case]:
    """Return cases by their ids, in the order in which they were added."""
    return rows_of(reader, _CASE.where(cases.c.id.in_(case_ids)).order_by(cases.c.id), Case)


def case_page(
    reader: Reader, provider_ids: Collection[int] | None, after: Case | None, limit: int
) -> list[Case]:
    """Return cases, the latest first, after a case; of some providers, or of all where None."""
    page = _CASE.order_by(*(column.desc() for column in _BY_AGE)).limit(limit)
    if provider_ids is not None:
        page = page.where(cases.c.provider_id.in_(provider_ids))
    if after is not None:
        page = page.where(tuple_(*_BY_AGE) < (after.opened_at, after.id))
    return rows_of(reader, page, Case)


def count_cases(reader: Reader, provider_ids: Collection[int]) -> int:
    """Return how many cases providers have."""
    statement = select(func.count()).where(cases.c.provider_id.in_(provider_ids))
    return int(reader.execute(statement).scalar_one())


def cases_of_site(reader: Reader, site_key: str) -> list[str]:
    """Return the keys of a site's cases, in the order in which they were opened."""
    statement = select(cases.c.key).where(cases.c.site_key == site_key).order_by(cases.c.id)
    return list(reader.execute(statement).scalars())


def unsent_case(reader: Reader, provider_id: int, site_key: str) -> int | None:
    """Return the newest case of a site at a provider of which no notice was sent."""
    sent = _some(events, events.c.case_id == cases.c.id, events.c.kind == "sent", stands())
    statement = (
        select(cases.c.id)
        .where(cases.c.site_key == site_key, cases.c.provider_id == provider_id, ~sent)
        .order_by(cases.c.id.desc())
    )
    return reader.execute(statement.limit(1)).scalar()


def known_case_keys(reader: Reader, keys: Collection[str]) -> set[str]:
    """Return those of the keys that are cases' keys."""
    known: set[str] = set()
    for chunk in in_chunks(keys):
        known.update(reader.execute(select(cases.c.key).where(cases.c.key.in_(chunk))).scalars())
    return known


def subjects_with_keys(reader: Reader, keys: Collection[str]) -> dict[str, Subject]:
    """Return what keys of cases and reports stand for; of a report with a case, its case."""
    subjects: dict[str, Subject] = {}
    of_reports = (
        select(reports.c.key, cases.c.key, reports.c.id, cases.c.id, cases.c.provider_id)
        .select_from(reports)
        .outerjoin(cases, cases.c.id == reports.c.case_id)
    )
    of_cases = select(cases.c.key, cases.c.id, cases.c.provider_id)
    for chunk in in_chunks(keys):
        for key, case, report_id, case_id, provider_id in reader.execute(
            of_reports.where(reports.c.key.in_(chunk))
        ):
            alone = None if case_id else report_id
            subjects[key] = Subject(case or key, case_id, alone, provider_id)
        for key, case_id, provider_id in reader.execute(of_cases.where(cases.c.key.in_(chunk))):
            subjects[key] = Subject(key, case_id, None, provider_id)
    return subjects


def cases_with_tokens(reader: Reader, tokens: Collection[str]) -> dict[str, int]:
    """Return the ids of cases by their token, of those that are there exactly so."""
    rows = reader.execute(select(cases.c.token, cases.c.id).where(cases.c.token.in_(tokens)))
    return {row.token: row.id for row in rows}


def mixed_case_tokens(reader: Reader) -> list[tuple[str, int]]:
    """Return (token, case id) of cases whose token has capitals: those of an earlier form."""
    statement = select(cases.c.token, cases.c.id).where(cases.c.token != func.lower(cases.c.token))
    return [(row.token, row.id) for row in reader.execute(statement)]


def standing_events(
    reader: Reader, case_ids: Collection[int], kinds: Collection[str]
) -> list[Event]:
    """Return events of cases that no correction took back, as they were written."""
    return events_in_order(reader, EventFilter(kinds=kinds, case_ids=case_ids, standing=True))


def events_of_case(reader: Reader, case_id: int, without: str) -> list[Event]:
    """Return everything that happened to a case by time, without events of a kind."""
    statement = EVENT.where(events.c.case_id == case_id, events.c.kind != without)
    return rows_of(reader, statement.order_by(events.c.at, events.c.seq), Event)


def forget_site(reader: Reader, case_id: int) -> None:
    """Erase the name of a case's site."""
    reader.execute(update(cases).where(cases.c.id == case_id).values(site=None))


def cases_perhaps_due(reader: Reader, ends: Collection[str]) -> list[Case]:
    """Return the cases of which a notice or reminder may be due, the oldest first; a little too
    many. `ends` are the kinds of events after which a URL is over.
    """
    return rows_of(reader, _CASE.where(_may_be_due(ends)).order_by(cases.c.opened_at), Case)


def cases_with_keys(reader: Reader, keys: Collection[str]) -> list[Case]:
    """Return cases by their keys, those that are there, the oldest first."""
    return [
        row
        for chunk in in_chunks(keys)
        for row in rows_of(
            reader, _CASE.where(cases.c.key.in_(chunk)).order_by(cases.c.opened_at), Case
        )
    ]


def _may_be_due(ends: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a case may be due, so that few cases are read of a large store.

    The last check of some URL does not say that it is over; and nothing was sent yet, or a check
    after the last notice says that a URL is online, or that notice bounced.
    """
    end, later, correction, check, notice = (
        events.alias(name) for name in ("end", "later", "correction", "seen", "notice")
    )
    reopened = _some(
        later,
        later.c.case_id == cases.c.id,
        later.c.kind.in_(ACCUSING),
        later.c.at >= end.c.at,
        later.c.report_id == reports.c.id,
    )
    over = _some(
        end,
        end.c.case_id == cases.c.id,
        end.c.kind.in_(ends),
        end.c.report_id == reports.c.id,
        ~reopened,
    )
    corrected = _some(
        correction, correction.c.case_id == cases.c.id, correction.c.kind == "correction"
    )
    open_url = _some(
        reports, reports.c.case_id == cases.c.id, reports.c.salt.is_not(None), or_(~over, corrected)
    )
    was_sent = [
        notice.c.case_id == cases.c.id,
        notice.c.kind.in_(["sent", "reminder"]),
        stands(notice),
    ]
    called_for = _some(
        check,
        check.c.case_id == cases.c.id,
        check.c.kind.in_([*ACCUSING, "bounce"]),
        ~_some(notice, *was_sent, notice.c.at > check.c.at),
    )
    return and_(open_url, or_(~_some(notice, *was_sent), called_for, corrected))


def _some(table: FromClause, *conditions: ColumnElement[bool]) -> Exists:
    """Return the condition that a table has such a row."""
    # Named outright what belongs to the queries around it: by itself SQLAlchemy sees only the
    # nearest.
    return select(literal(1)).select_from(table).where(*conditions).correlate_except(table).exists()
