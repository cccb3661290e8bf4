"""The one entry to reading answers: the server, never the text, says which dialect it is in."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

from attribution.registry.dialects import arin
from attribution.registry.refusals import Reading, read_refusal
from attribution.registry.registration import (
    AutonomousSystem,
    Entity,
    Network,
    UnreadableAnswer,
)
from attribution.registry.registries import registries
from attribution.registry.servers import Server, server_for_url, whois_server
from attribution.registry.text import decode, is_big, is_comment, lines
from attribution.registry.types import BlockKind, block_type

__all__ = [
    "Reading",
    "is_big",
    "read_autnum",
    "read_entity",
    "read_networks",
    "read_referral",
    "read_refusal",
    "referred_registry",
]

_REFERRAL_KEYS = ("referralserver", "refer", "whois")


def read_networks(body: bytes, server: Server) -> list[Network]:
    """Read every network of an answer: one by RDAP; on port 43 all, in the order of the text.

    Empty where a text holds none. Raises UnreadableAnswer.
    """
    read = _networks.__wrapped__ if is_big(body) else _networks  # big ones are not kept in memory
    return list(read(body, server))


# Pure, and its result frozen: one answer often serves many targets of a batch.
@lru_cache(maxsize=512)
def _networks(body: bytes, server: Server) -> tuple[Network, ...]:
    return tuple(_read("read_networks", body, server))


def read_entity(body: bytes, server: Server) -> Entity:
    """Read an answer about an organisation or contact. Raises UnreadableAnswer."""
    entity: Entity = _read("read_entity", body, server)
    return entity


def read_autnum(body: bytes, server: Server, asn: int) -> AutonomousSystem:
    """Read an answer about an AS, RDAP or text. Raises UnreadableAnswer, also for another AS's."""
    system: AutonomousSystem = _read("read_autnum", body, server, asn)
    return system


def _read(function: str, body: bytes, server: Server, *arguments: int) -> Any:
    """Call a function of the server's dialect: see `attribution.registry.dialects`."""
    dialect = f"attribution.registry.dialects.{server.dialect}"
    read = getattr(import_module(dialect), function, None) if server.dialect else None
    if read is None:
        raise UnreadableAnswer(f"no reader for the answers of {server.host}: {function}")
    return read(body, server, *arguments)


def read_referral(body: bytes, server: Server) -> str | None:
    """Return what a port-43 answer refers to, as written: to be recorded, never to be followed.

    The last `ReferralServer` counts, else `refer` or `whois`.
    """
    if server.protocol != "whois":
        return None
    referrals: dict[str, str] = {}
    for line in lines(decode(body)):
        key, _, value = line.partition(":")
        if value.strip() and not is_comment(line):
            referrals[key.strip().lower()] = value.strip()[:200]
    return next((referrals[key] for key in _REFERRAL_KEYS if key in referrals), None)


def referred_registry(body: bytes, server: Server) -> str | None:
    """Return the id of the listed registry that a port-43 answer sends one to, or None.

    A referral counts where the registry itself wrote it: in an answer without any network, or at
    ARIN below a network of a type that only ARIN sets (`Transferred to …`). The holder of any
    other network chooses its `ReferralServer`.
    """
    referral = read_referral(body, server) if server.listed else None
    if referral and read_networks(body, server):
        referral = _below_a_registrys_object(body, server)
    return _registry_at(referral, server) if referral else None


def _below_a_registrys_object(body: bytes, server: Server) -> str | None:
    last = None
    for network_type, referral in arin.read_referrals(body) if server.dialect == "arin" else ():
        block = block_type(server.registry, network_type, 4)
        if block and block.kind is BlockKind.REGISTRY:
            last = referral
    return last


def _registry_at(referral: str, server: Server) -> str | None:
    scheme, separator, rest = referral.rpartition("://")
    if separator and scheme.lower() != "whois":
        target = server_for_url(referral.split(maxsplit=1)[0])
    else:
        target = whois_server(next(iter(rest.split("/")[0].split()), ""))
    is_another = target.registry in registries() and target.registry != server.registry
    return target.registry if target.listed and is_another else None
