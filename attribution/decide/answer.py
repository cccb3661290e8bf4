"""From complete evidence to the answer, and the rules that led there, in order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from attribution.addresses import Address
from attribution.decide.chain import Chain, Level, Responsible, chain_of, needs_parent, registry_to_ask, responsible_for
from attribution.decide.contact import fallback_contacts, form_in_remarks, published_contact
from attribution.decide.draft import Draft, Step
from attribution.decide.facts import Facts, Sourced
from attribution.decide.holder import Holder, holder_of, same_company
from attribution.decide.site import add_domain_parties, add_platform, say_lists
from attribution.evidence import Evidence, Record
from attribution.models import (
    AbuseContact,
    AddressAnswer,
    Attribution,
    ContactStatus,
    Country,
    Doubt,
    EvidenceRef,
    Failure,
    FallbackContact,
    NetworkRef,
    Origin,
    Party,
    Provider,
    Role,
    Status,
)
from attribution.registry.dns_answer import read_dns
from attribution.registry.registration import AutonomousSystem

_RANK: dict[Role, int] = {
    "platform": 0,
    "cdn": 1,
    "reseller": 2,
    "hosting": 3,
    "allocation_holder": 4,
    "network": 5,
    "registrar": 6,
}
_RESOLUTION_WORDS = {
    "nxdomain": "the name does not exist",
    "no_data": "the name exists but has no address",
    "servfail": "the resolvers could not find an answer (SERVFAIL)",
    "timeout": "the resolvers did not answer in time",
    "lame": "no server that is responsible for the name answered (lame delegation)",
}
_ROLE_WORDS: dict[Role, str] = {
    "platform": "the platform of the page",
    "cdn": "the proxy in front",
    "hosting": "host",
    "reseller": "reseller",
    "allocation_holder": "holder of the allocation",
}
_TRANSIENT = {
    "rate_limited": "rate_limited",
    "unreachable": "unreachable",
    "refused": "unreachable",
    "malformed": "malformed",
}


@dataclass(slots=True)
class Decision:
    """An answer and how it came about."""

    attribution: Attribution
    steps: list[Step]


def decide(evidence: Evidence) -> Decision:
    """Turn evidence into an answer. Pure: the same evidence gives the same answer, byte for byte."""
    return decide_from(Facts.of(evidence))


def decide_from(facts: Facts) -> Decision:
    """Decide on facts already read from their evidence."""
    target = facts.target
    if target is None:
        return _ended(facts, None, "invalid_input", "invalid_input", str(facts.invalid).removesuffix("."))
    if target.not_attributable:
        return _ended(facts, target.host, "not_attributable", target.code or "special", target.not_attributable)
    if not facts.addresses:
        return _unresolved(facts, target.host)
    draft = Draft(facts.site)
    _say_resolution(facts, draft)
    for address, via in facts.addresses.items():
        _attribute_address(facts, draft, address, via)
    add_platform(facts, draft)
    add_domain_parties(facts, draft)
    return _finish(facts, draft, target.host)


def _say_resolution(facts: Facts, draft: Draft) -> None:
    for address, reason in facts.special.items():
        draft.doubt("special_address_in_dns", f"the name also has the address {address}, which is special: {reason}")
    for record in facts.resolutions:
        if record.outcome == "answered":
            draft.step("resolution", _resolved(record), record, "answer section")
        elif record.outcome != "no_data":
            text = f"one half of the look-up failed: {record.question}, {_RESOLUTION_WORDS.get(record.outcome, record.outcome)}"
            draft.doubt("partial_resolution", text)
    if any(record.stale for record in facts.evidence.records):
        draft.doubt("stale", "a registry could not be reached; an answer older than a day was used")
    for address, record in facts.told.items():
        draft.step("told origin", f"{address} is the origin, as told by {record.server}", record, "address")
    for record in facts.told_too_long_ago:
        text = f"{record.server} told an origin more than 12 hours before this look: ask again, sites move"
        draft.doubt("told_too_long_ago", text)
    for record in facts.claims:
        text = (
            f"{record.server} is run by the network itself: what it says is kept as evidence, and nobody is named by it"
        )
        draft.doubt("claim", text)
    fallbacks = [record for record in facts.evidence.of_kind("bootstrap") if record.note]
    if fallbacks:
        draft.doubt("bootstrap_fallback", fallbacks[0].note or "")


def _resolved(record: Record) -> str:
    name, _, rdtype = record.question.rpartition(" ")
    answer = read_dns(record.body, name, rdtype)
    return " → ".join([name, *(target for _, target in answer.chain), ", ".join(answer.values)])


def _attribute_address(facts: Facts, draft: Draft, address: Address, via: list[str]) -> None:
    chain = chain_of(facts, address)
    found = responsible_for(chain, draft.site)
    origin = _origin(facts, draft, address)
    front = say_lists(facts, draft, address)
    leaf = chain.leaf
    if leaf is None or found is None or found.level.holder is None:
        _leave_open(facts, draft, chain, address)
        reference = _network(leaf.main) if leaf else None
        draft.addresses.append(AddressAnswer(ip=str(address), via=via, network=reference, origin=origin))
        if leaf and leaf.holder:
            draft.add(_tenant(leaf, leaf.holder, address))
        return
    holder = found.level.holder
    if front:
        found = replace(found, role="cdn", rule=front)
    draft.step("leaf", f"{address} lies in {leaf.main.registration.range}, {_described(leaf)}", leaf.main.record, "startAddress, endAddress")  # fmt: skip
    draft.step("role", f"{holder.name} answers for it, as {_ROLE_WORDS[found.role]}: {found.rule}", found.level.main.record, "type, entities, links[up]")  # fmt: skip
    for code, text in found.doubts:
        draft.doubt(code, text)
    _say_name(draft, holder, found.level)
    contact = _contact(facts, draft, chain, found)
    party = Party(role=found.role, provider=_provider(holder), abuse_contact=contact, addresses=[str(address)])
    draft.add(party)
    if found.tenant and found.tenant.holder and found.tenant.holder.named_by not in ("network name", "abuse role"):
        draft.add(_tenant(found.tenant, found.tenant.holder, address))
        text = f"{found.tenant.holder.name} is a tenant: it may be the offender, and is never written to"
        draft.step("tenant", text, found.tenant.main.record, "type, entities")
    _add_parents(facts, draft, chain, found, address)
    _add_system(facts, draft, contact, address)
    _doubt_contact(draft, party, found)
    if needs_parent(leaf) and not chain.parents and _open_about(facts, chain, "ip above"):
        draft.doubt("parent_unknown", "the network above could not be asked: a reseller cannot be told from a host")
    registered = next((one.registration.country for one in leaf.sources if one.registration.country), None)
    draft.countries[str(address)] = Country(
        registered=registered, holder=holder.country, origin_as=origin.country if origin else None
    )
    draft.addresses.append(
        AddressAnswer(
            ip=str(address), via=via, network=_network(leaf.main), origin=origin, role=found.role, provider=holder.id
        )
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


def _add_system(facts: Facts, draft: Draft, contact: AbuseContact, address: Address) -> None:
    """List the AS as the last step, where it had to be asked and is another company."""
    for system, record in _systems(facts, address):
        holder, publication = holder_of(system), published_contact(system)
        if holder is None or contact.scope == "autonomous_system":
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
            or text.startswith((f"whois {chain.address} ", "entity "))
            or any(text.startswith(one) for one in ranges)
            or (national is not None and text.startswith(f"page {national} "))
        )
    ]
    return sorted(found, key=lambda record: order.index(record.outcome))


def _provider(holder: Holder) -> Provider:
    return Provider(id=holder.id, name=holder.name, country=holder.country)


def _network(source: Sourced) -> NetworkRef:
    one = source.registration
    return NetworkRef(handle=one.handle, range=one.range, registry=one.registry, type=one.type, name=one.netname)


def _described(level: Level) -> str:
    kind = level.type or "a network of no stated type"
    holder = f" of {level.holder.name}" if level.holder else ""
    return f"{kind}{holder} ({level.main.registration.registry})"


def _finish(facts: Facts, draft: Draft, host: str) -> Decision:
    told = {str(address) for address in facts.told}
    parties = sorted(draft.parties.values(), key=lambda party: _party_order(party, told))
    parties = [_with_mail(facts, draft, party) for party in parties]
    hosts = [
        one for one in parties if any(a.role == one.role and a.provider == one.provider.id for a in draft.addresses)
    ]
    if len({one.provider.id for one in hosts}) > 1:
        names = ", ".join(dict.fromkeys(one.provider.name for one in hosts))
        draft.doubt("several_providers", f"the site's addresses are at several companies, each to be told: {names}")
    primary = next((one for one in parties if one in hosts or one.role == "platform"), None)
    country = draft.countries.get(primary.addresses[0], Country()) if primary else Country()
    if primary:
        lost = tuple(f"{one.provider.name}: {_after(one)}" for one in parties if one != primary)
        conclusion = f"write to {primary.provider.name} first, as {_ROLE_WORDS[primary.role]}"
        draft.step("primary", conclusion, None, "parties", lost)
    return Decision(_attribution(facts, host, _status(draft, primary), draft, primary, parties, country), draft.steps)


def _after(party: Party) -> str:
    """Say why a party is not the one to write to first."""
    if party.role == "tenant":
        return "a tenant, who may be the offender, is never written to"
    if party.role in ("registrar", "dns_operator"):
        return "a registrar or name server operator does not remove content"
    if party.role == "network":
        return "who announces a prefix is evidence, not the host"
    return f"{_ROLE_WORDS[party.role]}, written to next"


def _with_mail(facts: Facts, draft: Draft, party: Party) -> Party:
    """Say whether the mailbox's domain takes mail, where that was asked."""
    email = party.abuse_contact.email
    deliverable = facts.mail.get(email.rpartition("@")[2]) if email else None
    if deliverable is None:
        return party
    if deliverable == "undeliverable":
        draft.doubt("undeliverable", f"the domain of {email} takes no mail by its DNS: the notice would not arrive")
    contact = party.abuse_contact.model_copy(update={"deliverable": deliverable})
    return party.model_copy(update={"abuse_contact": contact})


