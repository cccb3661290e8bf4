"""Keys of programs; each is kept under its hash."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from attribution.store.engine import Reader
from attribution.store.queries.rows import first_row, rows_of
from attribution.store.service_tables import api_keys


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key, without its secret."""

    id: int
    name: str
    scopes: frozenset[str]
    made_at: int
    disabled_at: int | None


_KEY = select(
    api_keys.c.id,
    api_keys.c.name,
    api_keys.c.scopes,
    api_keys.c.made_at,
    api_keys.c.disabled_at,
).order_by(api_keys.c.name)


def key_with_hash(reader: Reader, token_hash: str) -> ApiKey | None:
    """Return a key by the hash of its secret, disabled or not."""
    return first_row(reader, _KEY.where(api_keys.c.token == token_hash), _key)


def key_named(reader: Reader, name: str) -> ApiKey | None:
    """Return a key by its name, disabled or not."""
    return first_row(reader, _KEY.where(api_keys.c.name == name), _key)


def all_keys(reader: Reader) -> list[ApiKey]:
    """Return every key, by name."""
    return rows_of(reader, _KEY, _key)


def insert_key(
    reader: Reader, name: str, token_hash: str, scopes: Collection[str], now: int
) -> None:
    """Add a key under the next number."""
    number = select(func.coalesce(func.max(api_keys.c.id), 0) + 1).scalar_subquery()
    values = {"token": token_hash, "scopes": " ".join(sorted(scopes)), "made_at": now}
    reader.execute(api_keys.insert().values(id=number, name=name, **values))


def disable_key(reader: Reader, name: str, now: int) -> bool:
    """Disable a key; return False where no key of that name is enabled."""
    enabled = api_keys.update().where(api_keys.c.name == name, api_keys.c.disabled_at.is_(None))
    return bool(reader.execute(enabled.values(disabled_at=now)).rowcount)


def _key(number: int, name: str, scopes: str, *times: Any) -> ApiKey:
    return ApiKey(number, name, frozenset(scopes.split()), *times)
