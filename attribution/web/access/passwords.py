"""Passwords: hashed with argon2id, and no shorter than twelve characters (NIST SP 800-63B asks for
length, not for kinds of characters).
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
    """Return a password's hash.

    Raises Refused for one that is too short, too long, or the person's mailbox.
    """
    if not LEAST <= len(password) <= MOST:
        raise _refused(f"it has {len(password)} characters; use {LEAST} to {MOST}")
    if len(set(password)) < 5:
        raise _refused("it is the same few characters over and over; use others")
    if mailbox.casefold() in password.casefold():
        raise _refused("it holds the mailbox; use another one")
    return _HASHER.hash(password)


def _refused(remedy: str) -> Refused:
    """Return the refusal of a password, which itself is never repeated."""
    return Refused(Refusal.INVALID, "password", "…", remedy)


def fits(password: str, kept: str | None) -> bool:
    """Say whether a password is the one; takes as long where there is none to compare with."""
    try:
        return _HASHER.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
