"""The networks around one address in their order, and what the rules make of them: leaf, tenant, parent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from attribution.addresses import Address
from attribution.decide.contact import Publication, published_contact
from attribution.decide.facts import Facts, Sourced
from attribution.decide.holder import Holder, holder_of, is_stub, national_registry, same_company
from attribution.models import Role

# Types by which registries say what a block is: RIPE-826, ARIN's NRPM 2.5, APNIC-127, LACNIC's manual 2.3, AFPUB-2005-v4.
_ALLOCATION = re.compile(r"^(?:sub-)?allocat|^direct allocation|^reallocat|^allocated", re.IGNORECASE)
_CUSTOMER = re.compile(
    r"^assigned pa\b|^assigned non-portable|^reassign|^realloc|^sub-allocat|^liir-partitioned|^allocated-by-lir"
    r"|^allocated non-portable|^aggregated-by-lir|^assigned$",
    re.IGNORECASE,
)
_FINAL = re.compile(r"^assigned p[ai]\b|^reassign|^assignment$|^assigned (?:non-)?portable", re.IGNORECASE)


def is_customer_type(kind: str | None) -> bool:
    """Say whether the type means a block that a provider handed to a customer."""
    return bool(kind and _CUSTOMER.match(kind))


def is_allocation_type(kind: str | None) -> bool:
    """Say whether the type means space for further assignment."""
    return bool(kind and _ALLOCATION.match(kind) and not _CUSTOMER.match(kind))


def is_final_type(kind: str | None) -> bool:
    """Say whether nothing more specific can be registered under the block, so that one answer serves all of it.

    ARIN's DIRECT ASSIGNMENT and REALLOCATION may hold more, and so may every allocation.
    """
    return bool(kind and _FINAL.match(kind))


@dataclass(slots=True)
class Level:
    """One network of the chain, from one or more answers about the same range."""

    sources: list[Sourced]
    holder: Holder | None
    contact: Publication
    contact_source: Sourced

    @property
    def main(self) -> Sourced:
        """The answer that describes the network."""
        return self.sources[0]

    @property
    def type(self) -> str | None:
        """The registry's type of the block."""
        return next((one.registration.type for one in self.sources if one.registration.type), None)


