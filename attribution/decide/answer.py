"""From complete evidence to the answer, and the rules that led there, in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from attribution.codes import DoubtCode, Rule
from attribution.decide.address import attribute_address
from attribution.decide.draft import ROLE_NAMES, Draft, Step
from attribution.decide.facts import Alias, Facts
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
"""A company that may lease the space comes after its holder, before the networks above."""
_RESOLUTION_FAILURES: dict[str, str] = {
    DoubtCode.TIMEOUT: "the resolvers did not answer in time",
    DoubtCode.SERVFAIL: "the resolvers could not find an answer (SERVFAIL)",
    DoubtCode.LAME: "no server that is responsible for the name answered (lame delegation)",
    DoubtCode.NXDOMAIN: "the name does not exist",
    DoubtCode.NO_DATA: "the name exists but has no address",
}
"""By the outcome of a DNS question, the one that leaves most open first."""


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
        code, text = DoubtCode(facts.invalid.code), explained(facts.invalid)
        return _ended(facts, None, "invalid_input", code, text)
    if target is None:
        raise ValueError("facts without a target and without what is wrong with it")
    if target.not_attributable:
        code = target.code or DoubtCode.SPECIAL
        return _ended(facts, target.host, "not_attributable", code, target.not_attributable)
    if not facts.addresses:
        return _unresolved(facts, target.host)
    draft = Draft()
    _note_resolution(facts, draft)
    _note_statements(facts, draft)
    _note_sources(facts, draft)
    for address, path in facts.addresses.items():
        attribute_address(facts, draft, address, path)
    add_platform(facts, draft)
    add_domain_parties(facts, draft)
    return _finish(facts, draft, target.host)


def _note_resolution(facts: Facts, draft: Draft) -> None:
    """Note what DNS gave, and what of it is odd."""
    if facts.fabricated:
        listed = ", ".join(sorted(str(address) for address in facts.fabricated))
        text = (
            f"the resolver gives {listed} for names that do not exist: what it says of this one "
            "may be made up too"
        )
        draft.doubt(DoubtCode.RESOLVER_REWRITES, text)
    for address, reason in facts.special.items():
        text = f"the name also has the address {address}, which is special: {reason}"
        draft.doubt(DoubtCode.SPECIAL_ADDRESS_IN_DNS, text)
    for address in sorted(facts.registry_addresses, key=int):
        text = (
            f"the name has the address {address} of a registry's server or resolver, which is "
            "asked all the same"
        )
        draft.doubt(DoubtCode.REGISTRY_ADDRESS, text)
    if facts.left_out:
        draft.unknown += facts.left_out
        text = (
            f"the name has {facts.left_out} addresses more than the {len(facts.addresses)} that "
            "were looked up"
        )
        draft.doubt(DoubtCode.ADDRESSES_LEFT_OUT, text)
    for record in facts.resolutions:
        if record.outcome == "answered":
            draft.step(Rule.RESOLUTION, _resolved(record), record, "answer section")
        elif record.outcome != "no_data":
            failure = _RESOLUTION_FAILURES.get(record.outcome, record.outcome)
            text = f"one half of the look-up failed: {record.question.text}, {failure}"
            draft.doubt(DoubtCode.PARTIAL_RESOLUTION, text)


def _note_statements(facts: Facts, draft: Draft) -> None:
    """Note from where the content was seen to be served, and which origins were disclosed."""
    for address, record in facts.served_from.items():
        if address in facts.resolved:
            text = f"{record.server} saw {address} serve the content"
            draft.step(Rule.SERVED_FROM, text, record, "address")
        else:
            text = (
                f"{record.server} says that {address} served the content, which DNS does not "
                "give now"
            )
            draft.doubt(DoubtCode.SERVED_FROM_ELSEWHERE, text)
    if any(record.stale for record in facts.evidence.records):
        text = "a registry could not be reached; an answer older than a day was used"
        draft.doubt(DoubtCode.STALE, text)
    for address, record in facts.disclosed_origins.items():
        text = f"{address} is the origin, as told by {record.server}"
        draft.step(Rule.DISCLOSED_ORIGIN, text, record, "address")
    for record in facts.expired_disclosures:
        text = (
            f"{record.server} told an origin more than 12 hours before this look: ask again, "
            "sites move"
        )
        draft.doubt(DoubtCode.TOLD_TOO_LONG_AGO, text)


def _note_sources(facts: Facts, draft: Draft) -> None:
    """Note answers of servers that no registry runs, and an older list of registries."""
    for record in facts.claims:
        text = (
            f"{record.server} is run by the network itself: what it says is kept as evidence, "
            "and names nobody"
        )
        draft.doubt(DoubtCode.CLAIM, text)
    for record in facts.evidence.of_kind("bootstrap"):
        if record.note:
            draft.doubt(DoubtCode.BOOTSTRAP_FALLBACK, record.note)


def _resolved(record: Record) -> str:
    assert isinstance(record.question, ResolveName)
    host = record.question.host
    answer = read_dns(record.body, host, record.question.rdtype)
    return " → ".join([host, *(target for _, target in answer.chain), ", ".join(answer.values)])


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the rules came to."""

    primary: Party | None = None
    parties: list[Party] = field(default_factory=list)
    country: Country = field(default_factory=Country)
    candidates: list[Provider] = field(default_factory=list)
    ended: Status | None = None
    """Why there was nothing to decide; None where the site has addresses."""


