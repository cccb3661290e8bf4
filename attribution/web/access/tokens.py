"""Secrets that are handed out once and kept as hashes. Pure.

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
    """Return what is stored of a token."""
    return hashlib.sha256(_bytes(token)).hexdigest()


def form_token(token: str) -> str:
    """Return the CSRF token of a session's forms: derived from the session's token, one way."""
    return hmac.new(_bytes(token), b"form", hashlib.sha256).hexdigest()


def same(token: str, other: str) -> bool:
    """Compare in a time that does not depend on where the two differ."""
    return hmac.compare_digest(_bytes(token), _bytes(other))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
