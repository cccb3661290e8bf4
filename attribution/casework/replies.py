"""What a provider states about itself, and which of its words go out with the published list.

No machine recognises an advertisement such as "come to us, we never remove": so no reply of a
provider goes out before a person approved its words, who is noted, and not one either that leads to
a site (`attribution.pattern.dossier.published_text`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from attribution.casework.fields import required
from attribution.casework.linking import links, one_history
from attribution.casework.providers import provider_named
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.pattern.dossier.published_text import publishable, remedy_for
from attribution.store import Reader, Writer
from attribution.store.queries.events import EventFilter, events_by_time, events_in_order

REPLY_APPROVED = "reply_approved"
"""The event that lets a provider's words out."""


@dataclass(frozen=True, slots=True)
class ApproveReply:
    """Let a provider's last reply out, with the list."""

    provider: str
    """Its key, under any of its names."""
    why: str
    """Who agreed to the words, and how."""
    text: str | None = None
    """The words as they were edited together with the provider; the reply's own where left out."""


@dataclass(frozen=True, slots=True)
class ApprovedReply:
    """What is published from now on."""

    event: int
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider last stated about itself."""

    seq: int
    """The number of the reply in the log."""
    provider_id: int
    note: str | None
    """Its words; None where only that it replied is on record."""
    approved: str | None
    """Its words as a person approved them for publication; None before that."""


def approve_reply(writer: Writer, command: ApproveReply) -> ApprovedReply:
    """Note the approval of a reply's words. Raises Refused.

    A later reply waits for an approval of its own.
    """
    connection = writer.connection
    provider_id, _ = provider_named(connection, command.provider)
    reply = last_reply(connection, one_history(links(connection), provider_id))
    if reply is None:
        remedy = "none is on record; note it with `attribution event add reply`"
        raise Refused(Refusal.NOT_FOUND, "reply", command.provider, remedy)
    remedy = "say who agreed to the words, and how"
    why = required(" ".join(command.why.split()), "why", remedy)
    text = (reply.note if command.text is None else command.text) or ""
    published = publishable(text)
    if published is None:
        remedy = (
            "edit it together with the provider, and give the words with --text: "
            f"{remedy_for(text)}"
        )
        raise Refused(Refusal.HELD_BACK, "text", text[:200], remedy)
    detail = {"reply": reply.seq, "text": published, "why": why[:500]}
    event = writer.add_event(
        REPLY_APPROVED, writer.now, provider_id=reply.provider_id, detail=detail
    )
    return ApprovedReply(event, published)


def last_reply(reader: Reader, provider_ids: Collection[int]) -> Reply | None:
    """Return the last reply of a provider under any of its names that was not taken back."""
    replies = EventFilter(kinds=["reply"], provider_ids=provider_ids, standing=True)
    about_provider = events_by_time(reader, replies)
    if not about_provider:
        return None
    event = about_provider[-1]
    provider_id = event.provider_id or 0
    approvals = EventFilter(kinds=[REPLY_APPROVED], provider_ids=[provider_id])
    details = [approval.detail for approval in events_in_order(reader, approvals)]
    texts = [detail["text"] for detail in details if detail["reply"] == event.seq]
    note = event.detail.get("note")
    return Reply(
        seq=event.seq,
        provider_id=provider_id,
        note=None if note is None else str(note),
        approved=texts[-1] if texts else None,
    )
