"""What a person decides about words that would be published.

No machine recognises an advertisement such as "come to us, we never remove": so no reply of a
provider goes out before a person approved its words, who is noted, and not one either that leads to
a site (`attribution.pattern.dossier.published_text`).
"""

from __future__ import annotations

from dataclasses import dataclass

from attribution.casework.providers import links, one_history, provider_named
from attribution.casework.published_list import REPLY_APPROVED, last_reply
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.pattern.dossier.published_text import publishable, remedy_for
from attribution.store.log import Writer


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


def approve_reply(writer: Writer, command: ApproveReply) -> ApprovedReply:
    """Note the approval of a reply's words. Raises Refused, and NotInStoreError for the provider.

    A later reply waits for an approval of its own.
    """
    connection = writer.connection
    identity, _ = provider_named(connection, command.provider)
    reply = last_reply(connection, one_history(links(connection), identity))
    if reply is None:
        raise Refused(
            Refusal.NOT_FOUND,
            "reply",
            command.provider,
            "none is on record; note it with `attribution event add reply`",
        )
    why = " ".join(command.why.split())
    if not why:
        raise Refused(Refusal.MISSING, "why", command.why, "say who agreed to the words, and how")
    words = reply.note if command.text is None else command.text
    shown = publishable(words or "")
    if shown is None:
        raise Refused(
            Refusal.HELD_BACK,
            "text",
            (words or "")[:200],
            f"edit it together with the provider, and give the words with --text: "
            f"{remedy_for(words or '')}",
        )
    detail = {"reply": reply.seq, "text": shown, "why": why[:500]}
    event = writer.add_event(
        REPLY_APPROVED, writer.now, provider_id=reply.provider_id, detail=detail
    )
    return ApprovedReply(event, shown)
