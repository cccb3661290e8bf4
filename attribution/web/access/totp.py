"""One-time codes of an authenticator (RFC 6238), each accepted once."""

from __future__ import annotations

from datetime import datetime

import pyotp
import segno

_STEP_SECONDS = 30


def new_secret() -> str:
    """Return a new secret, in base32."""
    return pyotp.random_base32()


def step_of(code: str, secret: str, now: datetime, last_used: int) -> int | None:
    """Return the time step of a code: the current one, the one before or the one after.

    None for a wrong code, and for one of a step that is not after `last_used`.
    """
    plain = "".join(code.split())
    if len(plain) != 6 or not (plain.isascii() and plain.isdigit()):
        return None
    totp = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    current = int(now.timestamp()) // _STEP_SECONDS
    for step in (current, current - 1, current + 1):
        if step > last_used and totp.verify(
            plain, for_time=datetime.fromtimestamp(step * _STEP_SECONDS, now.tzinfo)
        ):
            return step
    return None


def code_at(secret: str, now: datetime) -> str:
    """Return the code that an authenticator shows at a time."""
    return pyotp.TOTP(secret, interval=_STEP_SECONDS).at(now)


def enrolment(secret: str, mailbox: str, issuer: str) -> str:
    """Return the QR code that an authenticator scans, as SVG without styles of its own."""
    totp = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    uri = totp.provisioning_uri(name=mailbox, issuer_name=issuer)
    return segno.make(uri, error="m").svg_inline(
        scale=5, border=2, svgclass="code", lineclass="code-line", omitsize=True
    )
