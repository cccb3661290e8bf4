"""Secrets that are handed out once, and kept as hashes. Pure.

A token has 256 random bits, so a plain hash of it cannot be reversed by trying.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_token() -> str:
    """Return a new token, for a link, cookie or header."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def form_token(token: str) -> str:
    """Return what forms of a session carry, so that no other site can send one: it is made from the
    session's token, and does not tell it.
    """
    return hmac.new(token.encode("utf-8", "surrogatepass"), b"form", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare without telling by the time that it takes."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
