"""What each role and each key may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a request needs to be allowed to do."""

    ATTRIBUTE = "attribute"
    """Look targets up."""
    READ = "read"
    """See cases, providers and patterns."""
    WRITE = "write"
    """Report URLs and note what happened."""
    SIGN = "sign"
    """Sign and publish entries of the list."""
    CONFIRM = "confirm"
    """Confirm that another person set an account up."""
    ADMINISTER = "administer"
    """Add and change accounts and keys."""
    AUDIT = "audit"
    """See who did what."""
    METRICS = "metrics"
    """Read the counters of the service."""


class Role(StrEnum):
    """What a person's account is for."""

    READER = "reader"
    """Looks at cases and patterns."""
    ANALYST = "analyst"
    """Reports URLs and notes what happened, too."""
    SIGNER = "signer"
    """Signs entries of the list, too."""
    ADMIN = "admin"
    """Names the others; whoever names signers cannot sign."""


_READER = frozenset([Scope.ATTRIBUTE, Scope.READ])
_ANALYST = _READER | {Scope.WRITE}
ROLES: dict[Role, frozenset[Scope]] = {
    Role.READER: _READER,
    Role.ANALYST: _ANALYST,
    Role.SIGNER: _ANALYST | {Scope.SIGN, Scope.CONFIRM},
    Role.ADMIN: _ANALYST | {Scope.CONFIRM, Scope.ADMINISTER, Scope.AUDIT},
}

KEY_SCOPES = (Scope.ATTRIBUTE, Scope.READ, Scope.WRITE, Scope.AUDIT, Scope.METRICS)
"""What a key of a program may open: no program signs or makes accounts."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sends a request: a person who is signed in, or a program with a key."""

    who: str
    """As the log names it: a person's mailbox, or `key NAME`."""
    scopes: frozenset[Scope]
    account_id: int | None = None
    """None for programs."""
    role: Role | None = None
    """None for programs."""

    def may(self, scope: Scope) -> bool:
        """Say whether it has a scope."""
        return scope in self.scopes
