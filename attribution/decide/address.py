"""One address of the site: who is accountable for it,
where that company takes notices, and who comes next.
"""

from __future__ import annotations

from attribution.codes import DoubtCode, Rule
from attribution.data.scrubbers import is_scrubber
from attribution.decide.accountability import Accountable, Undecided, accountable_holder, next_above
from attribution.decide.address_contact import contact_of, contact_of_system, failures_about
from attribution.decide.draft import ROLE_NAMES, Draft
from attribution.decide.facts import Facts, Path, Sourced
from attribution.decide.holder import Holder, holder_of, same_organisation
from attribution.decide.levels import Chain, Level, chain_of
from attribution.decide.site import note_lists
from attribution.models import (
    AbuseContact,
    AddressAnswer,
    Country,
    NetworkRef,
    Origin,
    Party,
    Provider,
    Role,
)
from attribution.net.addresses import Address
from attribution.registry.mailbox import same_mailbox
from attribution.registry.organisations import plain_name
from attribution.registry.types import BlockKind

_WAYS = {
    "direct_allocation": "it holds the allocation from the registry itself",
    "direct_assignment": "it holds the block from the registry itself",
    "legacy": "it holds legacy space of its own",
    "member": "the registry says that it is its member or holds direct space",
    "redistribution": "the block was handed on to it for further assignment",
    "holds_as": "it holds the AS that announces the block",
    "vouched": "a person of the hotline vouches for it",
}
"""The reason by the way in which a holder is accountable."""


def attribute_address(facts: Facts, draft: Draft, address: Address, path: Path) -> None:
    """Add what is known of one address to the draft:
    its parties, doubts and the rules that led to them.
    """
    chain = chain_of(facts, address)
    outcome = accountable_holder(facts, chain)
    origin = _origin(facts, draft, address)
    via = [str(step) for step in path]
    if isinstance(outcome, Undecided):
        note_lists(facts, draft, address, None)
        _leave_open(facts, draft, chain, outcome)
        reference = _network(chain.leaf.main) if chain.leaf else None
        draft.addresses.append(
            AddressAnswer(ip=str(address), via=via, network=reference, origin=origin)
        )
        return
    role = _name_accountable(facts, draft, chain, outcome)
    _add_customers(draft, outcome, address)
    _add_next(facts, draft, chain, outcome)
    _add_systems(facts, draft, chain, outcome)
    leaf, holder = chain.levels[0], outcome.level.holder
    reference = _network(leaf.main)
    if leaf in outcome.customers:
        # The customer may have written it.
        reference = reference.model_copy(update={"geofeed": None})
    countries = (source.registration.country for source in leaf.sources)
    own = outcome.level.network.country if outcome.level.kind is BlockKind.DIRECT else None
    draft.countries[str(address)] = Country(
        registered=next(filter(None, countries), None),
        holder=holder.country or own,
        origin_as=origin.country if origin else None,
    )
    draft.addresses.append(
        AddressAnswer(
            ip=str(address),
            via=via,
            network=reference,
            origin=origin,
            role=role,
            provider=holder.id,
        )
    )


def _name_accountable(facts: Facts, draft: Draft, chain: Chain, accountable: Accountable) -> Role:
    """Add the accountable holder as the party that answers for the address; return its role."""
    leaf, level, holder = chain.levels[0], accountable.level, accountable.level.holder
    proxy = note_lists(facts, draft, chain.address, holder.name)
    role: Role = "cdn" if proxy else _role(chain, accountable)
    network = leaf.network
    draft.step(
        Rule.LEAF,
        f"{chain.address} lies in {network.range}, {_described(leaf)}",
        leaf.main.record,
        "startAddress, endAddress",
    )
    reason = proxy or _WAYS[accountable.way]
    draft.step(
        Rule.ACCOUNTABLE,
        f"{holder.name} answers for it, as {ROLE_NAMES[role]}: {reason}",
        level.main.record,
        "type, entities, links[up]",
    )
    _doubt_name(draft, holder, level)
    contact = contact_of(facts, draft, chain, accountable)
    draft.add(
        Party(
            role=role,
            provider=_provider(holder),
            accountable="listed" if proxy else accountable.way,
            addressee=True,
            abuse_contact=contact,
            addresses=[str(chain.address)],
        )
    )
    _doubt_sources(facts, draft, chain.address, accountable)
    return role


