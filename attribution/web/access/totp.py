"""One-time codes (RFC 6238), each good once."""

from __future__ import annotations

from datetime import datetime

import pyotp
import segno

_STEP = 30


def new_secret() -> str:
    """Return a new secret, in base32."""
    return pyotp.random_base32()


def step_of(code: str, secret: str, now: datetime, last_used: int) -> int | None:
    """Return the time step that a code is of; None for a wrong one, one of another minute, or one
    that was used already.
    """
    plain = "".join(code.split())
    if len(plain) != 6 or not (plain.isascii() and plain.isdigit()):
        return None
    totp = pyotp.TOTP(secret, interval=_STEP)
    today = int(now.timestamp()) // _STEP
    for step in (today, today - 1, today + 1):
        if step > last_used and totp.verify(
            plain, for_time=datetime.fromtimestamp(step * _STEP, now.tzinfo)
        ):
            return step
    return None


def code_at(secret: str, now: datetime) -> str:
    """Return the code of a moment: what an authenticator shows."""
    return pyotp.TOTP(secret, interval=_STEP).at(now)


def enrolment(secret: str, mailbox: str, issuer: str) -> str:
    """Return the picture that an authenticator reads, as SVG without styles of its own."""
    uri = pyotp.TOTP(secret, interval=_STEP).provisioning_uri(name=mailbox, issuer_name=issuer)
    return segno.make(uri, error="m").svg_inline(
        scale=5, border=2, svgclass="code", lineclass="code-line", omitsize=True
    )
