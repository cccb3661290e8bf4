"""Mailboxes of a provider: those that a person approved, and those whose mail came back.

A registry's record is written by the company itself, and a tenant's may be the offender's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from attribution.casework.fields import required
from attribution.casework.providers import add_identifiers, provider_named
from attribution.codes import EventKind, Refusal
from attribution.errors import Refused
from attribution.registry.mailbox import read_mailboxes
from attribution.store import Reader, Writer
from attribution.store.queries.events import Event, EventFilter, corrected_among, events_in_order
from attribution.store.queries.notices import SentNotice, sent_notices
from attribution.store.queries.providers import providers_with_mailbox

_BOUNCED_ELSEWHERE = "contact_bounced"
"""The event that ends the approval of a mailbox when mail to it about another provider's case came
back: `mailbox`, and `bounce`, the number of that event.
"""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that a mailbox is the provider's."""

    mailbox: str
    who: str
    at: int
    """Since when, in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """What is known of a provider's mailboxes, by address in lower case."""

    approved: dict[str, Approval] = field(default_factory=dict)
    """Those approved now, the latest approval last."""
    bounced: dict[str, int] = field(default_factory=dict)
    """When mail to each came back, in microseconds since 1970, if nobody approved it since."""

    def to_write_to(self, published: str | None) -> str | None:
        """Return the mailbox for the next notice: the one that the registries name; where they name
        none or its mail came back, the one that a person approved last. None where there is none.
        """
        if published and published not in self.bounced:
            return published
        return next(reversed(self.approved), None)

    def _approve(self, approval: Approval) -> None:
        self._end(approval.mailbox)
        self.bounced.pop(approval.mailbox, None)
        self.approved[approval.mailbox] = approval

    def _end(self, mailbox: str) -> None:
        self.approved.pop(mailbox, None)

    def _bounce(self, mailbox: str, at: int) -> None:
        self._end(mailbox)
        if mailbox:
            self.bounced[mailbox] = at


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveMailbox:
    """Approve a mailbox as the provider's: until then no notice carries URLs to it."""

    provider: str
    """Its key, or a name that is its alone."""
    mailbox: str
    why: str
    """Where it was found, and how it was checked that the mailbox is the provider's."""


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


def note_bounce_elsewhere(writer: Writer, bounce: int, mailbox: str, provider_id: int) -> None:
    """End the approval of a mailbox that bounced at every provider but the case's own, whose
    approvals the bounce itself ends.
    """
    for other in sorted({*providers_with_mailbox(writer.connection, mailbox)} - {provider_id}):
        detail = {"mailbox": mailbox, "bounce": bounce}
        writer.add_event(_BOUNCED_ELSEWHERE, writer.now, provider_id=other, detail=detail)


def approvals(reader: Reader, provider_id: int) -> dict[str, Approval]:
    """Return the mailboxes of a provider that are approved now, by address."""
    return approvals_of(reader, [provider_id])[provider_id]


def approvals_of(reader: Reader, provider_ids: Collection[int]) -> dict[int, dict[str, Approval]]:
    """Return the mailboxes that are approved now, by provider and address."""
    known = mailboxes_of(reader, provider_ids)
    return {provider_id: mailboxes.approved for provider_id, mailboxes in known.items()}


def mailboxes_of(reader: Reader, provider_ids: Collection[int]) -> dict[int, Mailboxes]:
    """Return what is known of the mailboxes of providers, by provider.

    A bounce that is believed ends the approval of the mailbox written to; a new approval is newer
    knowledge.
    """
    known = {number: Mailboxes() for number in provider_ids}
    changes = EventFilter(
        kinds=["contact_approved", "contact_changed", EventKind.BOUNCE, _BOUNCED_ELSEWHERE],
        provider_ids=provider_ids,
        standing=True,
    )
    events = events_in_order(reader, changes)
    written_to = _written_to(reader, events)
    elsewhere = [event for event in events if event.kind == _BOUNCED_ELSEWHERE]
    undone = corrected_among(reader, [event.detail["bounce"] for event in elsewhere])
    for event in events:
        mailboxes, detail = known[event.provider_id or 0], event.detail
        if event.kind == "contact_approved":
            mailboxes._approve(Approval(detail["mailbox"], event.who, event.at))
        elif event.kind == "contact_changed":
            for name in ("before", "after"):
                mailboxes._end(detail[name] or "")
        elif event.kind == _BOUNCED_ELSEWHERE:
            if detail["bounce"] not in undone:
                mailboxes._bounce(detail["mailbox"], event.at)
        elif is_believed(event):
            mailboxes._bounce(written_to.get(event.seq, ""), event.at)
    return known


def is_believed(bounce: Event) -> bool:
    """Say whether a bounce tells that the mail did not arrive: one that a person noted, or whose
    origin is vouched for.
    """
    return bounce.detail.get("believed") is not False


def last_written_to(sent: Iterable[SentNotice], at: int) -> str:
    """Return the mailbox of the last of some notices up to a time; empty where none is known."""
    mailboxes = [str(notice.detail.get("to", "")) for notice in sent if notice.sent_at <= at]
    return next((to.lower() for to in reversed(mailboxes) if "@" in to), "")


def _written_to(reader: Reader, events: list[Event]) -> dict[int, str]:
    """Return the mailbox that each bounce is of: the one that it names, else that of the last
    notice of its case before it.
    """
    bounces = [event for event in events if event.kind == EventKind.BOUNCE]
    unnamed = {event.case_id or 0 for event in bounces if not event.detail.get("to")}
    sent: dict[int, list[SentNotice]] = {}
    for notice in sent_notices(reader, sorted(unnamed)) if unnamed else ():
        sent.setdefault(notice.case_id, []).append(notice)
    return {
        event.seq: event.detail.get("to")
        or last_written_to(sent.get(event.case_id or 0, ()), event.at)
        for event in bounces
    }