def _finish(facts: Facts, draft: Draft, host: str) -> Decision:
    stated = {str(address) for address in (*facts.disclosed_origins, *facts.served_from)}
    ordered = sorted(draft.parties.values(), key=lambda party: _party_order(draft, party, stated))
    parties = [_with_mail(facts, draft, party) for party in ordered]
    hosts = [party for party in parties if draft.is_host(party)]
    _doubt_namesakes(draft, parties)
    candidates = _candidates(facts, draft, hosts)
    if candidates:
        _doubt_several(draft, candidates)
        outcome = _Outcome(None, parties, candidates=candidates)
        return Decision(_attribution(facts, host, draft, outcome), draft.steps)
    primary = _primary(facts, parties, hosts)
    country = country_of(facts, draft, primary) if primary else Country()
    if primary:
        lost = tuple(
            f"{party.provider.name}: {_why_not_first(party)}"
            for party in parties
            if party != primary
        )
        text = f"write to {primary.provider.name} first, as {ROLE_NAMES[primary.role]}"
        draft.step(Rule.PRIMARY, text, None, "parties", lost)
    outcome = _Outcome(primary, parties, country)
    return Decision(_attribution(facts, host, draft, outcome), draft.steps)


def _candidates(facts: Facts, draft: Draft, hosts: list[Party]) -> list[Provider]:
    """Return the companies that may serve the site, where only DNS,
    which the site's owner controls, points to them.

    A platform of the tables that every address leads to, a disclosed origin, an address that was
    seen to serve the content, and a reverse proxy of the tables at all addresses show which it is.
    An address that nobody is known for yet may be the one that serves: then the companies of the
    others are candidates too.
    """
    companies = {party.provider.id: party.provider for party in hosts}
    if facts.platform and _all_lead_to(facts, facts.platform[0]):
        return []
    stated = _stated_addresses(facts)
    if stated:
        able = _at(hosts, stated)
        return [party.provider for party in able] if len(able) > 1 else []
    if _all_are_proxies_of_one_company(facts):
        return []
    is_open = draft.waiting or draft.unknown
    return list(companies.values()) if len(companies) > 1 or (companies and is_open) else []


def _doubt_several(draft: Draft, candidates: list[Provider]) -> None:
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
    draft.doubt(DoubtCode.SEVERAL_PROVIDERS, text)


def _stated_addresses(facts: Facts) -> list[Address]:
    """Return the addresses that were seen to serve the content, else the disclosed origins."""
    seen = [address for address in facts.served_from if address in facts.resolved]
    return seen or list(facts.disclosed_origins)


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
    return all(
        any(isinstance(step, Alias) and name in (step.name, step.target) for step in path)
        for path in facts.addresses.values()
    )


