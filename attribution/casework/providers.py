"""Who a provider is: a record with dated identifiers. Nothing is joined but by a person.

A registry's organisation handle is what a provider is found by again. A mailbox, an AS or a name
that two records share is a reason to look, never an answer: mailboxes' domains are sold, prefixes
lent, and names alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from attribution.casework.fields import required
from attribution.codes import Refusal
from attribution.errors import NotFound, Refused
from attribution.models import Provider
from attribution.store import Reader, Writer
from attribution.store.queries.providers import (
    identifiers_of,
    provider_with_key,
    providers_known_as,
)
from attribution.store.times import Micros

_MOST_NAMED = 10
"""Keys that are listed where a name is not one provider's alone."""


class IdentifierKind(StrEnum):
    """What a provider can be known by."""

    HANDLE = "handle"
    """A registry's handle of the organisation: `ripe:ORG-EX1-RIPE`."""
    ASN = "asn"
    """An AS number that it announces: `AS64496`."""
    MAILBOX = "mailbox"
    """A mailbox for abuse."""
    COMPANY_NUMBER = "company_number"
    """Its number in a trade register."""
    NAME = "name"
    """A name that it has or had."""
    MAINTAINER = "maintainer"
    """A registry's maintainer of its objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredProvider:
    """A provider as registries name it."""

    provider: Provider
    source: str
    """Which registry or person says so; stands beside each identifier."""
    mailbox: str | None = None
    systems: Iterable[int] = ()
    """Numbers of the AS that it announces addresses by."""
    maintainers: Iterable[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddIdentifier:
    """Note what else a provider is known by. It joins nothing."""

    provider: str
    """Its key, or a name or identifier that is its alone."""
    kind: str
    """One of `IdentifierKind`."""
    value: str
    source: str
    """How it is known: trade register, court, regulator."""
    known_at: Micros | None = None
    """Since when; None for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedIdentifier:
    """What a provider is known by from now on."""

    provider: str
    """Its key."""
    kind: IdentifierKind
    value: str
    new: bool
    """Whether it was not known before."""


def provider_named(reader: Reader, text: str) -> tuple[int, str]:
    """Return (id, key) of the provider with a key, or the only one with an identifier or name of
    that text. Raises NotFound, and Refused where several have it.
    """
    provider = provider_with_key(reader, text)
    if provider is not None:
        return provider.id, provider.key
    matches = providers_known_as(reader, text, _MOST_NAMED + 1)
    if not matches:
        raise NotFound("provider", text, "`attribution provider list` shows those that are")
    if len(matches) > 1:
        keys = ", ".join(sorted(match.key for match in matches)[:_MOST_NAMED])
        raise Refused(Refusal.CONFLICT, "provider", text, f"it may be any of {keys}; name its key")
    return matches[0].id, matches[0].key


def keep_provider(writer: Writer, registered: RegisteredProvider) -> int:
    """Return the id of a provider, added where it is new, with what it is known by now."""
    provider = registered.provider
    row = provider_with_key(writer.connection, provider.id)
    provider_id = (
        row.id
        if row
        else writer.name_provider(provider.id, provider.name, provider.country, writer.now)
    )
    registry, _, handle = provider.id.partition(":")
    values = [("name", provider.name)]
    if not handle.startswith("network:"):
        values.append(("handle", f"{registry}:{handle}"))
    if registered.mailbox:
        values.append(("mailbox", registered.mailbox.lower()))
    values += [("asn", f"AS{asn}") for asn in registered.systems]
    values += [("maintainer", name.upper()) for name in registered.maintainers]
    add_identifiers(writer, provider_id, values, registered.source)
    return provider_id


def add_identifier(writer: Writer, command: AddIdentifier) -> AddedIdentifier:
    """Note what else a provider is known by. Raises Refused."""
    if command.kind not in list(IdentifierKind):
        remedy = f"use one of {', '.join(IdentifierKind)}"
        raise Refused(Refusal.INVALID, "kind", command.kind, remedy)
    kind = IdentifierKind(command.kind)
    value = required(command.value, "value", "say what it is known by")
    value = value.lower() if kind is IdentifierKind.MAILBOX else value
    provider_id, key = provider_named(writer.connection, command.provider)
    added = add_identifiers(
        writer, provider_id, [(kind.value, value)], command.source, command.known_at
    )
    return AddedIdentifier(provider=key, kind=kind, value=value, new=bool(added))


def add_identifiers(
    writer: Writer,
    provider_id: int,
    values: Iterable[tuple[str, str]],
    source: str,
    known_at: int | None = None,
) -> int:
    """Add (kind, value) that a provider is known by, where they are new; return how many."""
    known = {(row.kind, row.value) for row in identifiers_of(writer.connection, [provider_id])}
    new = [pair for pair in dict.fromkeys(values) if pair not in known]
    at = writer.now if known_at is None else known_at
    for kind, value in new:
        writer.add_identifier(provider_id, kind, value, at, source)
    return len(new)