def _party_order(party: Party, told: set[str]) -> tuple[bool, bool, bool, int, int, str]:
    """Write first to those who can act: to who holds an origin behind a proxy; among equals to whom most addresses are at."""
    return (
        not party.notify,
        party.role == "network",
        not told & set(party.addresses),
        _RANK.get(party.role, 9),
        -len(party.addresses),
        party.provider.id,
    )


def _status(draft: Draft, primary: Party | None) -> Status:
    if primary is None:
        return "retry_later" if draft.waiting else "partial"
    if draft.waiting or draft.unknown or primary.abuse_contact.status != "found":
        return "partial"
    return "attributed"


def _unresolved(facts: Facts, host: str) -> Decision:
    if facts.special:
        address, reason = next(iter(facts.special.items()))
        text = f"the name has only special addresses: {address}, {reason}"
        return _ended(facts, host, "not_attributable", "special_address", text)
    outcomes = [record.outcome for record in facts.resolutions]
    worst = next((one for one in ("timeout", "servfail", "lame", "nxdomain") if one in outcomes), "no_data")
    return _ended(facts, host, "not_resolved", worst, _RESOLUTION_WORDS[worst])


def _ended(facts: Facts, host: str | None, status: Status, code: str, text: str) -> Decision:
    draft = Draft(None)
    add_domain_parties(facts, draft)
    draft.doubts[code] = text
    draft.step(status, text, next(iter(facts.resolutions), None))
    parties = list(draft.parties.values())
    return Decision(_attribution(facts, host, status, draft, None, parties, Country()), draft.steps)


def _attribution(
    facts: Facts,
    host: str | None,
    status: Status,
    draft: Draft,
    primary: Party | None,
    parties: list[Party],
    country: Country,
) -> Attribution:
    return Attribution(
        input=facts.evidence.input,
        host=host,
        status=status,
        observed_at=facts.evidence.observed_at,
        addresses=draft.addresses,
        primary=primary,
        parties=parties,
        country=country,
        fronted=draft.fronted,
        doubts=[Doubt(code=code, text=text) for code, text in draft.doubts.items()],
        failures=[
            Failure(server=record.server, kind=record.outcome, retry_at=record.retry_at, text=record.note)
            for record in facts.open.values()
        ],
        evidence=[
            EvidenceRef(
                kind=record.kind,
                server=record.server,
                fetched_at=record.fetched_at,
                sha256=record.sha256,
                cached=record.cached,
                stale=record.stale,
            )
            for record in facts.evidence.records
        ],
    )
