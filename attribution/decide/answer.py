"""From complete evidence to the answer, and the rules that led there, in order."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.decide.address import attribute_address
from attribution.decide.draft import ROLE_WORDS, Draft, Step
from attribution.decide.facts import Facts
from attribution.decide.order import country_of, write_order
from attribution.decide.site import add_domain_parties, add_platform
from attribution.evidence import Evidence, Record
from attribution.models import (
    Attribution,
    Country,
    Doubt,
    EvidenceRef,
    Failure,
    Party,
    Role,
    Status,
)
from attribution.registry.dns_answer import read_dns
from attribution.target import explained

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
    if facts.invalid is not None:
        invalid = facts.invalid
        return _ended(facts, None, "invalid_input", invalid.code, explained(invalid))
    if target is None:
        raise ValueError("facts without a target and without what is wrong with it")
    if target.not_attributable:
        return _ended(facts, target.host, "not_attributable", target.code or "special", target.not_attributable)
    if not facts.addresses:
        return _unresolved(facts, target.host)
    draft = Draft(facts.site)
    _say_resolution(facts, draft)
    for address, via in facts.addresses.items():
        attribute_address(facts, draft, address, via)
    add_platform(facts, draft)
    add_domain_parties(facts, draft)
    return _finish(facts, draft, target.host)


def _say_resolution(facts: Facts, draft: Draft) -> None:
    if facts.made_up:
        listed = ", ".join(sorted(str(one) for one in facts.made_up))
        text = f"the resolver gives {listed} for names that do not exist: what it says of this one may be made up too"
        draft.doubt("resolver_rewrites", text)
    for address, reason in facts.special.items():
        draft.doubt("special_address_in_dns", f"the name also has the address {address}, which is special: {reason}")
    if facts.left_out:
        draft.unknown += facts.left_out
        text = f"the name has {facts.left_out} addresses more than the {len(facts.addresses)} that were looked up"
        draft.doubt("addresses_left_out", text)
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
    country = country_of(facts, draft, primary) if primary else Country()
    if primary:
        lost = tuple(f"{one.provider.name}: {_after(one)}" for one in parties if one != primary)
        conclusion = f"write to {primary.provider.name} first, as {ROLE_WORDS[primary.role]}"
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
    return f"{ROLE_WORDS[party.role]}, written to next"


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
    if facts.rewritten:
        address, record = next(iter(facts.rewritten.items()))
        text = f"{record.server} gives this name {address}, as it does names that do not exist: ask another resolver"
        return _ended(facts, host, "not_resolved", "nxdomain_rewritten", text)
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
        write_order=write_order(facts, draft, parties, country) if primary else [],
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
