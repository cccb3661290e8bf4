"""Mailboxes that a person approved. A registry's record is written by the company itself, and a
tenant's may be the offender's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.registry.mailbox import read_mailboxes
from attribution.store.log import Writer
from attribution.store.tables import events


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that a mailbox is the provider's, and since when."""

    mailbox: str
    who: str
    at: int


def approve(writer: Writer, provider_id: int, mailbox: str, why: str) -> int:
    """Note that a person looked at a mailbox and approves it; return the event's number. Raises
    StoreError.
    """
    named = read_mailboxes(mailbox)
    if [one.lower() for one in named] != [mailbox.strip().lower()]:
        raise Refused(
            Refusal.INVALID, "mailbox", mailbox, "it is no mail address; write name@domain"
        )
    if not why.strip():
        remedy = "say why with --why: how it was checked that the mailbox is the provider's"
        raise Refused(Refusal.MISSING, "why", why, remedy)
    return writer.add_event(
        "contact_approved",
        writer.now,
        provider_id=provider_id,
        detail={"mailbox": named[0].lower(), "why": why.strip()},
    )


def note_change(writer: Writer, provider_id: int, before: str | None, after: str | None) -> None:
    """Note that a registry names another mailbox than before: the old one's approval ends with
    that.
    """
    writer.add_event(
        "contact_changed",
        writer.now,
        provider_id=provider_id,
        detail={"before": before, "after": after},
    )


def approvals(connection: Connection, provider_id: int) -> dict[str, Approval]:
    """Return the mailboxes of a provider that are approved now.

    A bounce that is believed ends the approval of the mailbox written to.
    """
    found: dict[str, Approval] = {}
    taken_back = select(events.c.corrects).where(
        events.c.provider_id == provider_id,
        events.c.kind == "correction",
        events.c.corrects.is_not(None),
    )
    rows = connection.execute(
        select(events.c.kind, events.c.at, events.c.who, events.c.detail)
        .where(
            events.c.provider_id == provider_id,
            events.c.kind.in_(["contact_approved", "contact_changed", "bounce"]),
            events.c.seq.not_in(taken_back),
        )
        .order_by(events.c.seq)
    )
    for row in rows:
        detail = json.loads(row.detail)
        if row.kind == "contact_approved":
            found[detail["mailbox"]] = Approval(detail["mailbox"], row.who, row.at)
        elif row.kind == "bounce":
            if detail.get("believed"):
                found.pop(detail.get("to", ""), None)
        else:
            for name in ("before", "after"):
                found.pop(detail[name] or "", None)
    return found
