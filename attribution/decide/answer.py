"""From complete evidence to the answer, and the rules that led there, in order."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.decide.address import attribute_address
from attribution.decide.draft import ROLE_WORDS, Draft, Step
from attribution.decide.facts import Facts
from attribution.decide.order import country_of, write_order
from attribution.decide.site import add_domain_parties, add_platform
from attribution.evidence import Evidence, Record
from attribution.evidence.question import ResolveName
from attribution.models import (
    Attribution,
    Country,
    Doubt,
    EvidenceRef,
    Failure,
    Party,
    Provider,
    Role,
    Status,
)
from attribution.net.addresses import Address
from attribution.registry.dns_answer import read_dns
from attribution.registry.organisations import plain_name
from attribution.target import explained

_RANK: dict[Role, int] = {
    "platform": 0,
    "cdn": 1,
    "reseller": 2,
    "hosting": 2,
    "allocation_holder": 3,
    "network": 6,
    "registrar": 7,
}
_RANK_LEASED, _RANK_ABOVE = 4, 5
"""Who may lease the space comes next after who answers for it, before the networks above."""
_RESOLUTION_WORDS = {
    "nxdomain": "the name does not exist",
    "no_data": "the name exists but has no address",
    "servfail": "the resolvers could not find an answer (SERVFAIL)",
    "timeout": "the resolvers did not answer in time",
    "lame": "no server that is responsible for the name answered (lame delegation)",
}


@dataclass(slots=True)
class Decision:
    """An answer and how it came about."""

    attribution: Attribution
    steps: list[Step]


def decide(evidence: Evidence) -> Decision:
    """Turn evidence into an answer. Pure:
    the same evidence gives the same answer, byte for byte.
    """
    return decide_from(Facts.of(evidence))


def decide_from(facts: Facts) -> Decision:
    """Decide on facts already read from their evidence."""
    target = facts.target
    if facts.invalid is not None:
        invalid = facts.invalid
        return _ended(facts, None, "invalid_input", invalid.code, explained(invalid))
    if target is None:
        raise ValueError("facts without a target and without what is wrong with it")
    if target.not_attributable:
        return _ended(
            facts,
            target.host,
            "not_attributable",
            target.code or "special",
            target.not_attributable,
        )
    if not facts.addresses:
        return _unresolved(facts, target.host)
    draft = Draft()
    _say_resolution(facts, draft)
    for address, via in facts.addresses.items():
        attribute_address(facts, draft, address, via)
    add_platform(facts, draft)
    add_domain_parties(facts, draft)
    return _finish(facts, draft, target.host)


def _say_resolution(facts: Facts, draft: Draft) -> None:
    if facts.made_up:
        listed = ", ".join(sorted(str(one) for one in facts.made_up))
        text = (
            f"the resolver gives {listed} for names that do not exist: what it says of this one "
            "may be made up too"
        )
        draft.doubt("resolver_rewrites", text)
    for address, reason in facts.special.items():
        draft.doubt(
            "special_address_in_dns",
            f"the name also has the address {address}, which is special: {reason}",
        )
    for address in sorted(facts.registry_addresses, key=int):
        text = (
            f"the name has the address {address} of a registry's server or resolver, which is "
            "asked all the same"
        )
        draft.doubt("registry_address", text)
    if facts.left_out:
        draft.unknown += facts.left_out
        text = (
            f"the name has {facts.left_out} addresses more than the {len(facts.addresses)} that "
            "were looked up"
        )
        draft.doubt("addresses_left_out", text)
    for record in facts.resolutions:
        if record.outcome == "answered":
            draft.step("resolution", _resolved(record), record, "answer section")
        elif record.outcome != "no_data":
            text = (
                f"one half of the look-up failed: {record.question.text}, "
                f"{_RESOLUTION_WORDS.get(record.outcome, record.outcome)}"
            )
            draft.doubt("partial_resolution", text)
    _say_served_from(facts, draft)
    if any(record.stale for record in facts.evidence.records):
        draft.doubt("stale", "a registry could not be reached; an answer older than a day was used")
    for address, record in facts.told.items():
        draft.step(
            "told origin", f"{address} is the origin, as told by {record.server}", record, "address"
        )
    for record in facts.told_too_long_ago:
        text = (
            f"{record.server} told an origin more than 12 hours before this look: ask again, "
            "sites move"
        )
        draft.doubt("told_too_long_ago", text)
    for record in facts.claims:
        text = (
            f"{record.server} is run by the network itself: what it says is kept as evidence, "
            "and names nobody"
        )
        draft.doubt("claim", text)
    fallbacks = [record for record in facts.evidence.of_kind("bootstrap") if record.note]
    if fallbacks:
        draft.doubt("bootstrap_fallback", fallbacks[0].note or "")


def _say_served_from(facts: Facts, draft: Draft) -> None:
    for address, record in facts.served_from.items():
        if address in facts.resolved:
            draft.step(
                "served from", f"{record.server} saw {address} serve the content", record, "address"
            )
        else:
            text = (
                f"{record.server} says that {address} served the content, which DNS does not "
                "give now"
            )
            draft.doubt("served_from_elsewhere", text)


def _resolved(record: Record) -> str:
    assert isinstance(record.question, ResolveName)
    host = record.question.host
    answer = read_dns(record.body, host, record.question.rdtype)
    return " → ".join([host, *(target for _, target in answer.chain), ", ".join(answer.values)])


def _finish(facts: Facts, draft: Draft, host: str) -> Decision:
    told = {str(address) for address in (*facts.told, *facts.served_from)}
    parties = sorted(draft.parties.values(), key=lambda party: _party_order(draft, party, told))
    parties = [_with_mail(facts, draft, party) for party in parties]
    hosts = [party for party in parties if _answers_for_an_address(draft, party)]
    _doubt_namesakes(draft, parties)
    candidates = _candidates(facts, draft, hosts)
    primary = None if candidates else _primary(facts, parties, hosts)
    if candidates:
        names = ", ".join(candidate.name for candidate in candidates)
        text = (
            "the site's addresses are at several companies, and DNS alone does not say which "
            f"serves it: {names}"
        )
        if len(candidates) == 1:
            text = (
                f"some addresses are at {names}, and for others nobody is known: DNS alone does "
                "not say which serves it"
            )
        draft.doubt("several_providers", text)
    country = country_of(facts, draft, primary) if primary else Country()
    if primary:
        lost = tuple(
            f"{party.provider.name}: {_after(party)}" for party in parties if party != primary
        )
        conclusion = f"write to {primary.provider.name} first, as {ROLE_WORDS[primary.role]}"
        draft.step("primary", conclusion, None, "parties", lost)
    return Decision(
        _attribution(facts, host, draft, _Outcome(primary, parties, country, candidates)),
        draft.steps,
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the rules came to for a site that has addresses, or nothing of it."""

    primary: Party | None
    parties: list[Party]
    country: Country
    candidates: list[Provider]
    ended: Status | None = None
    """Why there was nothing to decide; None where there was."""


