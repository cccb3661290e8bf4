"""Passwords: hashed with argon2id, at least twelve characters long.

NIST SP 800-63B asks for length, not for kinds of characters.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from attribution.codes import Refusal
from attribution.errors import Refused

LEAST, MOST = 12, 256
_HASHER = PasswordHasher()  # RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes


def hashed(password: str, *, mailbox: str) -> str:
    """Return the hash of a new password. Raises Refused, in which the password is not repeated."""
    remedy = ""
    if not LEAST <= len(password) <= MOST:
        remedy = f"it has {len(password)} characters; use {LEAST} to {MOST}"
    elif len(set(password)) < 5:
        remedy = "it is the same few characters over and over; use others"
    elif mailbox.casefold() in password.casefold():
        remedy = "it holds the mailbox; use another one"
    if remedy:
        raise Refused(Refusal.INVALID, "password", "…", remedy)
    return _HASHER.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Say whether a password has a hash; without a hash it takes as long, and fits nothing."""
    try:
        matches = _HASHER.verify(password_hash or _decoy_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


@cache
def _decoy_hash() -> str:
    return _HASHER.hash("nobody has this password")
