"""What the events of a history mean to the method: signs, ends, comparisons, each a small number.

Numbers, since a history is kept in columns; each member's `line` is what a dossier says of it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from attribution.codes import EventKind
from attribution.history.rows import Compared


class Numbered(IntEnum):
    """A number with one line of explanation: `NAME = 1, "What it means."`."""

    _value_: int
    line: str

    def __new__(cls, value: int, line: str = "") -> Self:
        """Make a member; `Sign(3)` finds it by its number alone."""
        member = int.__new__(cls, value)
        member._value_, member.line = int(value), line
        return member


class Sign(Numbered):
    """What an event says of a case or of a provider."""

    ACK_AUTOMATIC = 1, "a program acknowledged this notice"
    ACK = 2, "a person acknowledged this notice"
    REPLY = 3, "the provider replied"
    REFUSED = 4, "the provider refused"
    NOT_OURS = 5, "the provider answered that it is not in its network"
    DELIVERED = 6, "the provider's mail server took it"
    OPENED = 7, "it was displayed"
    LETTER = 8, "a letter was delivered"
    BOUNCE = 9, "it came back, and that is believed"
    BOUNCE_DOUBTED = 10, "it came back, by a mail whose origin nobody vouches for"
    DISPUTED = 11, "the provider refused and stated a legal ground"
    ILLEGALITY_CONFIRMED = (
        12,
        "an authority or the hotline of the provider's country confirmed that it is illegal",
    )
    COURT_ORDER = 13, "a court ordered removal"
    CONTACT_CONFIRMED = 14, "the contact was confirmed by a second channel"
    CORRECTED_BY_HOTLINE = 15, "the hotline corrected the contact"
    CORRECTED_BY_PROVIDER = 16, "the provider asked for another contact"
    CHANNEL_FAILED = 17, "another channel reached nobody"


class EndKind(Numbered):
    """How a URL ended."""

    OFFLINE = 1, "removed by the provider"
    AFTER_COURT_ORDER = 2, "removed after a court's order"
    MOVED = 3, "moved to another host"


class Comparison(Numbered):
    """By what it is known that a check saw the reported content; the surer the greater."""

    NOT_STATED = 0, "not said"
    STATUS = 1, "status"
    CONTENT = 2, "content"
    PERSON = 3, "person"


SERVER_NOT_STATED = -1
"""Of `server`: the check does not say which provider's address gave the content."""
SERVER_NOT_KNOWN = -2
"""Of `server`: the checker could not tell."""

SIGN_OF: dict[str, Sign] = {
    EventKind.ACK: Sign.ACK,
    EventKind.REPLY: Sign.REPLY,
    EventKind.REFUSED: Sign.REFUSED,
    EventKind.NOT_OURS: Sign.NOT_OURS,
    EventKind.DELIVERED: Sign.DELIVERED,
    EventKind.OPENED: Sign.OPENED,
    EventKind.LETTER_DELIVERED: Sign.LETTER,
    EventKind.BOUNCE: Sign.BOUNCE,
    EventKind.ILLEGALITY_CONFIRMED: Sign.ILLEGALITY_CONFIRMED,
    EventKind.COURT_ORDER: Sign.COURT_ORDER,
    EventKind.CONTACT_CONFIRMED: Sign.CONTACT_CONFIRMED,
    EventKind.CONTACT_CORRECTED: Sign.CORRECTED_BY_HOTLINE,
    EventKind.CHANNEL_FAILED: Sign.CHANNEL_FAILED,
}
END_OF: dict[str, EndKind] = {
    EventKind.OFFLINE: EndKind.OFFLINE,
    EventKind.REMOVED_AFTER_COURT_ORDER: EndKind.AFTER_COURT_ORDER,
    EventKind.MOVED_TO_OTHER_HOST: EndKind.MOVED,
}
COMPARISON_OF: dict[str | None, Comparison] = {
    None: Comparison.NOT_STATED,
    Compared.STATUS: Comparison.STATUS,
    Compared.CONTENT: Comparison.CONTENT,
    Compared.PERSON: Comparison.PERSON,
}