@dataclass(slots=True)
class Chain:
    """The networks around an address, most specific first; placeholders are kept apart."""

    address: Address
    levels: list[Level] = field(default_factory=list)
    stubs: list[Sourced] = field(default_factory=list)

    @property
    def leaf(self) -> Level | None:
        """The most specific real network, or None."""
        return self.levels[0] if self.levels else None

    @property
    def parents(self) -> list[Level]:
        """The networks above the leaf, nearest first."""
        return self.levels[1:]


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who answers for an address: the level to write to, in which role, and why."""

    role: Role
    level: Level
    rule: str
    tenant: Level | None = None
    inherits: Level | None = None
    """The parent of the same company that publishes the contact for it."""
    doubts: tuple[tuple[str, str], ...] = ()


def chain_of(facts: Facts, address: Address) -> Chain:
    """Order the networks around an address, joining answers about one range."""
    chain = Chain(address)
    ranges: dict[tuple[int, int], list[Sourced]] = {}
    for one in facts.around(address):
        if is_stub(one.registration):
            chain.stubs.append(one)
        else:
            ends = int(one.registration.first), int(one.registration.last)
            ranges.setdefault(ends, []).append(one)
    for sources in ranges.values():
        holders = [holder for one in sources if (holder := holder_of(one.registration, facts.entities))]
        holder = min(holders, key=lambda one: not one.certain, default=None)
        contacts = [(published_contact(one.registration, facts.entities), one) for one in sources]
        contact, source = min(contacts, key=lambda pair: (not pair[0].found, not pair[0].redacted))
        chain.levels.append(Level(sources, holder, contact, source))
    return chain


def responsible_for(chain: Chain, site: str | None) -> Responsible | None:
    """Apply the rules for the primary: reseller, hosting, a tenant's parent, allocation holder.

    `site` is the registrable domain of the reported host. None when no level may be named.
    """
    leaf = chain.leaf
    if leaf is None:
        return None
    parent = next((level for level in chain.parents if level.holder), None)
    if leaf.holder is None:
        return _above(chain, parent, "the registry names no holder of the most specific network", None)
    if is_allocation_type(leaf.type):
        return _own(leaf, chain, "allocation_holder", "nothing more specific is registered than this allocation")
    if parent is None or parent.holder is None:
        if leaf.contact.found or leaf.contact.redacted or not is_customer_type(leaf.type):
            return _own(leaf, chain, "hosting", "holds the most specific network")
        return None
    if same_company(leaf.holder, parent.holder):
        return _own(leaf, chain, "hosting", "holds the most specific network and the one above it")
    return _customer(chain, leaf, parent, site)


def needs_parent(leaf: Level) -> bool:
    """Say whether the rules cannot end without the network above."""
    if is_allocation_type(leaf.type):
        return False
    return is_customer_type(leaf.type) or not leaf.contact.found


def _customer(chain: Chain, leaf: Level, parent: Level, site: str | None) -> Responsible | None:
    """Tell a reseller from a tenant. `leaf.holder` and `parent.holder` differ."""
    if not leaf.contact.found:
        if leaf.contact.redacted or not is_customer_type(leaf.type):
            return _own(leaf, chain, "hosting", "holds the most specific network")
        return _above(chain, parent, "a customer block without an abuse role is a tenant", leaf)
    inherited = leaf.contact.email is not None and leaf.contact.email == parent.contact.email
    if inherited:
        return _above(chain, parent, "the customer block only inherits the abuse contact of the network above", leaf)
    if not leaf.holder or not leaf.holder.handle:
        return _own(leaf, chain, "hosting", "publishes an abuse contact of its own")
    if site and _in_domain(leaf.contact.email, site):
        doubt = (
            "contact_in_reported_domain",
            "the customer block's abuse mailbox is in the reported site's own domain",
        )
        found = _above(chain, parent, "the customer block's abuse mailbox is the reported site's own", leaf)
        return found and Responsible(found.role, found.level, found.rule, found.tenant, found.inherits, (doubt,))
    if not is_customer_type(leaf.type):
        return _own(leaf, chain, "hosting", "holds a network of its own")
    return Responsible("reseller", leaf, "a customer block with an organisation and an abuse contact of its own")


def _own(leaf: Level, chain: Chain, role: Role, rule: str) -> Responsible:
    inherits = None
    if not leaf.contact.found and not leaf.contact.redacted and leaf.holder:
        inherits = next(
            (
                level
                for level in chain.parents
                if level.contact.found and level.holder and same_company(leaf.holder, level.holder)
            ),
            None,
        )
    return Responsible(role, leaf, rule, None, inherits)


def _above(chain: Chain, parent: Level | None, rule: str, tenant: Level | None) -> Responsible | None:
    """Name the level above; a tenant that is itself under a tenant goes up again."""
    if parent is None or parent.holder is None:
        return None
    if not parent.contact.found and is_customer_type(parent.type):
        higher = next(
            (one for one in chain.levels[chain.levels.index(parent) + 1 :] if one.holder and one.contact.found), None
        )
        parent = higher or parent
    role: Role = "allocation_holder" if is_allocation_type(parent.type) else "hosting"
    return Responsible(role, parent, rule, tenant)


def _in_domain(email: str | None, site: str) -> bool:
    domain = (email or "").rpartition("@")[2]
    return domain == site or domain.endswith("." + site)


def registry_to_ask(chain: Chain) -> str | None:
    """Return the national registry that has to be asked before anybody is named or written to, or None."""
    answers = [chain.leaf.main] if chain.leaf else chain.stubs
    for one in answers:
        registry = national_registry(one.registration)
        if registry and one.registration.protocol != "nir":
            return registry.id
    return None
