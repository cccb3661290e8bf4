"""The networks around one address in their order:
what each is, who holds it, what it publishes for abuse.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from attribution.decide.abuse_contact import Publication, published_contact
from attribution.decide.facts import Facts, Sourced
from attribution.decide.holder import Holder, holder_of, same_organisation
from attribution.net.addresses import Address
from attribution.registry.organisations import Organisation, described_name
from attribution.registry.registration import Network
from attribution.registry.registries import is_national, registry, registry_named
from attribution.registry.stubs import is_registry_object, national_registry
from attribution.registry.types import BlockKind, BlockType, DirectAs, block_type


@dataclass(slots=True)
class Level:
    """One network of the chain, from one or more answers about the same range."""

    sources: list[Sourced]
    kind: BlockKind
    direct_as: DirectAs | None
    """How the holder has the block from the registry itself;
    None for a block that a provider handed on.
    """
    holder: Holder
    contact: Publication
    contact_source: Sourced

    @property
    def main(self) -> Sourced:
        """The answer that describes the network."""
        return self.sources[0]

    @property
    def network(self) -> Network:
        """The network as that answer describes it."""
        return self.sources[0].registration

    @property
    def type(self) -> str | None:
        """The registry's type of the block, as printed."""
        return _first_type(self.sources)

    @property
    def organisation(self) -> Organisation | None:
        """The organisation object that holds the block; None where the registry names none."""
        return self.holder.organisation

    @property
    def is_allocation(self) -> bool:
        """Whether the block is space from the registry for further assignment."""
        return self.kind is BlockKind.DIRECT and self.direct_as == "direct_allocation"


@dataclass(slots=True)
class Chain:
    """The networks around an address, most specific first;
    the registries' own objects are kept apart.
    """

    address: Address
    levels: list[Level] = field(default_factory=list)
    registry_objects: list[Sourced] = field(default_factory=list)

    @property
    def leaf(self) -> Level | None:
        """The most specific network that has a holder, or None."""
        return self.levels[0] if self.levels else None


def chain_of(facts: Facts, address: Address) -> Chain:
    """Order the networks around an address, joining answers about one range."""
    chain = Chain(address)
    ranges: dict[tuple[int, int], list[Sourced]] = {}
    around = facts.around(address)
    for source in around:
        network = source.registration
        if is_registry_object(network) or _is_pointer(network, around):
            chain.registry_objects.append(source)
        else:
            ranges.setdefault((int(network.first), int(network.last)), []).append(source)
    groups = [group for sources in ranges.values() for group in _objects_of(sources)]
    for index, sources in enumerate(groups):
        kind, direct_as = _kind_of(sources, groups[index + 1 :])
        chain.levels.append(_level(facts, sources, kind, direct_as))
    return chain


def registry_to_ask(chain: Chain) -> str | None:
    """Return the national registry that has to be asked
    before anybody is named or written to, or None.
    """
    sources = [chain.leaf.main] if chain.leaf else chain.registry_objects
    for source in sources:
        national = national_registry(source.registration)
        if national and source.registration.protocol != "nir":
            return national
    return None


def needs_above(level: Level) -> bool:
    """Say whether the rules cannot end without the network above a level."""
    if level.kind is not BlockKind.DIRECT:
        return True
    # Inherited by whatever is made below it: direct only where nothing lies above.
    if level.direct_as == "legacy":
        return not any(registry_maintains(source.registration) for source in level.sources)
    # One of another type may be a national registry's own customer's, if nothing lies above it.
    block = type_of(level.network, level.type)
    return block is None or block.kind is not BlockKind.DIRECT


def type_of(network: Network, type_text: str | None = None) -> BlockType | None:
    """Return what the registry means by a network's type; None where the table lacks it."""
    return block_type(network.registry, type_text or network.type, network.first.version)


_ALLOCATION: DirectAs = "direct_allocation"
_HANDED_OUT = (BlockKind.CUSTOMER, BlockKind.HANDED_ON)
_RANK = {BlockKind.CUSTOMER: 0, BlockKind.HANDED_ON: 1, BlockKind.DIRECT: 2, BlockKind.REGISTRY: 3}
"""Of two objects of one range the customer's lies below the holder's."""