def _all_are_proxies_of_one_company(facts: Facts) -> bool:
    companies = {
        next(
            (block.company for block, _ in facts.listed.get(address, ()) if block.kind == "cdn"),
            None,
        )
        for address in facts.addresses
    }
    return len(companies) == 1 and None not in companies


def _primary(facts: Facts, parties: list[Party], hosts: list[Party]) -> Party | None:
    """Return the company to write to first: the holder of the address
    that was seen to serve the content, else the first that can act.
    """
    stated = _stated_addresses(facts)
    if stated:
        return next(iter(_at(hosts, stated)), None)
    return next((party for party in parties if party in hosts or party.role == "platform"), None)


def _doubt_namesakes(draft: Draft, parties: list[Party]) -> None:
    """Doubt where a party is named like another company: equal names never join two."""
    by_name: dict[str, Party] = {}
    for party in parties:
        other = by_name.setdefault(plain_name(party.provider.name), party)
        if other.provider.id != party.provider.id:
            text = (
                f"{party.provider.name} ({party.provider.id}) is named like {other.provider.id}: "
                "another company"
            )
            draft.doubt(DoubtCode.NAMESAKE, text)


def _why_not_first(party: Party) -> str:
    if party.role == "tenant":
        return "a customer, who may be the offender, is never written to"
    if party.role in ("registrar", "dns_operator"):
        return "a registrar or name server operator does not remove content"
    if party.role == "network":
        return "announces the prefix"
    return f"{ROLE_NAMES[party.role]}, written to next"


def _with_mail(facts: Facts, draft: Draft, party: Party) -> Party:
    """Add whether the mailbox's domain takes mail, where that was asked."""
    email = party.abuse_contact.email
    deliverable = facts.mail.get(email.rpartition("@")[2]) if email else None
    if deliverable is None:
        return party
    if deliverable == "undeliverable":
        text = f"the domain of {email} takes no mail by its DNS: the notice would not arrive"
        draft.doubt(DoubtCode.UNDELIVERABLE, text)
    contact = party.abuse_contact.model_copy(update={"deliverable": deliverable})
    return party.model_copy(update={"abuse_contact": contact})


def _party_order(
    draft: Draft, party: Party, stated: set[str]
) -> tuple[bool, bool, bool, int, int, str]:
    """Sort key: companies that can act first, of them the holder of an origin
    behind a reverse proxy; among equals the one with most addresses.
    """
    may_lease = party.role == "network" and party.provider.id in draft.at_once
    rank = _RANK.get(party.role, 9)
    if may_lease:
        rank = _RANK_LEASED
    elif party.role == "allocation_holder" and not draft.is_host(party):
        rank = _RANK_ABOVE
    return (
        not party.addressee,
        party.role == "network" and not may_lease,
        not stated & set(party.addresses),
        rank,
        -len(party.addresses),
        party.provider.id,
    )


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
    for address, record in facts.rewritten.items():
        text = (
            f"{record.server} gives this name {address}, as it does names that do not exist: ask "
            "another resolver"
        )
        return _ended(facts, host, "not_resolved", DoubtCode.NXDOMAIN_REWRITTEN, text)
    for address, reason in facts.special.items():
        text = f"the name has only special addresses: {address}, {reason}"
        return _ended(facts, host, "not_attributable", DoubtCode.SPECIAL_ADDRESS, text)
    outcomes = [record.outcome for record in facts.resolutions]
    worst = next((code for code in _RESOLUTION_FAILURES if code in outcomes), "no_data")
    return _ended(facts, host, "not_resolved", DoubtCode(worst), _RESOLUTION_FAILURES[worst])


def _ended(facts: Facts, host: str | None, status: Status, code: DoubtCode, text: str) -> Decision:
    """Answer for a target that has nothing to decide."""
    draft = Draft()
    add_domain_parties(facts, draft)
    draft.doubts[code] = text
    draft.step(Rule(status), text, next(iter(facts.resolutions), None))
    outcome = _Outcome(parties=list(draft.parties.values()), ended=status)
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
            for record in facts.unanswered.values()
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
