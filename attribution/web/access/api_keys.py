"""Keys of programs: shown once, kept as hashes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused
from attribution.store.log import Writer
from attribution.store.service_tables import api_keys
from attribution.web.access.roles import KEY_SCOPES, Principal, Scope
from attribution.web.access.tokens import new_token, token_hash

_PREFIX = "atk_"
"""So that a key that leaked into a file is recognised as one."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key, without its secret."""

    id: int
    name: str
    scopes: frozenset[Scope]
    made_at: int
    disabled_at: int | None


def make_key(writer: Writer, name: str, scopes: list[str]) -> str:
    """Make a key and return it, the only time that it is to be seen. Raises Refused."""
    name = " ".join(name.split())
    if not name or len(name) > 60:
        code = Refusal.INVALID if name else Refusal.MISSING
        raise Refused(code, "name", name[:200], "give one of 1 to 60 characters")
    unknown = sorted(set(scopes) - set(KEY_SCOPES))
    if unknown or not scopes:
        remedy = f"use some of {', '.join(KEY_SCOPES)}"
        raise Refused(Refusal.INVALID, "scopes", " ".join(scopes)[:200], remedy)
    connection = writer.connection
    if connection.execute(select(api_keys.c.id).where(api_keys.c.name == name)).first():
        remedy = "a key has that name already; use another one"
        raise Refused(Refusal.CONFLICT, "name", name, remedy)
    key = _PREFIX + new_token()
    identity = (
        connection.execute(select(func.coalesce(func.max(api_keys.c.id), 0))).scalar_one() + 1
    )
    connection.execute(
        api_keys.insert().values(
            id=identity,
            name=name,
            token=token_hash(key),
            scopes=" ".join(sorted(set(scopes))),
            made_at=writer.now,
        )
    )
    writer.add_event("key_made", writer.now, detail={"key": name, "scopes": sorted(set(scopes))})
    return key


def disable_key(writer: Writer, name: str) -> None:
    """Let a key open nothing any more. Raises NotInStoreError."""
    done = writer.connection.execute(
        api_keys.update()
        .where(api_keys.c.name == name, api_keys.c.disabled_at.is_(None))
        .values(disabled_at=writer.now)
    )
    if not done.rowcount:
        raise NotInStoreError(f"key {name!r} is not in the store, or disabled already.")
    writer.add_event("key_disabled", writer.now, detail={"key": name})


def all_keys(connection: Connection) -> list[ApiKey]:
    """Return every key, by name."""
    return [_key(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.name))]


def principal_of_key(connection: Connection, key: str) -> Principal | None:
    """Return whose a key is; None for one that opens nothing."""
    row = connection.execute(select(api_keys).where(api_keys.c.token == token_hash(key))).first()
    if row is None or row.disabled_at is not None:
        return None
    return Principal(f"key {row.name}", _key(row).scopes)


def _key(row: object) -> ApiKey:
    values = row._mapping  # type: ignore[attr-defined]
    scopes = frozenset(one for one in values["scopes"].split() if one in KEY_SCOPES)
    return ApiKey(values["id"], values["name"], scopes, values["made_at"], values["disabled_at"])
