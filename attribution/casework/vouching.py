"""Vouching for a provider: a person's word that it answers
for what it hosts, though its block is a customer's.

Its look-ups then name it, and the provider above it too. The word is dated, has a reason, and can
be withdrawn; both stand in the log.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from attribution.casework.providers import keep_provider
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.evidence.question import VouchedFor
from attribution.evidence.statements import Vouching
from attribution.models import Provider
from attribution.store.log import Writer
from attribution.store.tables import events, providers

_ID = re.compile(r"[a-z]+:[!-~]{1,80}")


@dataclass(frozen=True, slots=True)
class Vouch:
    """Vouch for a provider."""

    provider: str
    """Its id, `handle space:HANDLE`, e.g. `ripe:ORG-EX1-RIPE`."""
    why: str
    name: str | None = None
    """Its name, where the store does not know it yet."""


@dataclass(frozen=True, slots=True)
class WithdrawVouching:
    """Withdraw what was said for a provider."""

    provider: str
    why: str


def vouch(writer: Writer, command: Vouch) -> int:
    """Note the vouching; return the event's number. Raises Refused."""
    key = _key(command.provider)
    if not command.why.strip():
        raise Refused(
            Refusal.MISSING,
            "why",
            command.why,
            "say how it is known that the company acts on notices",
        )
    if not VouchedFor(key).names_organisation:
        remedy = (
            "a block without an organisation has no identity; vouch for an organisation's handle"
        )
        raise Refused(Refusal.INVALID, "provider", command.provider, remedy)
    if not _ID.fullmatch(key):
        raise Refused(
            Refusal.INVALID,
            "provider",
            command.provider,
            "write registry:HANDLE, as an answer shows it",
        )
    row = writer.connection.execute(select(providers.c.name).where(providers.c.key == key)).first()
    if row is None and not command.name:
        remedy = (
            "the store does not know it; give its name with --name, or report a URL at it first"
        )
        raise Refused(Refusal.NOT_FOUND, "provider", command.provider, remedy)
    name = row.name if row else str(command.name)
    provider_id = keep_provider(writer, Provider(id=key, name=name), "a person's word")
    detail = {"why": command.why.strip()}
    return writer.add_event("vouched", writer.now, provider_id=provider_id, detail=detail)


def withdraw_vouching(writer: Writer, command: WithdrawVouching) -> int:
    """Withdraw a vouching that holds; return the event's number. Raises Refused."""
    key = _key(command.provider)
    held = {vouching.provider for vouching in vouchings(writer.connection)}
    if key not in held:
        raise Refused(Refusal.NOT_FOUND, "provider", command.provider, "nobody vouches for it now")
    if not command.why.strip():
        raise Refused(Refusal.MISSING, "why", command.why, "say why the word is withdrawn")
    provider_id = writer.connection.execute(
        select(providers.c.id).where(providers.c.key == key)
    ).scalar_one()
    detail = {"why": command.why.strip()}
    return writer.add_event(
        "vouching_withdrawn", writer.now, provider_id=provider_id, detail=detail
    )


def vouchings(connection: Connection) -> list[Vouching]:
    """Return the vouchings that hold now, one a provider: the latest."""
    rows = connection.execute(
        select(events.c.kind, events.c.at, events.c.who, events.c.detail, providers.c.key)
        .join(providers, providers.c.id == events.c.provider_id)
        .where(events.c.kind.in_(["vouched", "vouching_withdrawn"]))
        .order_by(events.c.seq)
    )
    holding: dict[str, Vouching] = {}
    for row in rows:
        if row.kind == "vouching_withdrawn":
            holding.pop(row.key, None)
            continue
        at = datetime.fromtimestamp(row.at / 1_000_000, UTC)
        holding[row.key] = Vouching(row.key, row.who, json.loads(row.detail)["why"], at)
    return list(holding.values())


def _key(provider: str) -> str:
    registry, _, handle = provider.strip().partition(":")
    if not provider.isascii():  # capitals of other letters are ASCII: another company's handle
        return provider.strip()
    return f"{registry.lower()}:{handle.upper()}"
