"""What a hotline does, as use cases: a typed command in,
a result or `Refused` out. Command and interface only call them.
"""

from attribution.casework.linking import SameOperator, same_operator
from attribution.casework.mail_matching import Match, MatchedBy, Matcher, Origin
from attribution.casework.noting import NoteEvent, counts_for_nothing, note, read_fields
from attribution.casework.reading_mail import (
    Decision,
    MailRead,
    Proposal,
    ReadMail,
    propose,
    read_mail,
    read_mails,
)
from attribution.casework.stamping import Stamped, StampHead, stamp_head
from attribution.casework.vouching import (
    Vouch,
    WithdrawVouching,
    vouch,
    vouchings,
    withdraw_vouching,
)

__all__ = [
    "Decision",
    "MailRead",
    "Match",
    "MatchedBy",
    "Matcher",
    "NoteEvent",
    "Origin",
    "Proposal",
    "ReadMail",
    "SameOperator",
    "StampHead",
    "Stamped",
    "Vouch",
    "WithdrawVouching",
    "counts_for_nothing",
    "note",
    "propose",
    "read_fields",
    "read_mail",
    "read_mails",
    "same_operator",
    "stamp_head",
    "vouch",
    "vouchings",
    "withdraw_vouching",
]