def _answers_for_an_address(draft: Draft, party: Party) -> bool:
    return any(
        (one.role, one.provider) == (party.role, party.provider.id) for one in draft.addresses
    )


def _candidates(facts: Facts, draft: Draft, hosts: list[Party]) -> list[Provider]:
    """Return the companies that it may be, where nothing but DNS,
    which the site's owner writes, leads to them.

    A platform of the tables that every address leads to, an origin told, an address that was seen
    to serve the content, and a proxy of the tables in front of all addresses say which it is. An
    address that nobody is known for yet may be the one that serves: then the companies of the
    others are candidates too.
    """
    companies = {party.provider.id: party.provider for party in hosts}
    if facts.platform and _all_lead_to(facts, facts.platform[0]):
        return []
    seen = [address for address in facts.served_from if address in facts.resolved]
    said = seen or list(facts.told)
    if said:
        found = _at(hosts, said)
        return [party.provider for party in found] if len(found) > 1 else []
    if _fronts_of_one_company(facts):
        return []
    is_open = draft.waiting or draft.unknown
    return list(companies.values()) if len(companies) > 1 or (companies and is_open) else []


def _at(hosts: list[Party], addresses: list[Address]) -> list[Party]:
    """Return the companies that answer for some of these addresses."""
    texts = {str(address) for address in addresses}
    return [party for party in hosts if texts & set(party.addresses)]


def _all_lead_to(facts: Facts, name: str) -> bool:
    """Say whether every address of the site is a name's:
    the host itself, or an alias on the way to each.
    """
    if facts.target and facts.target.host == name:
        return True
    return all(any(name in link.split(" ") for link in via) for via in facts.addresses.values())


def _fronts_of_one_company(facts: Facts) -> bool:
    companies = {
        next(
            (listed.company for listed, _ in facts.fronts.get(address, ()) if listed.kind == "cdn"),
            None,
        )
        for address in facts.addresses
    }
    return len(companies) == 1 and None not in companies


def _primary(facts: Facts, parties: list[Party], hosts: list[Party]) -> Party | None:
    """Return whom to write to first: who holds the address
    that was seen to serve, else the first that can act.
    """
    seen = [address for address in facts.served_from if address in facts.resolved]
    if seen:
        return next(iter(_at(hosts, seen)), None)
    if facts.told:
        return next(iter(_at(hosts, list(facts.told))), None)
    return next((party for party in parties if party in hosts or party.role == "platform"), None)


