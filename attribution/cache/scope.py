"""Which addresses an answer serves beside the one that was asked about. Pure.

An answer serves a whole range only where nothing more specific can lie in it, only within what IANA
delegated to its registry, and only as far as its transport can be trusted.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from attribution.evidence import Record
from attribution.evidence.question import NetworkAbove
from attribution.net.addresses import Address, Network, cidrs
from attribution.registry.registration import Network as RegisteredNetwork
from attribution.registry.servers import server_for_url
from attribution.registry.types import block_type

_NEIGHBOURS = {4: 24, 6: 48}
"""Prefix length of what an answer serves that came without TLS,
or from a registry that another one named.
"""
_WIDEST = {4: 16, 6: 32}
"""Prefix length above which no answer serves a range:
no block that a provider assigns is that wide.
"""


@dataclass(frozen=True, slots=True)
class Range:
    """A network object of a registry, by its ends."""

    registry: str
    first: Address
    last: Address


def blocks_served(
    network: RegisteredNetwork, address: Address, records: Sequence[Record]
) -> list[Network]:
    """Return the blocks that an answer serves; none where it serves its own address only."""
    block = block_type(network.registry, network.type, network.first.version)
    if block is None or not block.terminal or not network.covers(address):
        return []
    length = _WIDEST[address.version]
    redirected = any(record.outcome == "redirected" for record in records)
    if redirected or not records[-1].came_unchanged:
        length = _NEIGHBOURS[address.version]
    around = ipaddress.ip_network(f"{address}/{length}", strict=False)
    ends = [(int(network.first), int(network.last)), (int(around[0]), int(around[-1]))]
    delegated = [(int(first), int(last)) for first, last in _delegated(records)]
    if not redirected and not delegated:
        return []  # the registry's delegation is unknown
    if not redirected:
        ends += delegated
    first, last = max(low for low, _ in ends), min(high for _, high in ends)
    return cidrs(type(address)(first), type(address)(last)) if first <= last else []


def object_named(question: NetworkAbove) -> Range | None:
    """Return the network object that a link to the network above names; None where it names no
    block.
    """
    _, separator, block = urlsplit(question.url).path.rpartition("/ip/")
    try:
        network = ipaddress.ip_network(unquote(block), strict=True)
    except ValueError:
        return None
    return (
        Range(server_for_url(question.url).registry, network[0], network[-1]) if separator else None
    )


def _delegated(records: Sequence[Record]) -> list[tuple[Address, Address]]:
    """Return the ranges around the address that IANA delegated, as bootstrap records have them."""
    ranges = []
    for record in records:
        if record.kind == "bootstrap" and record.outcome == "answered":
            ends = json.loads(record.body).get("delegated")
            if ends:
                ranges.append((ipaddress.ip_address(ends[0]), ipaddress.ip_address(ends[1])))
    return ranges
