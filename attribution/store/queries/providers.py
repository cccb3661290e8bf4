"""Providers, and the identifiers that they are known by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, or_, select

from attribution.store.engine import Reader
from attribution.store.queries.rows import columns_for, first_row, in_chunks, rows_of
from attribution.store.tables import cases, identifiers, providers


class Provider(NamedTuple):
    """A provider's record."""

    id: int
    key: str
    name: str
    country: str | None
    known_at: int


class Identifier(NamedTuple):
    """What a provider is known by: a handle, AS, mailbox, company number, maintainer or name."""

    provider_id: int
    kind: str
    value: str
    known_at: int
    source: str


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A provider in a list."""

    key: str
    name: str
    country: str | None
    cases: int
    """How many cases it has."""
    last_opened: int | None
    """When its last case was opened, in microseconds since 1970."""


_PROVIDER = select(*columns_for(providers, Provider))
_IDENTIFIER = select(*columns_for(identifiers, Identifier)).order_by(identifiers.c.id)


def provider_with_key(reader: Reader, key: str) -> Provider | None:
    """Return the provider of a key, such as `ripe:ORG-EX1-RIPE`."""
    return first_row(reader, _PROVIDER.where(providers.c.key == key), Provider)


def provider_with_id(reader: Reader, provider_id: int) -> Provider:
    """Return a provider that is in the store."""
    return Provider(*reader.execute(_PROVIDER.where(providers.c.id == provider_id)).one())


def providers_known_as(reader: Reader, text: str, most: int) -> list[Provider]:
    """Return at most `most` providers with a name or an identifier of that text."""
    known = select(identifiers.c.provider_id).where(identifiers.c.value.in_([text, text.lower()]))
    named = or_(providers.c.name == text, providers.c.id.in_(known))
    return rows_of(reader, _PROVIDER.where(named).limit(most), Provider)


def all_providers(reader: Reader) -> list[Provider]:
    """Return every provider, in the order in which they were added."""
    return rows_of(reader, _PROVIDER.order_by(providers.c.id), Provider)


def provider_keys(reader: Reader, provider_ids: Collection[int]) -> dict[int, str]:
    """Return the keys of providers, by id."""
    statement = select(providers.c.id, providers.c.key)
    keys: dict[int, str] = {}
    for chunk in in_chunks(provider_ids):
        for row in reader.execute(statement.where(providers.c.id.in_(chunk))):
            keys[row.id] = row.key
    return keys


def provider_page(reader: Reader, after: str, limit: int) -> list[ProviderLine]:
    """Return providers by key with how many cases each has: those after the key `after`."""
    page = _PROVIDER.where(providers.c.key > after).order_by(providers.c.key).limit(limit)
    some = page.subquery()
    statement = (
        select(
            some.c.key,
            some.c.name,
            some.c.country,
            func.count(cases.c.id),
            func.max(cases.c.opened_at),
        )
        .outerjoin(cases, cases.c.provider_id == some.c.id)
        .group_by(some.c.key, some.c.name, some.c.country)
        .order_by(some.c.key)
    )
    return rows_of(reader, statement, ProviderLine)


def all_identifiers(reader: Reader) -> list[Identifier]:
    """Return every identifier of every provider, in the order in which they were added."""
    return rows_of(reader, _IDENTIFIER, Identifier)


def identifiers_of(reader: Reader, provider_ids: Collection[int]) -> list[Identifier]:
    """Return the identifiers of providers, in the order in which they were added."""
    return rows_of(
        reader, _IDENTIFIER.where(identifiers.c.provider_id.in_(provider_ids)), Identifier
    )


def providers_with_mailbox(reader: Reader, mailbox: str) -> list[int]:
    """Return the ids of providers that a mailbox is known of."""
    statement = select(identifiers.c.provider_id).where(
        identifiers.c.kind == "mailbox", identifiers.c.value == mailbox
    )
    return list(reader.execute(statement).scalars())
