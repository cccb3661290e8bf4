"""The hash chain over the log, and the digests in it of rows beside it. Pure.

An event's hash is SHA-256 over the hash before it and the event's canonical JSON, so that whoever
changes, removes or slips in one has to make every later one anew; a head that was noted elsewhere
then gives that away.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

GENESIS = "0" * 64
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def detail_text(values: dict[str, Any]) -> str:
    """Return an event's details as canonical JSON."""
    return _encode(values)


def event_hash(before: str, fields: list[Any]) -> str:
    """Return the hash of an event: its fields in the order of the table, without origin and
    hash.
    """
    return hashlib.sha256(f"{before}{_encode(fields)}".encode("utf-8", "surrogatepass")).hexdigest()


def row_digest(salt: bytes, fields: list[Any]) -> str:
    """Return the digest of a row beside the log. With a salt that is thrown away it tells nothing
    any more.
    """
    plain = [value.hex() if isinstance(value, bytes) else value for value in fields]
    return hashlib.sha256(salt + _encode(plain).encode("utf-8", "surrogatepass")).hexdigest()
