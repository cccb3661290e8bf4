"""The one entry to reading answers: the server, never the text, says which dialect it is in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from attribution.registry.dialects import arin, lacnic, rdap, rpsl, twnic
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

_NETWORKS: dict[str, Callable[[str, Server], list[Network]]] = {
    "rpsl": rpsl.read_networks,
    "arin": arin.read_networks,
    "lacnic": lacnic.read_networks,
    "twnic": twnic.read_networks,
    "iana": lambda _text, _server: [],
}
_AUTNUMS: dict[str, Callable[[str, Server], list[AutonomousSystem]]] = {
    "rpsl": rpsl.read_autnums,
    "arin": arin.read_autnums,
    "lacnic": lacnic.read_autnums,
}
_REFERRAL_KEYS = ("referralserver", "refer", "whois")


# Pure, and its result frozen: one answer often serves many targets of a batch.
@lru_cache(maxsize=512)
def _networks(body: bytes, server: Server) -> tuple[Network, ...]:
    if server.dialect == "rdap":
        return (rdap.read_network(body, server),)
    read = _NETWORKS.get(server.dialect)
    if read is None:
        raise UnreadableAnswer(f"no reader for the answers of {server.host}")
    return tuple(read(decode(body), server))


def read_networks(body: bytes, server: Server) -> list[Network]:
    """Read every network of an answer: one by RDAP; on port 43 all, in the order of the text.

    Empty where a text holds none. Raises UnreadableAnswer.
    """
    read = _networks.__wrapped__ if is_big(body) else _networks  # big ones are not kept in memory
    return list(read(body, server))


def read_entity(body: bytes, server: Server) -> Entity:
    """Read an answer about an organisation or contact. Raises UnreadableAnswer."""
    if server.dialect == "rdap":
        return rdap.read_entity(body, server)
    found = rpsl.read_entity(decode(body), server) if server.dialect == "rpsl" else None
    if found is None:
        raise UnreadableAnswer("no entity in the answer")
    return found


def read_autnum(body: bytes, server: Server, asn: int) -> AutonomousSystem:
    """Read an answer about an AS, RDAP or text. Raises UnreadableAnswer, also for another AS's."""
    if server.dialect == "rdap":
        return rdap.read_autnum(body, server, asn)
    read = _AUTNUMS.get(server.dialect)
    if read is None:
        raise UnreadableAnswer(f"no reader for the answers of {server.host} about an AS")
    found = next((one for one in read(decode(body), server) if one.asn == asn), None)
    if found is None:
        raise UnreadableAnswer(f"AS{asn} is not in the answer")
    return found


def read_referral(body: bytes, server: Server) -> str | None:
    """Return what a port-43 answer refers to, as written: to be recorded, never to be followed.

    The last `ReferralServer` counts, else `refer` or `whois`.
    """
    if server.protocol != "whois":
        return None
    found: dict[str, str] = {}
    for line in lines(decode(body)):
        key, colon, value = line.partition(":")
        word = key.strip().lower()
        if colon and word in _REFERRAL_KEYS and value.strip() and not is_comment(line):
            found[word] = value.strip()[:200]
    return next((found[word] for word in _REFERRAL_KEYS if word in found), None)


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
    if server.dialect != "arin":
        return None
    written = [
        value
        for kind, value in arin.referrals(decode(body))
        if (found := block_type(server.registry, kind, 4)) and found.kind is BlockKind.REGISTRY
    ]
    return written[-1] if written else None


def _registry_at(referral: str, server: Server) -> str | None:
    scheme, separator, rest = referral.rpartition("://")
    if separator and scheme.lower() != "whois":
        named = server_for_url(referral.split(maxsplit=1)[0])
    else:
        named = whois_server(next(iter(rest.split("/")[0].split()), ""))
    known = named.listed and named.registry in registries() and named.registry != server.registry
    return named.registry if known else None
