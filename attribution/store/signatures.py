"""Ed25519 keys and signatures as text: one spelling each, and no key under which anything is
signed. Pure.

A key of small order (RFC 8032, section 5.1.7 leaves them in) verifies a signature that nobody made,
over any message; and base64 has several spellings of 32 bytes, which would make two people of one
key. Both are no keys here. Text after a signature is no part of it: it would be published with it.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_LONGEST_TEXT = 100
_FIELD = 2**255 - 19
_SMALL_ORDER = frozenset(
    [
        0,
        1,
        _FIELD - 1,
        int.from_bytes(
            bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
            "little",
        ),
        int.from_bytes(
            bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
            "little",
        ),
    ]
)
"""The y coordinates of the eight points whose order divides eight."""


def read_public_key(text: str) -> Ed25519PublicKey:
    """Read a public key, 32 bytes in base64 as they are written by us. Raises ValueError."""
    raw = _exact_bytes(text, _KEY_BYTES)
    height = int.from_bytes(raw, "little") & (2**255 - 1)  # the top bit is the sign of x
    if height >= _FIELD or height in _SMALL_ORDER:
        raise ValueError("it is a point that anybody can sign for, or a second spelling of one")
    return Ed25519PublicKey.from_public_bytes(raw)


def fits(public_key: str, signature: object, message: bytes) -> bool:
    """Say whether a signature, 64 bytes in base64 and nothing else, is the key's over a message."""
    try:
        raw = _exact_bytes(signature, _SIGNATURE_BYTES)
        read_public_key(public_key).verify(raw, message)
    except (ValueError, InvalidSignature):
        return False
    return True


def _exact_bytes(text: object, size: int) -> bytes:
    """Return the bytes of a base64 text in its one canonical spelling. Raises ValueError."""
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise ValueError("it is no short text")
    raw = base64.b64decode(text, validate=True)
    if len(raw) != size or base64.b64encode(raw).decode("ascii") != text:
        raise ValueError(f"it is no base64 of {size} bytes in its usual spelling")
    return raw
