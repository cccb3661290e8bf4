"""Publishing the signed list, withdrawing entries, and the letter before it; each step in the log.
Nothing is published by a program.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attribution.casework.building_list import FORMAT, build_list
from attribution.casework.providers import provider_named
from attribution.casework.signers import signers
from attribution.casework.signing_list import (
    COVERED,
    check_publishable,
    check_signatures,
    objects_in,
)
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.pattern.dossier.publication import SIGNED_DAYS, content_of
from attribution.store import Reader, Writer
from attribution.store.queries.events import EventFilter, events_in_order
from attribution.store.times import micros, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLetter:
    """Note that the letter with its dossier was sent to a provider."""

    provider: str
    sent_on: date
    dossier_sha256: str
    to: str
    """Whom it went to, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishList:
    """Publish a list that two people signed."""

    signed: dict[str, Any]
    today: date
    recipients: list[str]
    """Who gets it: they are told when an entry is withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawEntry:
    """Withdraw a company from every list that was published."""

    company: str
    """As the list names it."""
    why: str


def note_letter(writer: Writer, command: NoteLetter) -> None:
    """Note the letter. Raises Refused."""
    provider_id, _ = provider_named(writer.connection, command.provider)
    day = command.sent_on
    at = micros(datetime(day.year, day.month, day.day, tzinfo=UTC))
    detail = {"to": command.to, "dossier_sha256": command.dossier_sha256}
    writer.add_event("letter", at, max(at, writer.now), provider_id=provider_id, detail=detail)


def publish_list(writer: Writer, command: PublishList) -> dict[str, Any]:
    """Return the list as it may go out, and note who gets it.

    Raises Refused where anything does not hold today. The list may be up to 14 days old: what was
    signed has to be what the store gives for its day, and its content what it gives for today.
    """
    signed, reader = command.signed, writer.connection
    faults = check_signatures(signed, signers(reader))
    faults += _changes(reader, signed, command.today)
    if signed.get("format") is not FORMAT:
        faults.append(f"the list is not of the format {FORMAT}")
    if not objects_in(signed, "entries"):
        faults.append("the list is empty")
    if not command.recipients:
        faults.append("say who gets it with --to: they are told when an entry is withdrawn")
    if faults:
        remedy = "the list is not published: " + "; ".join(faults)
        raise Refused(Refusal.CONFLICT, "list", str(signed.get("as_of"))[:40], remedy)
    published = {name: signed[name] for name in (*COVERED, "signatures")}
    detail = {
        "as_of": signed["as_of"],
        "to": command.recipients,
        "entries": [listed["dossier_sha256"] for listed in signed["entries"]],
        "companies": [listed["company"] for listed in signed["entries"]],
        "list": published,
    }
    writer.add_event("list_published", writer.now, detail=detail)
    return published


def withdraw_entry(writer: Writer, command: WithdrawEntry) -> dict[str, Any]:
    """Note that an entry is withdrawn; return what to tell, and whom: everybody who was given a
    list with it. Raises Refused.
    """
    company = command.company
    published = EventFilter(kinds=["list_published"], of_no_provider=True)
    details = [event.detail for event in events_in_order(writer.connection, published)]
    lists = [detail for detail in details if company in detail["companies"]]
    if not lists:
        remedy = "no list with it was published; name it as the list does"
        raise Refused(Refusal.NOT_FOUND, "company", company[:200], remedy)
    why = " ".join(command.why.split())
    remedy = "say why with --why; it is told to everybody who has the list"
    check_publishable("why", why, remedy)
    recipients = sorted({recipient for detail in lists for recipient in detail["to"]})
    notice = {
        "format": FORMAT,
        "withdrawn": company,
        "why": why,
        "at": f"{moment(writer.now):%Y-%m-%dT%H:%M:%SZ}",
        "lists": sorted({detail["as_of"] for detail in lists}),
    }
    writer.add_event("list_withdrawn", writer.now, detail={**notice, "to": recipients})
    return {**notice, "tell": recipients}


def _changes(reader: Reader, signed: dict[str, Any], today: date) -> list[str]:
    """Return what of a signed list is not so any more."""
    as_of = str(signed.get("as_of"))
    try:
        signed_for = date.fromisoformat(as_of)
        if signed_for.isoformat() != as_of:
            raise ValueError(as_of)  # a week's day is a day too, in another spelling
    except ValueError:
        return [f"the list is of {as_of[:40]!r}, which is no day"]
    if not timedelta(0) <= today - signed_for <= timedelta(days=SIGNED_DAYS):
        return [
            f"the list is of {signed_for}, and may go out until {SIGNED_DAYS} days after: build "
            "and sign it anew"
        ]
    now, _ = build_list(reader, today)
    then = now if signed_for == today else build_list(reader, signed_for)[0]
    if signed.get("log") != then["log"]:
        return ["the head of the log in it is not the one of its day: build and sign it anew"]
    exact = {listed["dossier_sha256"]: listed for listed in then["entries"]}
    contents = [content_of(listed) for listed in now["entries"]]
    return [
        f"{listed.get('company')}: what was signed is not what is found today"
        for listed in objects_in(signed, "entries")
        if exact.get(str(listed.get("dossier_sha256"))) != listed
        or content_of(listed) not in contents
    ]
