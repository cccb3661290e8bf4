"""Stores, look-ups and small histories for tests of what a hotline remembers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attribution.attributor import Investigation
from attribution.casework.erasing import EraseReport, erase_report
from attribution.casework.linking import LinkProviders, NewLink, add_link, link_providers
from attribution.casework.mailboxes import ApproveMailbox, approve_mailbox
from attribution.casework.notices_sent import RecordNotice
from attribution.casework.notices_sent import record_notice as record
from attribution.casework.noting import NoteEvent, write_event
from attribution.casework.providers import RegisteredProvider
from attribution.casework.providers import keep_provider as keep
from attribution.casework.reporting import ReportedUrl, ReportUrl, report_url
from attribution.casework.terms import SetTerms, Terms
from attribution.casework.terms import set_terms as set_
from attribution.casework.working import TakeBack, take_back
from attribution.decide import decide
from attribution.evidence import Evidence
from attribution.models import Provider
from attribution.store import Store, Writer
from attribution.store.queries.providers import provider_with_id
from bundles import AT, TARGET, entity, network, rdap, resolved, suffix

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""


class Clock:
    """A clock that stands until it is moved, forward or back."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Move it, `hours=2` or `days=-1`."""
        self.at += timedelta(**by)


def looked_up(
    host: str = "www.site.example",
    handle: str = "ORG-EX1-RIPE",
    name: str = "Example Hosting B.V.",
    mailbox: str | None = "abuse@hosting.example",
    country: str = "NL",
    *,
    known: bool = True,
) -> Investigation:
    """What looking a host up found: one company with its mailbox, or nobody."""
    adr: dict[str, Any] = {}
    holder = entity(handle, ["registrant"], name, **adr)
    holder["vcardArray"][1].append(["adr", {"cc": country}, "text", ["", "", "", "", "", "", ""]])
    desk = entity(
        "AR1-RIPE", ["abuse"], "Abuse desk", *([mailbox] if mailbox else []), kind="group"
    )
    records = [resolved(host, TARGET), suffix(host, ".".join(host.split(".")[-2:]))]
    if known:
        records.append(rdap(network(holder, desk)))
    evidence = Evidence(f"https://{host}/1", AT, documentation_is_special=False, records=records)
    decision = decide(evidence)
    return Investigation(decision.attribution, decision.steps, evidence)


def reported(
    store: Store,
    url: str = "https://www.site.example/1",
    found: Investigation | None = None,
    **more: Any,
) -> ReportedUrl:
    """Add a report."""
    with store.write("ann") as writer:
        command = ReportUrl(url=url, investigation=found or looked_up(), **more)
        return report_url(writer, command)


def note_event(
    writer: Writer,
    kind: str,
    at: int | None = None,
    *,
    detail: dict[str, Any] | None = None,
    origin: str | None = None,
    **about: str,
) -> list[int]:
    """Write an event, whatever its detail."""
    return write_event(writer, NoteEvent(kind=kind, at=at, **about), detail or {}, origin)


def correct(writer: Writer, event: int, why: str) -> int:
    """Take an event back."""
    return take_back(writer, TakeBack(events=(event,), why=why))[0].event


def record_notice(writer: Writer, case: str, at: int | None = None, **more: str) -> str:
    """Note that a notice was sent."""
    return record(writer, RecordNotice(case=case, at=at, **more))


def approve(writer: Writer, provider: int, mailbox: str, why: str) -> None:
    """Approve a mailbox."""
    key = provider_with_id(writer.connection, provider).key
    approve_mailbox(writer, ApproveMailbox(provider=key, mailbox=mailbox, why=why))


def erase(writer: Writer, report: str, why: str) -> None:
    """Erase a report."""
    erase_report(writer, EraseReport(report=report, why=why))


def keep_provider(writer: Writer, provider: Provider, source: str, **more: Any) -> int:
    """Add a provider as a registry names it."""
    return keep(writer, RegisteredProvider(provider=provider, source=source, **more))


def link(writer: Writer, new: int, old: int, kind: str, known_at: int, source: str) -> int:
    """Link two providers by their ids."""
    new_link = NewLink(new=new, old=old, kind=kind, known_at=known_at, source=source)
    return add_link(writer, new_link)


def same_operator(writer: Writer, names: tuple[str, ...], source: str, known_at: int) -> list[int]:
    """Link names of one operator."""
    first, *others = names
    command = LinkProviders(
        new=first, old=tuple(others), source=source, kind="same_operator", known_at=known_at
    )
    return list(link_providers(writer, command).numbers)


def set_terms(writer: Writer, provider: int, terms: Terms) -> None:
    """Agree how a provider is written to."""
    command = SetTerms(
        provider=provider_with_id(writer.connection, provider).key,
        grouping_hours=terms.grouping_hours,
        reminder_hours=terms.reminder_hours,
        quiet_days=",".join(terms.quiet_days),
    )
    set_(writer, command, terms)


def write_history(folder: Path, **files: Iterable[dict[str, Any] | str]) -> Path:
    """Write a history folder; rows that are texts stand as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("notices", "reports", "events", "aliases"):
        rows = files.get(name, ())
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder


def small_history(folder: Path, notices: int = 3) -> Path:
    """Write a history of one provider that is renamed: so many notices of two URLs, each
    acknowledged, one URL removed.
    """
    rows: dict[str, list[dict[str, Any]]] = {
        "notices": [],
        "reports": [],
        "events": [],
        "aliases": [],
    }
    for number in range(notices):
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)
        notice, provider = f"n{number}", "p0" if number < 2 else "p1"
        rows["notices"].append(
            {
                "notice": notice,
                "provider": provider,
                "site": f"s{number}",
                "sent_at": stamp(at),
                "urls": 2,
            }
        )
        for place in range(2):
            url = f"u{number}-{place}"
            rows["reports"].append(
                {
                    "url": url,
                    "notice": notice,
                    "site": f"s{number}",
                    "provider": provider,
                    "at": stamp(at),
                }
            )
        rows["events"].append(
            {"kind": "ack", "notice": notice, "at": stamp(at + timedelta(hours=1))}
        )
        rows["events"].append(
            {
                "kind": "offline",
                "notice": notice,
                "url": f"u{number}-0",
                "at": stamp(at + timedelta(hours=30)),
                "last_online": stamp(at + timedelta(hours=24)),
            }
        )
        rows["events"].append(
            {
                "kind": "still_online",
                "notice": notice,
                "url": f"u{number}-1",
                "at": stamp(at + timedelta(days=4)),
                "at_least_days": 3,
            }
        )
    rows["events"].append(
        {"kind": "contact_confirmed", "provider": ["p0", "p1"], "at": "2024-02-01T00:00:00Z"}
    )
    rows["aliases"].append({"new": "p1", "old": "p0", "known_at": "2024-02-02T00:00:00Z"})
    return write_history(folder, **rows)


def stamp(at: datetime) -> str:
    """Write a time as histories do."""
    return at.isoformat().replace("+00:00", "Z")


def filled(store: Store, **more: object) -> str:
    """Fill a store with a case of each kind of row; return the case."""
    case = reported(store, keep_url=True, **more).case
    assert case
    with store.write("ann") as writer:
        record_notice(writer, case, writer.now, to="abuse@hosting.example")
        note_event(writer, "ack", writer.now, case=case)
    return case