def _role(chain: Chain, accountable: Accountable) -> Role:
    if accountable.way in ("redistribution", "holds_as", "member", "vouched"):
        return (
            "reseller"
            if len(chain.levels) > chain.levels.index(accountable.level) + 1
            else "hosting"
        )
    nothing_of_its_own = accountable.customers or accountable.level is chain.leaf
    return (
        "allocation_holder" if accountable.level.is_allocation and nothing_of_its_own else "hosting"
    )


def _add_customers(draft: Draft, accountable: Accountable, address: Address) -> None:
    """List customers as evidence, without any mailbox: a customer may be the offender."""
    for level in accountable.customers:
        if level.holder.named_by == "network name":
            continue
        draft.add(_customer(level, address))
        text = f"{level.holder.name} is a customer: it may be the offender, and is never written to"
        draft.step(Rule.CUSTOMER, text, level.main.record, "type, entities")


def _customer(level: Level, address: Address) -> Party:
    source = f"{level.network.protocol}:{level.network.registry}"
    return Party(
        role="tenant",
        provider=_provider(level.holder),
        accountable=None,
        addressee=False,
        abuse_contact=AbuseContact(status="not_published", source=source),
        addresses=[str(address)],
    )


def _add_next(facts: Facts, draft: Draft, chain: Chain, accountable: Accountable) -> None:
    """List who is written to next: the accountable
    holders above the one named, each company once.
    """
    named = {accountable.level.holder.id}
    current = accountable
    while above := next_above(facts, chain, current):
        current = above
        holder = above.level.holder
        if holder.id in named:
            continue
        named.add(holder.id)
        contact = contact_of(facts, draft, chain, above, Rule.NEXT_CONTACT)
        draft.add(
            Party(
                role="allocation_holder",
                provider=_provider(holder),
                accountable=above.way,
                addressee=True,
                abuse_contact=contact,
                addresses=[str(chain.address)],
            )
        )
        if accountable.is_cheap:
            draft.at_once.add(holder.id)
        draft.step(
            Rule.NEXT,
            f"then: {holder.name}, which holds the network above",
            above.level.main.record,
            "links[up]",
        )


def _add_systems(facts: Facts, draft: Draft, chain: Chain, accountable: Accountable) -> None:
    """List who holds the AS that announces the address, where it is another company.

    Where the one named holds only the space above, that holder may have the machines: the space may
    be leased.
    """
    announced = facts.longest_announcement(chain.address)
    if announced is None:
        return
    for system in facts.systems_announcing(chain.address):
        holder = holder_of(system.registration, facts.entities)
        contact = contact_of_system(system.registration, facts.entities)
        if any(_is_customers(level, holder, contact) for level in accountable.customers):
            continue  # a customer is no addressee by announcing more than its block either
        levels = chain.levels[chain.levels.index(accountable.level) :]
        if any(_is_same(holder, level.holder) for level in levels):
            continue
        asn = system.registration.asn
        may_host = not is_scrubber(asn) and not draft.fronted
        leased = may_host and _may_be_leased(chain, accountable)
        if leased and facts.is_of_the_site(contact.email, contact.form):
            text = (
                f"{contact.email or contact.form} is in the reported site's own domain; it "
                "is refused"
            )
            draft.doubt(DoubtCode.MAILBOX_OF_THE_SITE, text)
            contact = AbuseContact(status="not_published", source=contact.source)
        draft.add(
            Party(
                role="network",
                provider=_provider(holder),
                accountable=None,
                addressee=True,
                abuse_contact=contact,
                addresses=[str(chain.address)],
            )
        )
        if leased:
            text = (
                f"{holder.name} announces {announced.prefix}, space of "
                f"{accountable.level.holder.name}: perhaps leased; {holder.name} may be the one "
                "that can act"
            )
            draft.doubt(DoubtCode.PERHAPS_LEASED, text)
        is_cheap = accountable.is_cheap and accountable.level.kind is BlockKind.DIRECT
        if leased or (may_host and is_cheap):
            draft.at_once.add(holder.id)
        text = f"AS{asn} of {holder.name} announces {chain.address}"
        draft.step(Rule.ANNOUNCEMENT, text, system.record, "entities")


def _is_customers(level: Level, holder: Holder, contact: AbuseContact) -> bool:
    """Say whether an AS is a customer's own:
    held by its organisation, or reached at its mailbox.
    """
    if same_organisation(holder, level.holder):
        return True
    return same_mailbox(contact.email, level.contact.email)


def _may_be_leased(chain: Chain, accountable: Accountable) -> bool:
    return bool(accountable.customers) or (
        accountable.level is chain.leaf and accountable.level.is_allocation
    )


