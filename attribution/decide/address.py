"""One address: who answers for it, where that company takes abuse notices, and who is written to next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from attribution.addresses import Address
from attribution.decide.chain import Chain, Level, Responsible, chain_of, needs_parent, registry_to_ask, responsible_for
from attribution.decide.contact import fallback_contacts, form_in_remarks, published_contact
from attribution.decide.draft import ROLE_WORDS, Draft
from attribution.decide.facts import Facts, Sourced
from attribution.decide.holder import Holder, holder_of, same_company
from attribution.decide.site import say_lists
from attribution.evidence import Record
from attribution.models import (
    AbuseContact,
    AddressAnswer,
    ContactStatus,
    Country,
    FallbackContact,
    NetworkRef,
    Origin,
    Party,
    Provider,
)
from attribution.registry.registration import AutonomousSystem

_TRANSIENT = {
    "rate_limited": "rate_limited",
    "unreachable": "unreachable",
    "refused": "unreachable",
    "malformed": "malformed",
}
_ASK_AGAIN = timedelta(minutes=15)
"""When a registry that cut its answer short is worth asking again."""


def attribute_address(facts: Facts, draft: Draft, address: Address, via: list[str]) -> None:
    """Add what is known of one address to the draft: its parties, doubts and the rules that led to them."""
    text = str(address)
    chain = chain_of(facts, address)
    found = responsible_for(chain, draft.site)
    origin = _origin(facts, draft, address)
    front = say_lists(facts, draft, address, found.level.holder.name if found and found.level.holder else None)
    leaf = chain.leaf
    if leaf is None or found is None or found.level.holder is None:
        _leave_open(facts, draft, chain, address)
        reference = _network(leaf.main) if leaf else None
        draft.addresses.append(AddressAnswer(ip=text, via=via, network=reference, origin=origin))
        if leaf and leaf.holder:
            draft.add(_tenant(leaf, leaf.holder, address))
        return
    holder = found.level.holder
    if front:
        found = replace(found, role="cdn", rule=front)
    draft.step("leaf", f"{text} lies in {leaf.main.registration.range}, {_described(leaf)}", leaf.main.record, "startAddress, endAddress")  # fmt: skip
    draft.step("role", f"{holder.name} answers for it, as {ROLE_WORDS[found.role]}: {found.rule}", found.level.main.record, "type, entities, links[up]")  # fmt: skip
    for code, said in found.doubts:
        draft.doubt(code, said)
    _say_name(draft, holder, found.level)
    contact = _contact(facts, draft, chain, found)
    party = Party(role=found.role, provider=_provider(holder), abuse_contact=contact, addresses=[text])
    draft.add(party)
    if found.tenant and found.tenant.holder and found.tenant.holder.named_by not in ("network name", "abuse role"):
        draft.add(_tenant(found.tenant, found.tenant.holder, address))
        said = f"{found.tenant.holder.name} is a tenant: it may be the offender, and is never written to"
        draft.step("tenant", said, found.tenant.main.record, "type, entities")
    _add_parents(facts, draft, chain, found, address)
    _add_system(facts, draft, chain, contact)
    _doubt_contact(draft, party, found)
    if needs_parent(leaf) and not chain.parents and _open_about(facts, chain, "ip above"):
        draft.doubt("parent_unknown", "the network above could not be asked: a reseller cannot be told from a host")
    registered = next((one.registration.country for one in leaf.sources if one.registration.country), None)
    draft.countries[text] = Country(
        registered=registered, holder=holder.country, origin_as=origin.country if origin else None
    )
    draft.addresses.append(
        AddressAnswer(ip=text, via=via, network=_network(leaf.main), origin=origin, role=found.role, provider=holder.id)
    )


def _leave_open(facts: Facts, draft: Draft, chain: Chain, address: Address) -> None:
    """Say why nobody is named for an address. Never a guess."""
    failures = _open_about(facts, chain, "")
    if failures:
        draft.waiting += 1
        draft.doubt("registry_silent", f"no registry gave a usable answer about {address}; ask again")
        draft.step(
            "no answer", f"nobody is named for {address}: {failures[0].note or failures[0].outcome}", failures[0]
        )
        return
    draft.unknown += 1
    if chain.leaf and chain.leaf.holder:
        draft.doubt(
            "tenant_only", f"only a tenant is known for {address}, and no network above it: a tenant is never notified"
        )
    elif chain.leaf:
        draft.doubt("holder_not_published", f"the registry names no holder of {chain.leaf.main.registration.range}")
    elif chain.stubs:
        text = f"the registries only gave placeholders for {address}; nobody is responsible by their word"
        draft.doubt("stub", text)
    else:
        draft.doubt("no_registration", f"no registry has a registration of {address}")
    draft.step("nobody named", f"{address}: {list(draft.doubts.values())[-1]}")


def _contact(facts: Facts, draft: Draft, chain: Chain, found: Responsible, step: str = "abuse contact") -> AbuseContact:
    level = found.inherits or found.level
    publication, source = level.contact, level.contact_source
    origin = f"{source.registration.protocol}:{source.registration.registry}"
    fallback = _fallbacks(found.level, publication.email)
    form = publication.form or next(
        (link for one in found.level.sources if (link := form_in_remarks(one.registration))), None
    )
    if publication.found or form:
        scope = "parent_network" if found.inherits else publication.scope or "network"
        rule = publication.rule or "a web form named in remarks"
        if found.inherits:
            rule += ", of the same company's network above"
        where = publication.place or "remarks"
        draft.step(step, f"{publication.email or form}: {rule}", source.record, where, publication.passed_over)
        return AbuseContact(
            status="found", email=publication.email, scope=scope, source=origin, form=form, fallback=fallback
        )
    from_system = _system_contact(facts, chain, found)
    if from_system:
        draft.step(step, f"{from_system.email}: the AS of the same company publishes it")
        return from_system.model_copy(update={"fallback": fallback})
    if publication.redacted:
        draft.step(step, "there is one, and the registry withholds it", source.record, "redacted", publication.passed_over)  # fmt: skip
        return AbuseContact(status="redacted", source=origin, fallback=fallback)
    if source.registration.cut_short:
        busy = "load" in (source.registration.truncated or "")
        retry_at = source.record.fetched_at + _ASK_AGAIN
        draft.step(step, "not known: the registry left part of its answer out", source.record, "notices", publication.passed_over)  # fmt: skip
        return AbuseContact(
            status="rate_limited" if busy else "unreachable", source=origin, fallback=fallback, retry_at=retry_at
        )
    silent = _open_about(facts, chain, "")
    if silent:
        status: ContactStatus = _TRANSIENT.get(silent[0].outcome, "unreachable")  # type: ignore[assignment]
        draft.step(
            step,
            f"not known: {silent[0].note or silent[0].outcome}",
            silent[0],
            None,
            publication.passed_over,
        )
        return AbuseContact(status=status, source=origin, fallback=fallback, retry_at=silent[0].retry_at)
    draft.step(step, "the registry answered in full and publishes none", source.record, "entities", publication.passed_over)  # fmt: skip
    return AbuseContact(status="not_published", source=origin, fallback=fallback)


def _system_contact(facts: Facts, chain: Chain, found: Responsible) -> AbuseContact | None:
    """Take the AS's contact only where the AS is held by the same company (trap 21)."""
    for system, _ in _systems(facts, chain.address):
        holder, publication = holder_of(system), published_contact(system)
        if holder and found.level.holder and publication.found and same_company(found.level.holder, holder):
            return AbuseContact(
                status="found",
                email=publication.email,
                form=publication.form,
                scope="autonomous_system",
                source=f"rdap:{system.registry}",
            )
    return None


