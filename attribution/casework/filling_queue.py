"""Bringing the table of case states up to the log: what happened since the watermark, or all of it.

A state is computed from everything that stands in the log of its case, never from the state before:
so it does not matter how often it is done, nor in which steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from attribution.casework.findings import Finding, last_findings
from attribution.casework.queue_state import (
    RULE,
    CaseFacts,
    Happened,
    folded,
    happened,
    state_of,
)
from attribution.casework.terms import Terms, terms_of
from attribution.store import Reader
from attribution.store.queries import states as stored
from attribution.store.queries.events import Event
from attribution.store.queries.rows import in_chunks
from attribution.store.queries.states import CASE, REPORT, ReportRow, StateRow, Touched
from attribution.store.store import Store
from attribution.store.times import HOUR

_AT_ONCE = 5000
"""Cases whose states are written in one transaction: others wait no longer than that."""
_USUAL = Terms(grouping_hours=-1, reminder_hours=-1)
"""Stands for the hours of the settings, which are no part of the log."""
_Term = tuple[str, str, int]


@contextmanager
def fresh_queue(store: Store) -> Iterator[Reader]:
    """Open a view of the store in which the states follow the log."""
    refresh_queue(store)
    with store.read() as reader:
        yield reader


def refresh_queue(store: Store) -> int:
    """Bring the states up to the end of the log; return how many were made."""
    with store.read() as reader:
        if not stored.is_behind(reader, RULE):
            return 0
    return _fill(store)


def rebuild_queue(store: Store) -> int:
    """Make every state anew; return how many there are."""
    with store.derive() as connection:
        stored.empty_states(connection)
        stored.move_watermark(connection, RULE, 0)
    return _fill(store)


def _fill(store: Store) -> int:
    """Make the states that the log may have changed, and move the watermark with the last."""
    with store.derive() as connection:
        reached = stored.watermark(connection, RULE)
        if reached.seq == 0:
            stored.empty_states(connection)
            touched = stored.everything(connection)
        else:
            touched = stored.touched_since(connection, reached.seq)
        count = _write(connection, _first(touched))
        if _is_small(touched):
            stored.move_watermark(connection, RULE, reached.head)
            return count
    for start in range(_AT_ONCE, max(len(touched.cases), len(touched.reports)), _AT_ONCE):
        with store.derive() as connection:
            count += _write(connection, _first(touched, start))
    # What happened meanwhile comes after the mark, and is read next time.
    with store.derive() as connection:
        stored.move_watermark(connection, RULE, reached.head)
    return count


def _first(touched: Touched, start: int = 0) -> Touched:
    part = slice(start, start + _AT_ONCE)
    return Touched(touched.cases[part], touched.reports[part])


def _is_small(touched: Touched) -> bool:
    return max(len(touched.cases), len(touched.reports)) <= _AT_ONCE


def _write(connection: Reader, touched: Touched) -> int:
    states: list[StateRow] = []
    terms: list[_Term] = []
    for chunk in in_chunks(touched.cases):
        _add_cases(connection, chunk, states, terms)
    for chunk in in_chunks(touched.reports):
        _add_reports(connection, chunk, states, terms)
    stored.write_states(connection, touched, states, terms)
    return len(states)


def _add_cases(
    reader: Reader, case_ids: list[int], states: list[StateRow], terms: list[_Term]
) -> None:
    """Add the states of cases, and what they are searched by."""
    cases = stored.case_rows(reader, case_ids)
    reports: dict[int, list[ReportRow]] = defaultdict(list)
    for report in stored.report_rows(reader, case_ids=case_ids):
        reports[report.case_id or 0].append(report)
    events: dict[int, list[Event]] = defaultdict(list)
    for event in stored.standing_events_of(reader, case_ids=case_ids):
        events[event.case_id or 0].append(event)
    findings = last_findings(
        reader, [report.id for of_case in reports.values() for report in of_case]
    )
    agreed = terms_of(reader, {case.provider_id for case in cases}, _USUAL)
    for case in cases:
        own = reports[case.id]
        urls = max(len(own), case.urls)
        seen = happened(events[case.id], [report.id for report in own if not report.erased], urls)
        newest = _newest([findings[report.id] for report in own])
        facts = _facts(seen, since=case.opened_at, hours=agreed[case.provider_id])
        subject = _Subject(
            subject=CASE,
            subject_id=case.id,
            key=case.key,
            urls=urls,
            provider_id=case.provider_id,
            country=newest.country or case.country,
            mailbox=newest.mailbox,
        )
        states.append(_row(subject, facts, seen))
        names = seen.terms | ({folded(newest.mailbox)} if newest.mailbox else set())
        terms += [(name, CASE, case.id) for name in sorted(names)]


def _add_reports(
    reader: Reader, report_ids: list[int], states: list[StateRow], terms: list[_Term]
) -> None:
    """Add the states of reports of which nobody is known to be responsible."""
    events: dict[int, list[Event]] = defaultdict(list)
    for event in stored.standing_events_of(reader, report_ids=report_ids):
        events[event.report_id or 0].append(event)
    for report in stored.report_rows(reader, report_ids=report_ids):
        there = [] if report.erased else [report.id]
        seen = happened(events[report.id], there, 1)
        facts = _facts(seen, since=report.reported_at, hours=_USUAL, is_provider_known=False)
        subject = _Subject(subject=REPORT, subject_id=report.id, key=report.key)
        states.append(_row(subject, facts, seen))
        terms += [(name, REPORT, report.id) for name in sorted(seen.terms)]


def _facts(
    seen: Happened, *, since: int, hours: Terms, is_provider_known: bool = True
) -> CaseFacts:
    return CaseFacts(
        since=since,
        is_provider_known=is_provider_known,
        urls_there=seen.urls_there,
        sent_at=seen.sent_at,
        online_at=seen.online_at,
        came_back=seen.came_back,
        is_closed=seen.is_closed,
        follow_up_at=seen.follow_up_at,
        gathering=_micros(hours.grouping_hours),
        reminding=_micros(hours.reminder_hours),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """Whose state it is."""

    subject: str
    """`case` or `report`."""
    subject_id: int
    key: str
    urls: int = 1
    provider_id: int | None = None
    country: str | None = None
    mailbox: str | None = None


def _row(of: _Subject, facts: CaseFacts, seen: Happened) -> StateRow:
    state = state_of(facts)
    return StateRow(
        subject=of.subject,
        subject_id=of.subject_id,
        key=of.key,
        state=state.state.value,
        what=state.what.value,
        rank=state.rank,
        waits_from=state.waits_from,
        waits_for=state.waits_for,
        progress=seen.progress,
        urls=of.urls,
        online=seen.online,
        opened_at=facts.since,
        sent_at=seen.sent_at,
        follow_up_at=seen.follow_up_at,
        assignee=seen.assignee,
        provider_id=of.provider_id,
        country=of.country,
        mailbox=of.mailbox,
    )


def _micros(hours: float) -> int | None:
    """Return hours as microseconds; None for those of the settings."""
    return None if hours < 0 else int(hours * HOUR)


def _newest(findings: list[Finding]) -> Finding:
    return max(findings, key=lambda finding: finding.looked_up_at, default=Finding())