def _is_same(system_holder: Holder, holder: Holder) -> bool:
    """Say whether an AS is its network's holder's own.

    A block without an organisation object has no identity to compare; where it bears the AS
    holder's very name, no second company is listed for it. Nothing is joined by that.
    """
    if same_organisation(system_holder, holder):
        return True
    return (
        holder.provisional
        and holder.named_by == "description"
        and plain_name(holder.name) == plain_name(system_holder.name)
    )


def _leave_open(facts: Facts, draft: Draft, chain: Chain, outcome: Undecided) -> None:
    """Note why nobody is named for an address. Never a guess."""
    address = chain.address
    failures = failures_about(facts, chain)
    if failures:
        draft.waiting += 1
        missing = (
            f": {outcome.missing.value} is not known" if outcome.missing and chain.leaf else ""
        )
        draft.doubt(
            DoubtCode.REGISTRY_SILENT,
            f"no registry gave a usable answer about {address}{missing}; ask again",
        )
        text = f"nobody is named for {address}: {failures[0].note or failures[0].outcome}"
        draft.step(Rule.NO_ANSWER, text, failures[0])
    else:
        draft.unknown += 1
        code, text = _why_nobody(chain, address)
        draft.doubt(code, text)
        draft.step(Rule.NOBODY_NAMED, f"{address}: {text}")
    if chain.leaf and chain.leaf.holder.organisation and not failures:
        draft.add(_customer(chain.leaf, address))


def _why_nobody(chain: Chain, address: Address) -> tuple[DoubtCode, str]:
    if chain.leaf:
        text = f"only a customer's block is known around {address}, and nobody accountable above it"
        return DoubtCode.TENANT_ONLY, f"{text}: a customer is never notified"
    if chain.registry_objects:
        return (
            DoubtCode.STUB,
            f"the registries only gave placeholders for {address}; nobody is responsible by "
            "their word",
        )
    return DoubtCode.NO_REGISTRATION, f"no registry has a registration of {address}"


def _doubt_name(draft: Draft, holder: Holder, level: Level) -> None:
    if holder.certain:
        return
    text = (
        f"the registry names no organisation for {level.network.range}; {holder.name!r} is from "
        f"its {holder.named_by}"
    )
    draft.doubt(DoubtCode.NAME_UNCERTAIN, text)


def _doubt_sources(facts: Facts, draft: Draft, address: Address, accountable: Accountable) -> None:
    level = accountable.level
    for source in level.sources:
        network = source.registration
        if network.truncated:
            draft.doubt(
                DoubtCode.TRUNCATED, "the registry says that it left part of its answer out"
            )
        if network.mailbox_warning:
            text = f"the registry itself says of the published mailbox: {network.mailbox_warning}"
            draft.doubt(DoubtCode.MAILBOX_UNVALIDATED, text)
    records = [source.record for source in level.sources]
    if accountable.way == "holds_as":
        records += [system.record for system in facts.systems_announcing(address)]
    if any(not record.came_unchanged for record in records):
        draft.doubt(
            DoubtCode.UNENCRYPTED,
            "a registry's answer came without TLS (port 43 has none) and could have been "
            "changed on the way",
        )


def _origin(facts: Facts, draft: Draft, address: Address) -> Origin | None:
    announced = facts.longest_announcement(address)
    if announced is None:
        return None
    if len(announced.asns) > 1:
        listed = ", ".join(f"AS{asn}" for asn in announced.asns)
        draft.doubt(
            DoubtCode.SEVERAL_ORIGINS,
            f"several networks announce the prefix of {address}: {listed}",
        )
    text = f"AS{announced.asns[0]} announces {announced.prefix}"
    draft.step(Rule.ORIGIN, text, announced.record, "TXT")
    return Origin(
        asn=announced.asns[0],
        prefix=announced.prefix,
        country=announced.country,
        registry=announced.registry,
    )


def _provider(holder: Holder) -> Provider:
    return Provider(
        id=holder.id, name=holder.name, country=holder.country, provisional=holder.provisional
    )


def _network(source: Sourced) -> NetworkRef:
    network = source.registration
    return NetworkRef(
        handle=network.handle,
        range=network.range,
        registry=network.registry,
        type=network.type,
        name=network.netname,
        geofeed=network.geofeed,
    )


def _described(level: Level) -> str:
    kind = level.type or "a network of no stated type"
    return f"{kind} of {level.holder.name} ({level.network.registry})"
