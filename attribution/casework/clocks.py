"""What a provider owes after a notice or an order, since when, and whether it was done.

Silence on Regulation (EU) 2022/2065, Art. 16(4) or (5), is a breach of its own: the clocks say how
long it has lasted. Nothing of it changes a provider's label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from attribution.casework.findings import last_findings
from attribution.casework.notice_facts import NoticeFacts, notice_facts
from attribution.casework.url_state import last_checks
from attribution.codes import Code, EventKind
from attribution.data.laws import duties, duty_role
from attribution.notices.legal import CONFIRM_RECEIPT, TELL_DECISION
from attribution.store import Reader
from attribution.store.queries.cases import Case, standing_events
from attribution.store.queries.events import Event
from attribution.store.queries.reports import Report, reports_of_cases
from attribution.store.times import HOUR, moment


class Owed(Code):
    """What a clock is about."""

    RECEIPT = "receipt", "Confirmation of receipt of the notice."
    DECISION = "decision", "The decision on the notice."
    ORDER = "court_order", "What a court ordered."
    INSTRUCTION = "instruction", "What an authority instructed or ordered."


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Something that is owed. Times are microseconds since 1970."""

    owed: Owed
    law: str
    """Law and article, or who ordered it."""
    since: int
    """Since when it is owed: the first notice that did not come back, or the order."""
    until: int | None
    """By when; None where the law says "without undue delay", or the order sets no time."""
    met_at: int | None
    """When it was done; None while it is not."""
    overdue: bool
    """Whether its time has passed; of what has no time, never."""


_CONFIRMS = (EventKind.RECEIPT_CONFIRMED, EventKind.ACK, EventKind.DECISION_TOLD)
_DECIDES = (EventKind.DECISION_TOLD, EventKind.REFUSED, EventKind.NOT_OURS)
_ORDERS = {EventKind.COURT_ORDER: Owed.ORDER, EventKind.INSTRUCTION: Owed.INSTRUCTION}
_DUTIES = {CONFIRM_RECEIPT: (Owed.RECEIPT, _CONFIRMS), TELL_DECISION: (Owed.DECISION, _DECIDES)}


def clocks_of(reader: Reader, case: Case, now: int) -> list[Clock]:
    """Return what the provider of a case owes, in the order in which it came to owe it."""
    kinds = {*_CONFIRMS, *_DECIDES, *_ORDERS}
    events = sorted(standing_events(reader, [case.id], kinds), key=lambda event: event.at)
    reports = reports_of_cases(reader, [case.id])[case.id]
    facts = notice_facts(reader, [case.id])[case.id]
    clocks = [*_after_notice(reader, case, reports, facts, events)]
    gone_at = _gone_at(reader, case, reports)
    clocks += (_after_order(event, gone_at, now) for event in events if event.kind in _ORDERS)
    return sorted(clocks, key=lambda clock: clock.since)


def _after_notice(
    reader: Reader, case: Case, reports: list[Report], facts: NoticeFacts, events: list[Event]
) -> Iterable[Clock]:
    """Yield what is owed on the first notice that did not come back, by the role of the provider
    and the law of the day of the notice.
    """
    arrived = [notice.at for notice in facts.notices if notice.arrived]
    if not arrived:
        return
    since = arrived[0]
    findings = last_findings(reader, [report.id for report in reports]).values()
    newest = max(findings, key=lambda finding: finding.looked_up_at, default=None)
    role = duty_role((newest.role if newest else None) or "hosting")
    country = (newest.country if newest else None) or case.country
    for duty in duties(country, role, moment(since).date()):
        if duty.code in _DUTIES and duty.verified:
            owed, done_by = _DUTIES[duty.code]
            done = [event.at for event in events if event.kind in done_by and event.at >= since]
            yield Clock(
                owed=owed,
                law=f"{duty.law}, Art. {duty.article}",
                since=since,
                until=None,
                met_at=min(done, default=None),
                overdue=False,
            )


def _after_order(order: Event, gone_at: int | None, now: int) -> Clock:
    """Return what an order asks for, and whether it was done in its time."""
    hours = order.detail.get("hours")
    until = None if hours is None else order.at + int(hours * HOUR)
    return Clock(
        owed=_ORDERS[EventKind(order.kind)],
        law=str(order.detail.get("by_whom") or order.kind.replace("_", " ")),
        since=order.at,
        until=until,
        met_at=None if gone_at is None else max(gone_at, order.at),
        overdue=until is not None and (now if gone_at is None else gone_at) > until,
    )


def _gone_at(reader: Reader, case: Case, reports: list[Report]) -> int | None:
    """Return when the last URL of a case went; None while one is there, or was not checked."""
    checks = last_checks(reader, [case.id])
    ends = [checks[report.id].at for report in reports if report.id in checks]
    over = all(report.id in checks and checks[report.id].over for report in reports)
    return max(ends, default=None) if over else None
