"""Mailboxes that a person approved. A registry's record is written by the company itself, and a
tenant's may be the offender's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from attribution.casework.fields import required
from attribution.casework.providers import add_identifiers, provider_named
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.registry.mailbox import read_mailboxes
from attribution.store import Reader, Writer
from attribution.store.queries.events import EventFilter, events_in_order


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that a mailbox is the provider's."""

    mailbox: str
    who: str
    at: int
    """Since when, in microseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveMailbox:
    """Approve a mailbox as the provider's: until then no notice carries URLs to it."""

    provider: str
    """Its key, or a name that is its alone."""
    mailbox: str
    why: str
    """How it was checked that the mailbox is the provider's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedMailbox:
    """A mailbox that notices may go to."""

    event: int
    """Number of the approval in the log."""
    provider: str
    """The provider's key."""
    mailbox: str


def approve_mailbox(writer: Writer, command: ApproveMailbox) -> ApprovedMailbox:
    """Note that a person checked a mailbox, which the provider is known by too. Raises Refused."""
    provider_id, key = provider_named(writer.connection, command.provider)
    mailboxes = [address.lower() for address in read_mailboxes(command.mailbox)]
    if mailboxes != [command.mailbox.strip().lower()]:
        remedy = "it is no mail address; write name@domain"
        raise Refused(Refusal.INVALID, "mailbox", command.mailbox, remedy)
    remedy = "say why with --why: how it was checked that the mailbox is the provider's"
    detail = {"mailbox": mailboxes[0], "why": required(command.why, "why", remedy)}
    event = writer.add_event("contact_approved", writer.now, provider_id=provider_id, detail=detail)
    add_identifiers(writer, provider_id, [("mailbox", mailboxes[0])], "approved")
    return ApprovedMailbox(event=event, provider=key, mailbox=mailboxes[0])


def note_change(writer: Writer, provider_id: int, before: str | None, after: str | None) -> None:
    """Note that a registry names another mailbox: the approval of both ends with that."""
    detail = {"before": before, "after": after}
    writer.add_event("contact_changed", writer.now, provider_id=provider_id, detail=detail)


def approvals(reader: Reader, provider_id: int) -> dict[str, Approval]:
    """Return the mailboxes of a provider that are approved now, by address."""
    return approvals_of(reader, [provider_id])[provider_id]


def approvals_of(reader: Reader, provider_ids: Collection[int]) -> dict[int, dict[str, Approval]]:
    """Return the mailboxes that are approved now, by provider and address.

    A bounce that is believed ends the approval of the mailbox written to.
    """
    approved: dict[int, dict[str, Approval]] = {number: {} for number in provider_ids}
    changes = EventFilter(
        kinds=["contact_approved", "contact_changed", "bounce"],
        provider_ids=provider_ids,
        standing=True,
    )
    for event in events_in_order(reader, changes):
        mailboxes, detail = approved[event.provider_id or 0], event.detail
        if event.kind == "contact_approved":
            address = detail["mailbox"]
            mailboxes[address] = Approval(address, event.who, event.at)
        elif event.kind == "contact_changed":
            for name in ("before", "after"):
                mailboxes.pop(detail[name] or "", None)
        elif detail.get("believed"):
            mailboxes.pop(detail.get("to", ""), None)
    return approved
