"""What each role and each key may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["attribute", "read", "write", "sign", "confirm", "administer", "audit", "metrics"]
Role = Literal["reader", "analyst", "signer", "admin"]

ROLES: dict[Role, frozenset[Scope]] = {
    "reader": frozenset(["attribute", "read"]),
    "analyst": frozenset(["attribute", "read", "write"]),
    "signer": frozenset(["attribute", "read", "write", "sign", "confirm"]),
    "admin": frozenset(["attribute", "read", "write", "confirm", "administer", "audit"]),
}
"""An administrator names who may sign, and so cannot sign."""

KEY_SCOPES: tuple[Scope, ...] = ("attribute", "read", "write", "audit", "metrics")
"""What a key of a program may open: no program signs, or makes accounts."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who asks: a person who is signed in, or a program with a key."""

    who: str
    """As the log names it: a person's mailbox, or `key NAME`."""
    scopes: frozenset[Scope]
    account_id: int | None = None
    """None for programs."""
    role: Role | None = None

    def may(self, scope: Scope) -> bool:
        """Say whether this is open to it."""
        return scope in self.scopes
