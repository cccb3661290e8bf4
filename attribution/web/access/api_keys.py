"""Keys of programs: shown once, kept as hashes."""

from __future__ import annotations

from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused
from attribution.store import Reader, Writer
from attribution.store.queries import service_keys
from attribution.web.access.accounts import checked_name
from attribution.web.access.roles import KEY_SCOPES, Principal
from attribution.web.access.tokens import new_token, token_hash

_PREFIX = "atk_"
"""So that scanners of files recognise a key that leaked."""
_LONGEST_NAME = 60


def make_key(writer: Writer, name: str, scopes: list[str]) -> str:
    """Make a key and return it: it cannot be shown again. Raises Refused."""
    name = checked_name(name, _LONGEST_NAME)
    if not scopes or set(scopes) - set(KEY_SCOPES):
        remedy = f"use some of {', '.join(KEY_SCOPES)}"
        raise Refused(Refusal.INVALID, "scopes", " ".join(scopes)[:200], remedy)
    if service_keys.key_named(writer.connection, name):
        remedy = "a key has that name already; use another one"
        raise Refused(Refusal.CONFLICT, "name", name, remedy)
    key = _PREFIX + new_token()
    service_keys.insert_key(writer.connection, name, token_hash(key), set(scopes), writer.now)
    writer.add_event("key_made", writer.now, detail={"key": name, "scopes": sorted(set(scopes))})
    return key


def disable_key(writer: Writer, name: str) -> None:
    """Disable a key. Raises NotInStoreError."""
    if not service_keys.disable_key(writer.connection, name, writer.now):
        raise NotInStoreError(f"key {name!r} is not in the store, or disabled already.")
    writer.add_event("key_disabled", writer.now, detail={"key": name})


def principal_of_key(reader: Reader, key: str) -> Principal | None:
    """Return the program that a key is of; None for a key that is unknown or disabled."""
    stored = service_keys.key_with_hash(reader, token_hash(key))
    if stored is None or stored.disabled_at is not None:
        return None
    scopes = frozenset(scope for scope in KEY_SCOPES if scope in stored.scopes)
    return Principal(f"key {stored.name}", scopes)