def _systems(facts: Facts, address: Address) -> list[tuple[AutonomousSystem, Record]]:
    origins, _ = facts.origins.get(address, ([], None))
    return [facts.systems[asn] for one in origins for asn in one.asns if asn in facts.systems]


def _fallbacks(level: Level, besides: str | None) -> list[FallbackContact]:
    found: dict[str, FallbackContact] = {}
    for one in level.sources:
        for contact in fallback_contacts(one.registration, besides):
            found.setdefault(contact.email, contact)
    return list(found.values())


def _add_parents(facts: Facts, draft: Draft, chain: Chain, found: Responsible, address: Address) -> None:
    """List who is written to next: the holders above the one named, each company once."""
    named = [found.level.holder]
    above = chain.levels[chain.levels.index(found.level) + 1 :]
    for level in above:
        if level.holder is None or any(holder and same_company(level.holder, holder) for holder in named):
            continue
        named.append(level.holder)
        contact = _contact(
            facts, draft, chain, Responsible("allocation_holder", level, "holds the network above"), "next contact"
        )
        draft.add(
            Party(
                role="allocation_holder",
                provider=_provider(level.holder),
                abuse_contact=contact,
                addresses=[str(address)],
            )
        )
        draft.step(
            "next", f"if silent: {level.holder.name}, which holds the network above", level.main.record, "links[up]"
        )


