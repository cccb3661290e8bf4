"""What a hotline does, as use cases: a typed command in,
a result or `Refused` out. Command and interface only call them.
"""

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
    "Refusal",
    "Refused",
    "StampHead",
    "Stamped",
    "Vouch",
    "WithdrawVouching",
    "stamp_head",
    "vouch",
    "vouchings",
    "withdraw_vouching",
]
