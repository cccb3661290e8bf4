"""Looking up open reports anew, right before a notice or a reminder: unchanged, changed, moved, or
not known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import select

from attribution.attributor import Investigation
from attribution.casework.mailboxes import note_change
from attribution.casework.providers import links, one_history
from attribution.casework.reporting import (
    add_open_copy,
    is_open,
    keep_party,
    last_found,
    what_was_found,
)
from attribution.lookup.concurrency.completion import in_order_of_completion
from attribution.store.log import Writer
from attribution.store.store import Store
from attribution.store.tables import cases, providers, reports

Investigate = Callable[[str], Awaitable[Investigation]]


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a new look at a report's host found."""

    report: str
    host: str
    outcome: str
    """`unchanged`, `changed` (another mailbox), `moved` (another provider), `found` (first provider
    known), `unknown`.
    """
    before: str | None
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
    with store.read() as connection:
        wanted = (
            select(reports.c.id, reports.c.host, reports.c.case_id)
            .where(reports.c.host.is_not(None))
            .order_by(reports.c.id)
        )
        if case is not None:
            wanted = wanted.join(cases, cases.c.id == reports.c.case_id).where(cases.c.key == case)
        by_host: dict[str, list[int]] = {}
        for row in connection.execute(wanted).all():
            if is_open(connection, row.id, row.case_id):
                by_host.setdefault(row.host, []).append(row.id)

    async def look(host: str) -> tuple[str, Investigation]:
        return host, await investigate(host)

    async for host, found in in_order_of_completion(list(by_host), jobs, look):
        with store.write(who) as writer:
            outcomes = [_note(writer, report_id, host, found) for report_id in by_host[host]]
        for one in outcomes:
            yield one


def _note(writer: Writer, report_id: int, host: str, found: Investigation) -> Rechecked:
    connection = writer.connection
    row = connection.execute(
        select(
            reports.c.key, reports.c.case_id, cases.c.provider_id, providers.c.key.label("provider")
        )
        .outerjoin(cases, cases.c.id == reports.c.case_id)
        .outerjoin(providers, providers.c.id == cases.c.provider_id)
        .where(reports.c.id == report_id)
    ).one()
    party = found.attribution.primary
    if party is None or found.attribution.failures:
        # Not sure of everything, so nothing changes, and the look counts as none: no answer is
        # better than a wrong one.
        return Rechecked(row.key, host, "unknown", row.provider, None)
    before, _ = last_found(connection, report_id)
    after = what_was_found(found, party)
    provider_id = keep_party(writer, found, party)
    was: str | None
    now: str | None
    if row.provider_id is None:
        add_open_copy(writer, report_id, provider_id, moved=False)
        outcome, was, now = "found", None, party.provider.id
    elif provider_id not in one_history(links(writer.connection), row.provider_id):
        outcome, was, now = "moved", row.provider, party.provider.id
    elif before.get("mailbox") not in (None, after["mailbox"]):
        was, now = _text(before["mailbox"]), _text(after["mailbox"])
        note_change(writer, row.provider_id, was, now)
        outcome = "changed"
    else:
        outcome, was, now = "unchanged", row.provider, row.provider
    about = {"provider_id": row.provider_id, "case_id": row.case_id, "report_id": report_id}
    writer.add_event("rechecked", writer.now, detail={**after, "outcome": outcome}, **about)
    if outcome == "moved":
        writer.add_event(
            "moved_to_other_host", writer.now, detail={"to": party.provider.id}, **about
        )
        add_open_copy(writer, report_id, provider_id, moved=True, detail=after)
    return Rechecked(row.key, host, outcome, was, now)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
