"""Every code that a program may meet in an answer, an event or a refusal, each with its one line.

Codes are stored and sent, so a code never changes its spelling. The line is English, the key of its
translation, and what the reference of codes says.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A string with one line of explanation: `NAME = "code", "What it means."`."""

    _value_: str
    line: str
    """What the code means: one English sentence."""

    def __new__(cls, value: str, line: str = "") -> Self:
        """Make a member; `Kind("code")` finds it by its code alone."""
        code = str.__new__(cls, value)
        code._value_, code.line = value, line
        return code


class Refusal(Code):
    """What is wrong with a command."""

    NOT_FOUND = "not_found", "What it names is not in the store."
    MISSING = "missing", "A field is empty that has to say something."
    INVALID = "invalid", "A field has a value that it cannot have."
    CONFLICT = "conflict", "It does not fit to what is in the store."
    NOT_ALLOWED = "not_allowed", "Who asks for it is not one who may: another person has to."
    UNCONFIRMED = "unconfirmed", "A second person has to confirm something first."
    HELD_BACK = (
        "held_back",
        "A text that would be published leads, or may lead, to a site or a person.",
    )


class EventKind(Code):
    """What can happen to a notice, to one of its URLs, or to a provider."""

    ACK = "ack", "The notice was acknowledged; `automatic: true` where a program did it."
    REPLY = "reply", "The provider answered; of a notice, or of the provider as a whole."
    REFUSED = "refused", "The provider refuses; `legal_ground` where it states one."
    NOT_OURS = "not_ours", "The provider answers that the content is not in its network."
    BOUNCE = (
        "bounce",
        "The mail came back; `believed: false` where neither our relay nor the mailbox's "
        "domain vouches for that.",
    )
    DELAYED = "delayed", "A mail server tries again (DSN)."
    RELAYED = "relayed", "The notice was handed on to a server that tells no more (DSN)."
    DELIVERED = "delivered", "The provider's own mail server took the notice (DSN, RFC 3464)."
    OPENED = "opened", "The notice was displayed (MDN, RFC 8098)."
    REMINDER = "reminder", "The hotline reminded the provider."
    LETTER_DELIVERED = (
        "letter_delivered",
        "A registered letter or process server reached the seat; `notices` are those that "
        "it lists.",
    )
    CHANNEL_FAILED = "channel_failed", "A dated try by another channel (`channel`) reached nobody."
    CONTACT_CONFIRMED = (
        "contact_confirmed",
        "A second channel confirmed that the mailbox is the provider's.",
    )
    CONTACT_CORRECTED = (
        "contact_corrected",
        "Another address is used from now on; `by` says whether the hotline or the "
        "provider wants it.",
    )
    STILL_ONLINE = "still_online", "A checker saw the content."
    OFFLINE = "offline", "A checker saw it gone."
    REAPPEARED = "reappeared", "A checker saw it back."
    MOVED_TO_OTHER_HOST = "moved_to_other_host", "The name points to another provider now: `to`."
    COURT_ORDER_REQUESTED = "court_order_requested", "A court was asked to order removal."
    COURT_ORDER = "court_order", "A court ordered removal."
    REMOVED_AFTER_COURT_ORDER = "removed_after_court_order", "It was removed after a court's order."
    ILLEGALITY_CONFIRMED = (
        "illegality_confirmed",
        "An authority, or the hotline of the provider's country, confirmed that it is "
        "illegal: `by_whom`.",
    )
