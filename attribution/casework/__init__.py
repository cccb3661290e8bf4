"""What a hotline does, as use cases: a typed command in,
a result or `Refused` out. Command and interface only call them.
"""

from attribution.casework.mail_matching import Match, MatchedBy, Matcher, Origin
from attribution.casework.reading_mail import (
    Decision,
    MailRead,
    Proposal,
    ReadMail,
    propose,
    read_mail,
    read_mails,
)
from attribution.casework.refused import Refusal, Refused
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
    "Origin",
    "Proposal",
    "ReadMail",
    "Refusal",
    "Refused",
    "StampHead",
    "Stamped",
    "Vouch",
    "WithdrawVouching",
    "propose",
    "read_mail",
    "read_mails",
    "stamp_head",
    "vouch",
    "vouchings",
    "withdraw_vouching",
]
