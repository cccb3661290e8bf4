"""How far a case has come, by what its mails and checks prove. Pure."""

from __future__ import annotations

from collections.abc import Set

from attribution.codes import EventKind

RECEIVED = frozenset[str](
    [
        EventKind.ACK,
        EventKind.RECEIPT_CONFIRMED,
        EventKind.DECISION_TOLD,
        EventKind.REFUSED,
        EventKind.NOT_OURS,
        EventKind.DELIVERED,
        EventKind.OPENED,
    ]
)
"""Events that prove receipt of a case's notice."""


def progress_of(kinds: Set[str], *, done: bool) -> str:
    """Return `gathering` (nothing sent), `sent`, `received`, `bounced` or `over`, by the kinds of
    events that stand; `done`: no URL of the case is there any more.
    """
    if done:
        return "over"
    if "sent" not in kinds:
        return "gathering"
    if kinds & RECEIVED:
        return "received"
    return "bounced" if "bounce" in kinds else "sent"
