"""What a hotline does, as use cases: a typed command in,
a result or `Refused` out. Command and interface only call them.
"""

from attribution.casework.linking import SameOperator, same_operator
from attribution.casework.noting import NoteEvent, note, read_fields
from attribution.casework.refused import Refusal, Refused
from attribution.casework.vouching import (
    Vouch,
    WithdrawVouching,
    vouch,
    vouchings,
    withdraw_vouching,
)

__all__ = [
    "NoteEvent",
    "Refusal",
    "Refused",
    "SameOperator",
    "Vouch",
    "WithdrawVouching",
    "note",
    "read_fields",
    "same_operator",
    "vouch",
    "vouchings",
    "withdraw_vouching",
]
