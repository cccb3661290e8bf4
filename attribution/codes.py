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


class Problem(Code):
    """Why the service did not do what a request asked: `type` of an RFC 9457 document."""

    status: int
    """The HTTP status that it has by itself."""

    def __new__(cls, value: str, status: int, line: str) -> Self:
        """Make a member; `Problem("code")` finds it by its code alone."""
        code = str.__new__(cls, value)
        code._value_, code.status, code.line = value, status, line
        return code

    ADDRESS_TOO_LONG = "address-too-long", 414, "The request's address is longer than is served."
    BAD_CURSOR = "bad-cursor", 422, "The cursor is not one that this service gave."
    BAD_DAY = "bad-day", 422, "There is no assessment as of such a day."
    BAD_FORM = "bad-form", 422, "A form of the page cannot be read."
    BAD_LANGUAGE = "bad-language", 422, "The page is not translated into the language."
    BAD_LINE = "bad-line", 422, "A line of a batch has to be a number."
    BAD_ORIGIN = "bad-origin", 422, "A disclosed origin cannot be used."
    BAD_TIME = "bad-time", 422, "No report or notice can be of such a time."
    CHANGED = "changed", 412, "What is to be changed is not any more as it was read (`If-Match`)."
    FAILED = "failed", 500, "The service failed, and its log says why."
    INVALID_EVIDENCE = "invalid-evidence", 422, "An evidence bundle cannot be read."
    INVALID_TARGET = "invalid-target", 422, "The text is no URL, host name or IP address."
    KEY_USED = "key-used", 422, "The idempotency key was used for another request."
    NO_KEY = "no-key", 401, "The request has no key, or one that is unknown or disabled."
    NO_SUCH_METHOD = "no-such-method", 405, "The address is not served with this method."
    NOT_FOUND = "not-found", 404, "What the request names is not here."
    NOT_OPEN = "not-open", 403, "The key or the role lacks the scope that the request needs."
    NOT_UNDERSTOOD = "not-understood", 422, "The request does not have the form that is documented."
    OLD_FORM = "old-form", 403, "A form of the page has the CSRF token of another session."
    OTHER_SITE = "other-site", 403, "A form was sent by another site."
    PROVIDER_UNREACHABLE = (
        "provider-unreachable",
        502,
        "The identity provider did not answer as it has to.",
    )
    RATE_LIMITED = "rate-limited", 429, "More requests a minute than the rate limit allows."
    REFUSED = "refused", 422, "The command was refused; `code` and `field` say why."
    STORE_UNAVAILABLE = (
        "store-unavailable",
        503,
        "The store cannot be used now. Nothing was changed; try again.",
    )
    TOO_LARGE = "too-large", 413, "The request's body is larger than is served."
    WRONG_HOST = "wrong-host", 421, "The service is not reached under this host name."