def _doubt_namesakes(draft: Draft, parties: list[Party]) -> None:
    """Say where a party is named like another company: equal names never join two."""
    by_name: dict[str, Party] = {}
    for party in parties:
        other = by_name.setdefault(plain_name(party.provider.name), party)
        if other.provider.id != party.provider.id:
            text = (
                f"{party.provider.name} ({party.provider.id}) is named like {other.provider.id}: "
                "another company"
            )
            draft.doubt("namesake", text)


def _after(party: Party) -> str:
    """Say why a party is not the one to write to first."""
    if party.role == "tenant":
        return "a customer, who may be the offender, is never written to"
    if party.role in ("registrar", "dns_operator"):
        return "a registrar or name server operator does not remove content"
    if party.role == "network":
        return "announces the prefix"
    return f"{ROLE_WORDS[party.role]}, written to next"


def _with_mail(facts: Facts, draft: Draft, party: Party) -> Party:
    """Say whether the mailbox's domain takes mail, where that was asked."""
    email = party.abuse_contact.email
    deliverable = facts.mail.get(email.rpartition("@")[2]) if email else None
    if deliverable is None:
        return party
    if deliverable == "undeliverable":
        draft.doubt(
            "undeliverable",
            f"the domain of {email} takes no mail by its DNS: the notice would not arrive",
        )
    contact = party.abuse_contact.model_copy(update={"deliverable": deliverable})
    return party.model_copy(update={"abuse_contact": contact})


def _party_order(
    draft: Draft, party: Party, told: set[str]
) -> tuple[bool, bool, bool, int, int, str]:
    """Write first to those who can act: to who holds an origin
    behind a proxy; among equals to whom most addresses are at.
    """
    return (
        not party.addressee,
        party.role == "network" and not _may_lease(draft, party),
        not told & set(party.addresses),
        _rank(draft, party),
        -len(party.addresses),
        party.provider.id,
    )


def _rank(draft: Draft, party: Party) -> int:
    if _may_lease(draft, party):
        return _RANK_LEASED
    if party.role == "allocation_holder" and not _answers_for_an_address(draft, party):
        return _RANK_ABOVE
    return _RANK.get(party.role, 9)


def _may_lease(draft: Draft, party: Party) -> bool:
    return party.role == "network" and party.provider.id in draft.at_once


def _status(draft: Draft, outcome: _Outcome) -> Status:
    if outcome.ended:
        return outcome.ended
    primary = outcome.primary
    if primary is None:
        return "retry_later" if draft.waiting and len(outcome.candidates) < 2 else "partial"
    if draft.waiting or draft.unknown or primary.abuse_contact.status != "found":
        return "partial"
    return "attributed"


def _unresolved(facts: Facts, host: str) -> Decision:
    if facts.rewritten:
        address, record = next(iter(facts.rewritten.items()))
        text = (
            f"{record.server} gives this name {address}, as it does names that do not exist: ask "
            "another resolver"
        )
        return _ended(facts, host, "not_resolved", "nxdomain_rewritten", text)
    if facts.special:
        address, reason = next(iter(facts.special.items()))
        text = f"the name has only special addresses: {address}, {reason}"
        return _ended(facts, host, "not_attributable", "special_address", text)
    outcomes = [record.outcome for record in facts.resolutions]
    worst = next(
        (one for one in ("timeout", "servfail", "lame", "nxdomain") if one in outcomes), "no_data"
    )
    return _ended(facts, host, "not_resolved", worst, _RESOLUTION_WORDS[worst])


def _ended(facts: Facts, host: str | None, status: Status, code: str, text: str) -> Decision:
    draft = Draft()
    add_domain_parties(facts, draft)
    draft.doubts[code] = text
    draft.step(status, text, next(iter(facts.resolutions), None))
    outcome = _Outcome(None, list(draft.parties.values()), Country(), [], ended=status)
    return Decision(_attribution(facts, host, draft, outcome), draft.steps)


def _attribution(facts: Facts, host: str | None, draft: Draft, outcome: _Outcome) -> Attribution:
    served = next(
        (str(address) for address in facts.served_from if address in facts.resolved), None
    )
    return Attribution(
        input=facts.evidence.input,
        host=host,
        status=_status(draft, outcome),
        observed_at=facts.evidence.observed_at,
        addresses=draft.addresses,
        primary=outcome.primary,
        parties=outcome.parties,
        candidates=outcome.candidates,
        served_from=served,
        write_order=write_order(facts, draft, outcome.parties, outcome.country)
        if outcome.primary
        else [],
        country=outcome.country,
        fronted=draft.fronted,
        doubts=[Doubt(code=code, text=text) for code, text in draft.doubts.items()],
        failures=[
            Failure(
                server=record.server,
                kind=record.outcome,
                retry_at=record.retry_at,
                text=record.note,
            )
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
