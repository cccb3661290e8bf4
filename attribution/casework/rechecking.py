"""Looking up open reports anew, right before a notice or a reminder: unchanged, changed, moved, or
not known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from attribution.attributor import Investigation
from attribution.casework.findings import addresses_of, detail_of, keep_party, last_findings
from attribution.casework.linking import links, one_history
from attribution.casework.mailboxes import note_change
from attribution.casework.reporting import assign_to_provider, report_at_new_provider
from attribution.casework.url_state import open_reports
from attribution.lookup.concurrency.completion import in_order_of_completion
from attribution.store import Store, Writer
from attribution.store.queries.reports import (
    keep_addresses,
    report_with_id,
    reports_with_host,
)

Investigate = Callable[[str], Awaitable[Investigation]]


class Outcome(StrEnum):
    """What a new lookup found, compared with the last one."""

    UNCHANGED = "unchanged"
    """The same provider and mailbox."""
    CHANGED = "changed"
    """Another mailbox."""
    MOVED = "moved"
    """Another provider."""
    FOUND = "found"
    """The first provider that is known."""
    UNKNOWN = "unknown"
    """Nobody is known to be responsible, or not everything was answered."""


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a new lookup of a report's host found."""

    report: str
    host: str
    outcome: Outcome
    before: str | None
    """The provider before it, or of `changed` the mailbox."""
    after: str | None


async def recheck(
    store: Store,
    investigate: Investigate,
    who: str | None,
    *,
    jobs: int = 32,
    case: str | None = None,
) -> AsyncIterator[Rechecked]:
    """Look up every open report's host anew, note what was found, and yield it. Hosts are looked up
    once each.

    Content that moved leaves the old provider's case as `moved_to_other_host`, and a case at the
    new one is opened.
    """
    by_host: dict[str, list[int]] = {}
    with store.read() as reader:
        for report in open_reports(reader, reports_with_host(reader, case)):
            by_host.setdefault(report.host or "", []).append(report.id)

    async def look_up(host: str) -> tuple[str, Investigation]:
        return host, await investigate(host)

    async for host, investigation in in_order_of_completion(list(by_host), jobs, look_up):
        with store.write(who) as writer:
            outcomes = [_note(writer, number, investigation) for number in by_host[host]]
        for outcome in outcomes:
            yield outcome


def _note(writer: Writer, report_id: int, investigation: Investigation) -> Rechecked:
    connection = writer.connection
    report = report_with_id(connection, report_id)
    host = report.host or ""
    keep_addresses(connection, report_id, addresses_of(investigation))
    party = investigation.attribution.primary
    if party is None or investigation.attribution.failures:
        # Not sure of everything, so nothing changes, and the lookup counts as none: no answer is
        # better than a wrong one.
        return Rechecked(report.key, host, Outcome.UNKNOWN, report.provider, None)
    mailbox_before = last_findings(connection, [report_id])[report_id].mailbox
    detail = detail_of(investigation, party)
    mailbox = None if detail["mailbox"] is None else str(detail["mailbox"])
    provider_id = keep_party(writer, investigation, party)
    outcome, before, after = Outcome.UNCHANGED, report.provider, report.provider
    if report.provider_id is None:
        assign_to_provider(writer, report, provider_id)
        outcome, after = Outcome.FOUND, party.provider.id
    elif provider_id not in one_history(links(writer.connection), report.provider_id):
        outcome, after = Outcome.MOVED, party.provider.id
    elif mailbox_before not in (None, mailbox):
        note_change(writer, report.provider_id, mailbox_before, mailbox)
        outcome, before, after = Outcome.CHANGED, mailbox_before, mailbox
    about: dict[str, Any] = {
        "provider_id": report.provider_id,
        "case_id": report.case_id,
        "report_id": report_id,
    }
    rechecked = {**detail, "outcome": outcome.value}
    writer.add_event("rechecked", writer.now, detail=rechecked, **about)
    if outcome is Outcome.MOVED:
        moved_to = {"to": party.provider.id}
        writer.add_event("moved_to_other_host", writer.now, detail=moved_to, **about)
        report_at_new_provider(writer, report, provider_id, detail)
    return Rechecked(report.key, host, outcome, before, after)