def _objects_of(sources: list[Sourced]) -> list[list[Sourced]]:
    """Tell the objects of one range apart: a holder may hand
    its whole block on, and ARIN and LACNIC keep both.
    """
    by_object: dict[tuple[str, str], list[Sourced]] = {}
    for source in sources:
        network = source.registration
        by_object.setdefault((network.registry, network.handle.upper()), []).append(source)
    registries_here = [name for name, _ in by_object]
    if len(registries_here) == len(set(registries_here)):  # one object, from one registry or more
        return [sources]
    return sorted(by_object.values(), key=_rank)


def _rank(sources: list[Sourced]) -> int:
    block = type_of(sources[0].registration)
    return _RANK[block.kind] if block else 1


def _level(
    facts: Facts, sources: list[Sourced], kind: BlockKind, direct_as: DirectAs | None
) -> Level:
    holders = [holder_of(source.registration, facts.entities) for source in sources]
    holder = min(holders, key=lambda holder: (holder.organisation is None, not holder.certain))
    if sources[0].registration.protocol == "rdap" and sources[0].record.came_unchanged:
        holder = _best_named(holders)  # text, which anybody on the way can change, adds a name only
    contacts = [
        (published_contact(source.registration, facts.entities), source) for source in sources
    ]
    contact, source = min(contacts, key=lambda pair: (not pair[0].is_usable, not pair[0].redacted))
    return Level(sources, kind, direct_as, holder, contact, source)


def _best_named(holders: list[Holder]) -> Holder:
    """Return the first holder, by the name that another
    answer gives for the very same organisation.
    """
    first = holders[0]
    if first.certain:
        return first
    same = (holder for holder in holders if same_organisation(holder, first) and holder.certain)
    return next(same, first)


def _kind_of(
    sources: list[Sourced], above: list[list[Sourced]]
) -> tuple[BlockKind, DirectAs | None]:
    """Say what a block is: by the registry's type, else by
    whether something that is not the registry's lies above.
    """
    network = sources[0].registration
    if is_national(network.registry):  # the topmost block is the registry's own customer's
        block = type_of(network)
        is_customers = (block is not None and block.kind in _HANDED_OUT) or any(
            _same_registry(network, group) for group in above
        )
        return (BlockKind.CUSTOMER, None) if is_customers else (BlockKind.DIRECT, _ALLOCATION)
    block = type_of(network, _first_type(sources))
    if block is None:
        return (BlockKind.CUSTOMER, None) if above else (BlockKind.DIRECT, _ALLOCATION)
    # A LEGACY block below another holder's only inherits its type.
    if block.direct_as == "legacy" and above and not registry_maintains(network):
        return BlockKind.CUSTOMER, None
    return block.kind, block.direct_as


def _first_type(sources: list[Sourced]) -> str | None:
    return next((source.registration.type for source in sources if source.registration.type), None)


def registry_maintains(network: Network) -> bool:
    """Say whether the registry itself maintains an object: one of its own accounts may edit it."""
    row = registry(network.registry)
    return row is not None and any(name.upper() in row.maintainers for name in network.maintainers)


def _same_registry(network: Network, sources: list[Sourced]) -> bool:
    """Say whether a block is the same national registry's:
    by its own word, or by the regional registry's copy.
    """
    networks = (source.registration for source in sources)
    return any(network.registry in (other.registry, national_registry(other)) for other in networks)


def _is_pointer(network: Network, around: list[Sourced]) -> bool:
    """Say whether a regional registry's copy only points at the
    national registry, by its name or since that answered.

    Beside the answer it names who lies above only where it has a name, and the topmost block there
    is a customer's by type.
    """
    national = national_registry(network)
    if national is None or national == network.registry:
        return False
    named = registry_named(described_name(network))
    if named and named.id == national:
        return True
    below = [
        source.registration
        for source in around
        if source.registration.registry == national and source.registration.size < network.size
    ]
    if not below:
        return False
    block = type_of(max(below, key=lambda network: network.size))
    handed_out = block is not None and block.kind is not BlockKind.DIRECT
    return not (handed_out and described_name(network))