def _add_system(facts: Facts, draft: Draft, chain: Chain, contact: AbuseContact) -> None:
    """List the AS as the last step, where it was asked for and is another company."""
    address = chain.address
    for system, record in _systems(facts, address):
        holder, publication = holder_of(system), published_contact(system)
        if holder is None or contact.scope == "autonomous_system":
            continue
        if any(level.holder and same_company(level.holder, holder) for level in chain.levels):
            continue
        published = AbuseContact(
            status="found" if publication.found else "redacted" if publication.redacted else "not_published",
            email=publication.email,
            form=publication.form,
            scope="autonomous_system" if publication.found else None,
            source=f"rdap:{system.registry}",
        )
        provider = _provider(holder)
        draft.add(Party(role="network", provider=provider, abuse_contact=published, addresses=[str(address)]))
        draft.step("last step", f"AS{system.asn} of {holder.name} announces {address}: evidence, not the host", record, "entities")  # fmt: skip


def _tenant(level: Level, holder: Holder, address: Address) -> Party:
    """A tenant is listed as evidence, without any mailbox: it may be the offender."""
    source = f"{level.main.registration.protocol}:{level.main.registration.registry}"
    return Party(
        role="tenant",
        provider=_provider(holder),
        abuse_contact=AbuseContact(status="not_published", source=source),
        addresses=[str(address)],
        notify=False,
    )


def _say_name(draft: Draft, holder: Holder, level: Level) -> None:
    if not holder.certain:
        text = f"the registry names no organisation for {level.main.registration.range}; {holder.name!r} is from its {holder.named_by}"
        draft.doubt("name_uncertain", text)


def _doubt_contact(draft: Draft, party: Party, found: Responsible) -> None:
    email = party.abuse_contact.email
    if email and draft.site and email.endswith(("@" + draft.site, "." + draft.site)):
        text = f"{email} is in the reported site's own domain: whoever runs the site may read the notice"
        draft.doubt("contact_in_reported_domain", text)
    if any(one.registration.truncated for one in found.level.sources):
        draft.doubt("truncated", "the registry says that it left part of its answer out")
    if any(_could_be_changed(one.record) for one in found.level.sources):
        draft.doubt("unencrypted", "a registry's answer came without TLS and could have been changed on the way")


def _could_be_changed(record: Record) -> bool:
    """Say whether an RDAP answer came over a network without TLS. What never left this machine did not."""
    return record.kind == "rdap" and not record.tls and not record.server.startswith(("127.", "[::1]"))


def _origin(facts: Facts, draft: Draft, address: Address) -> Origin | None:
    answers, record = facts.origins.get(address, ([], None))
    if not answers:
        return None
    asns = sorted({asn for one in answers if one.prefix == answers[0].prefix for asn in one.asns})
    if len(asns) > 1:
        listed = ", ".join(f"AS{asn}" for asn in asns)
        draft.doubt("several_origins", f"several networks announce the prefix of {address}: {listed}")
    best = answers[0]
    draft.step("origin", f"AS{best.asns[0]} announces {best.prefix}", record, "TXT")
    return Origin(asn=best.asns[0], prefix=best.prefix, country=best.country, registry=best.registry)


def _open_about(facts: Facts, chain: Chain, start: str) -> list[Record]:
    """Return the failed questions that bear on this address, those that ask us to wait first."""
    mine = [f"ip {chain.address}", f"whois {chain.address}"]
    ranges = [f"ip above {one.registration.first} - " for level in chain.levels for one in level.sources]
    national = registry_to_ask(chain)
    order = list(_TRANSIENT)
    found = [
        record
        for text, record in facts.open.items()
        if record.outcome in _TRANSIENT
        and text.startswith(start)
        and (
            text in mine
            or text.startswith((f"ip {chain.address} at ", f"whois {chain.address} ", "entity "))
            or any(text.startswith(one) for one in ranges)
            or (national is not None and text.startswith(f"page {national} "))
        )
    ]
    return sorted(found, key=lambda record: order.index(record.outcome))


def _provider(holder: Holder) -> Provider:
    return Provider(id=holder.id, name=holder.name, country=holder.country)


def _network(source: Sourced) -> NetworkRef:
    one = source.registration
    return NetworkRef(
        handle=one.handle, range=one.range, registry=one.registry, type=one.type, name=one.netname, geofeed=one.geofeed
    )


def _described(level: Level) -> str:
    kind = level.type or "a network of no stated type"
    holder = f" of {level.holder.name}" if level.holder else ""
    return f"{kind}{holder} ({level.main.registration.registry})"
