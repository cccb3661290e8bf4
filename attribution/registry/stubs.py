"""A registry's own objects: placeholders around space, root blocks, networks that it runs."""

from __future__ import annotations

import ipaddress
import re
from functools import cache

from attribution.data import packaged_rows
from attribution.registry.organisations import organisation_of
from attribution.registry.registration import Network
from attribution.registry.registries import (
    registries,
    registry_named,
    registry_owning,
    registry_with_handle,
)
from attribution.registry.registries import registry as registry_of
from attribution.registry.servers import server_for_url
from attribution.registry.types import BlockKind, BlockType, block_type

_MOST_LINES = 8
_LONGEST_LINE = 300
_LARGEST_OWN = {4: 2**16, 6: 2**96}
"""Addresses of the largest network that a registry is taken to run itself."""
# Read only in objects that nobody but a registry can have written: see `_only_a_registry_writes`.
_NETNAME = re.compile(
    r"NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK|IANA-|RIPE-CIDR-BLOCK|EU-ZZ-|APNIC-(?:ERX-|AP-ERX|[0-9])|ERX-|LACNIC-ERX"
    r"|AFRINIC-ERX|NET[0-9]+$|RESERVED-|STUB-|NOT-MANAGED",
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"not (?:managed|allocated|registered|fully allocated|maintained)\b.{0,40}\b(?:by|to|in)\b"
    r"|address block not managed|transferred to (?:the )?(?:ripe|apnic|arin|lacnic|afrinic)"
    r"|various registries|early registration addresses|these addresses are in use by many",
    re.IGNORECASE,
)


def is_registry_object(network: Network) -> bool:
    """Say whether an answer is a registry's own object around space, and names no holder.

    It is recognised by types that only a registry sets, by the registry's own organisation, IRT and
    maintainers, by the whole address space and by the blocks that IANA delegated. What a customer
    can write (network name, description, remark, name of an organisation) never makes one.
    """
    if network.size == 2**network.first.max_prefixlen:
        return True
    holder = organisation_of(network)
    if holder and registry_owning(holder.handle):
        return not runs_itself(network)
    if holder:
        return False
    kind = _type(network)
    if (kind and kind.kind is BlockKind.REGISTRY) or _is_delegation(network):
        return True
    return _only_a_registry_writes(network, kind) and _is_worded_as_placeholder(network)


def runs_itself(network: Network) -> bool:
    """Say whether this is a network that a registry operates: its mailboxes are then real ones."""
    holder = organisation_of(network)
    if holder:
        owners = [registry_owning(holder.handle)]
    else:
        abuse_roles = [entity for entity in network.entities if "abuse" in entity.roles]
        owners = [registry_owning(entity.handle) for entity in abuse_roles]
    if not owners or not all(owner and (holder or not owner.national) for owner in owners):
        return False
    kind = _type(network)
    is_used = kind is not None and (
        kind.kind is BlockKind.CUSTOMER or kind.direct_as in ("direct_assignment", "legacy")
    )
    return is_used and network.size <= _LARGEST_OWN[network.first.version]


def national_registry(network: Network) -> str | None:
    """Return the national registry that keeps this block and must be asked about it, or None.

    Told by the server, by the handle space (the registry's own organisation, IRT, maintainer or
    form of handle), or by its contact, which anybody may name: that one only on a block that no
    customer can have made, in the registry's own country.
    """
    for space in (network.registry, network.handle_space):
        keeper = registry_of(space)
        if keeper and keeper.national:
            return keeper.id
    if not _only_registries_maintain(network) or _is_customers(_type(network)):
        return None
    for entity in network.entities:
        keeper = registry_with_handle(entity.handle)
        if keeper and keeper.national and keeper.country == network.country:
            return keeper.id
    return None


def _type(network: Network) -> BlockType | None:
    return block_type(network.registry, network.type, network.first.version)


def _is_customers(kind: BlockType | None) -> bool:
    return kind is not None and kind.kind in (BlockKind.CUSTOMER, BlockKind.HANDED_ON)


def _only_registries_maintain(network: Network) -> bool:
    """Say whether no account but a registry's may edit the object. RDAP mostly names none."""
    return all(registry_owning(name) for name in network.maintainers)


def _only_a_registry_writes(network: Network, kind: BlockType | None) -> bool:
    """Say whether no customer can have written it: type, accounts and contacts are a registry's."""
    return (
        kind is not None
        and not _is_customers(kind)
        and _only_registries_maintain(network)
        and all(registry_with_handle(entity.handle) for entity in network.entities)
    )


def _is_worded_as_placeholder(network: Network) -> bool:
    if network.netname and _NETNAME.match(network.netname):
        return True
    if registry_named(next(iter(network.descriptions), None)) and not runs_itself(network):
        return True  # what a national registry was allocated to hand out
    lines = (*network.descriptions[:_MOST_LINES], *network.remarks[:_MOST_LINES])
    return any(_TEXT.search(line[:_LONGEST_LINE]) for line in lines)


def _is_delegation(network: Network) -> bool:
    """Say whether the range is exactly what IANA delegated to the registry that answers.

    Companies hold a few such blocks; theirs have an organisation, which is looked at before.
    """
    ends = int(network.first), int(network.last)
    return _delegations().get((network.first.version, *ends)) == network.registry


@cache
def _delegations() -> dict[tuple[int, int, int], str]:
    delegations: dict[tuple[int, int, int], str] = {}
    for row in packaged_rows("delegations.csv"):
        block = ipaddress.ip_network(row["prefix"])
        registry = server_for_url(row["rdap"]).registry
        if registry in registries():
            ends = int(block.network_address), int(block.broadcast_address)
            delegations[block.version, *ends] = registry
    return delegations
