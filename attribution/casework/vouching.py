"""Vouching for a provider: a person's word that it answers for what it hosts, though its block is a
customer's.

Lookups then name it, and the provider above it too. The word is dated, has a reason, and can be
withdrawn; both stand in the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from attribution.casework.fields import required
from attribution.casework.providers import RegisteredProvider, keep_provider
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.evidence.question import VouchedFor
from attribution.evidence.statements import Vouching
from attribution.models import Provider
from attribution.store import Reader, Writer
from attribution.store.queries.events import EventFilter, events_in_order
from attribution.store.queries.providers import provider_keys, provider_with_key
from attribution.store.times import moment

_KINDS = ("vouched", "vouching_withdrawn")
_ID = re.compile(r"[a-z]+:[!-~]{1,80}")


@dataclass(frozen=True, slots=True)
class Vouch:
    """Vouch for a provider."""

    provider: str
    """Its id, registry and handle: `ripe:ORG-EX1-RIPE`."""
    why: str
    name: str | None = None
    """Its name, where the store does not know it yet."""


@dataclass(frozen=True, slots=True)
class WithdrawVouching:
    """Withdraw a vouching."""

    provider: str
    why: str


def vouch(writer: Writer, command: Vouch) -> int:
    """Note the vouching; return the event's number. Raises Refused."""
    key = _key(command.provider)
    remedy = "say how it is known that the company acts on notices"
    why = required(command.why, "why", remedy)
    if not VouchedFor(key).names_organisation:
        remedy = (
            "a block without an organisation has no identity; vouch for an organisation's handle"
        )
        raise Refused(Refusal.INVALID, "provider", command.provider, remedy)
    if not _ID.fullmatch(key):
        remedy = "write registry:HANDLE, as an answer shows it"
        raise Refused(Refusal.INVALID, "provider", command.provider, remedy)
    row = provider_with_key(writer.connection, key)
    name = row.name if row else command.name
    if not name:
        remedy = (
            "the store does not know it; give its name with --name, or report a URL at it first"
        )
        raise Refused(Refusal.NOT_FOUND, "provider", command.provider, remedy)
    registered = RegisteredProvider(provider=Provider(id=key, name=name), source="a person's word")
    provider_id = keep_provider(writer, registered)
    return writer.add_event("vouched", writer.now, provider_id=provider_id, detail={"why": why})


def withdraw_vouching(writer: Writer, command: WithdrawVouching) -> int:
    """Withdraw a vouching that holds; return the event's number. Raises Refused."""
    key = _key(command.provider)
    provider = provider_with_key(writer.connection, key)
    vouched = {vouching.provider for vouching in vouchings(writer.connection)}
    if provider is None or key not in vouched:
        raise Refused(Refusal.NOT_FOUND, "provider", command.provider, "nobody vouches for it now")
    detail = {"why": required(command.why, "why", "say why the word is withdrawn")}
    return writer.add_event(
        "vouching_withdrawn", writer.now, provider_id=provider.id, detail=detail
    )


def vouchings(reader: Reader) -> list[Vouching]:
    """Return the vouchings that hold now, one a provider: the latest."""
    events = events_in_order(reader, EventFilter(kinds=_KINDS, of_any_provider=True))
    keys = provider_keys(reader, {event.provider_id or 0 for event in events})
    holding: dict[str, Vouching] = {}
    for event in events:
        key = keys[event.provider_id or 0]
        if event.kind == "vouched":
            holding[key] = Vouching(key, event.who, event.detail["why"], moment(event.at))
        else:
            holding.pop(key, None)
    return list(holding.values())


def _key(provider: str) -> str:
    registry, _, handle = provider.strip().partition(":")
    if not provider.isascii():  # capitals of other letters are ASCII: another company's handle
        return provider.strip()
    return f"{registry.lower()}:{handle.upper()}"
