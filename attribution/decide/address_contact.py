"""Where an accountable holder takes abuse notices, or why that is not known."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attribution.codes import DoubtCode, Rule
from attribution.decide.abuse_contact import (
    RULES,
    Entities,
    Publication,
    fallback_contacts,
    published_contact,
    without_contact,
)
from attribution.decide.accountability import Accountable
from attribution.decide.draft import Draft
from attribution.decide.facts import Facts, Sourced
from attribution.decide.holder import holder_of, same_organisation
from attribution.decide.levels import Chain, Level, registry_to_ask
from attribution.evidence import Question, Record
from attribution.evidence.question import (
    EntityNamed,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    OriginOf,
    SystemNumbered,
    WhoisAbove,
    WhoisAt,
    WhoisSystem,
)
from attribution.models import AbuseContact, ContactStatus, FallbackContact
from attribution.registry.registration import AutonomousSystem

_STATUS_OF: dict[str, ContactStatus] = {
    "rate_limited": "rate_limited",
    "unreachable": "unreachable",
    "refused": "unreachable",
    "malformed": "malformed",
    "timeout": "unreachable",
    "servfail": "unreachable",
    "lame": "unreachable",
}
"""The status of a contact by the outcome of the question that would give it; those that ask us to
wait first.
"""
_ASK_AGAIN = timedelta(minutes=15)
"""When a registry that cut its answer short is worth asking again."""


def contact_of(
    facts: Facts,
    draft: Draft,
    chain: Chain,
    accountable: Accountable,
    rule: Rule = Rule.ABUSE_CONTACT,
) -> AbuseContact:
    """Return the abuse contact of an accountable holder,
    with fallbacks, and note the rule that gave it.
    """
    publication, source, inherited = _publication(facts, draft, chain, accountable)
    origin = f"{source.registration.protocol}:{source.registration.registry}"
    fallback = _fallbacks(facts, accountable, publication.email)
    if publication.is_usable:
        conclusion = f"{publication.email or publication.form}: {publication.rule}"
        draft.step(rule, conclusion, source.record, publication.place, publication.passed_over)
        return AbuseContact(
            status="found",
            email=publication.email,
            scope="parent_network" if inherited else publication.scope or "network",
            source=origin,
            form=publication.form,
            fallback=fallback,
        )
    of_system = _contact_of_own_system(facts, chain, accountable)
    if of_system:
        text = f"{of_system.email or of_system.form}: the AS of the same company publishes it"
        draft.step(rule, text)
        return of_system.model_copy(update={"fallback": fallback})
    return _unknown_contact(facts, draft, chain, (publication, source), rule).model_copy(
        update={"source": origin, "fallback": fallback}
    )


def contact_of_system(system: AutonomousSystem, entities: Entities) -> AbuseContact:
    """Return what an AS publishes for abuse."""
    publication = published_contact(system, entities)
    unusable: ContactStatus = "redacted" if publication.redacted else "not_published"
    return AbuseContact(
        status="found" if publication.is_usable else unusable,
        email=publication.email,
        form=publication.form,
        scope="autonomous_system" if publication.is_usable else None,
        source=f"{system.protocol}:{system.registry}",
    )


def failures_about(facts: Facts, chain: Chain) -> list[Record]:
    """Return the failed questions that bear on an address, those that ask us to wait first."""
    order = list(_STATUS_OF)
    failures = [
        record
        for question, record in facts.unanswered.items()
        if record.outcome in _STATUS_OF and _bears_on(facts, chain, question)
    ]
    return sorted(failures, key=lambda record: order.index(record.outcome))


def _publication(
    facts: Facts, draft: Draft, chain: Chain, accountable: Accountable
) -> tuple[Publication, Sourced, bool]:
    """Return what the holder publishes: for the network, for its own more specific block, for a
    network of its above; and whether it is for one above.
    """
    level, own_block = accountable.level, accountable.own_block
    below = [own_block] if own_block and _is_edited_by(own_block, level) else []
    above = [
        higher
        for higher in chain.levels[chain.levels.index(level) + 1 :]
        if same_organisation(higher.holder, level.holder)
    ]
    nothing = level.contact, level.contact_source
    for place in (level, *below, *above):
        publication, source = _published_at(facts, accountable, place)
        if publication.is_usable and not _is_refused(facts, draft, accountable, publication):
            return publication, source, place in above
        if publication.is_usable:
            nothing = without_contact(publication, "in the reported site's own domain"), source
        elif place is level:
            nothing = publication, source
    return *nothing, False


def _is_refused(
    facts: Facts, draft: Draft, accountable: Accountable, publication: Publication
) -> bool:
    """Doubt a contact in the site's own domain, whose owner may read the notice;
    say whether it is refused, because the holder may be that owner.
    """
    if not facts.is_of_the_site(publication.email, publication.form):
        return False
    text = (
        f"{publication.email or publication.form} is in the reported site's own domain: whoever "
        "runs the site may read the notice"
    )
    refused = accountable.may_run_the_site
    remedy = "it is refused" if refused else "a person approves it before the first notice"
    draft.doubt(DoubtCode.MAILBOX_OF_THE_SITE, f"{text}; {remedy}")
    return refused


def _is_edited_by(block: Level, holder: Level) -> bool:
    """Say whether only the holder's accounts may edit its more
    specific block: else a customer may have set its contact.
    """
    accounts = {name.upper() for name in block.network.maintainers}
    return bool(
        block.organisation
        and accounts
        and accounts <= {name.upper() for name in holder.network.maintainers}
    )


def _published_at(
    facts: Facts, accountable: Accountable, level: Level
) -> tuple[Publication, Sourced]:
    """Return what a level publishes; for space from the registry
    itself also by the rules that count only there.
    """
    if level.contact.is_usable or accountable.may_run_the_site:
        return level.contact, level.contact_source
    for place, rule in enumerate(RULES, start=1):
        for source in level.sources if rule.only_own_space else ():
            publication = published_contact(source.registration, facts.entities, RULES[:place])
            if publication.is_usable:
                return publication, source
    return level.contact, level.contact_source


def _unknown_contact(
    facts: Facts, draft: Draft, chain: Chain, published: tuple[Publication, Sourced], rule: Rule
) -> AbuseContact:
    """Return why there is nothing to write to: withheld,
    not usable, not known yet, or not published.
    """
    publication, source = published
    lost, network, record = publication.passed_over, source.registration, source.record
    if publication.redacted:
        draft.step(rule, "there is one, and the registry withholds it", record, "redacted", lost)
        return AbuseContact(status="redacted")
    if publication.unusable:
        text = (
            f"the registry publishes {publication.unusable!r}, which is no mailbox that mail can "
            "be sent to"
        )
        draft.doubt(DoubtCode.MAILBOX_UNUSABLE, text)
        draft.step(rule, text, record, "entities", lost)
        return AbuseContact(status="malformed")
    if network.cut_short:
        text = "not known: the registry left part of its answer out"
        draft.step(rule, text, record, "notices", lost)
        return AbuseContact(
            status="rate_limited" if network.cut_by_load else "unreachable",
            retry_at=record.fetched_at + _ASK_AGAIN,
        )
    failures = failures_about(facts, chain)
    if failures:
        failure = failures[0]
        draft.step(rule, f"not known: {failure.note or failure.outcome}", failure, None, lost)
        return AbuseContact(status=_STATUS_OF[failure.outcome], retry_at=failure.retry_at)
    text = "the registry answered in full and publishes none"
    draft.step(rule, text, record, "entities", lost)
    return AbuseContact(status="not_published")


def _contact_of_own_system(
    facts: Facts, chain: Chain, accountable: Accountable
) -> AbuseContact | None:
    """Take the AS's contact only where the AS is held by
    the same company: who announces is not who hosts.
    """
    for system in facts.systems_announcing(chain.address):
        contact = contact_of_system(system.registration, facts.entities)
        holder = holder_of(system.registration, facts.entities)
        is_own = same_organisation(holder, accountable.level.holder)
        if accountable.may_run_the_site and facts.is_of_the_site(contact.email, contact.form):
            continue
        if contact.status == "found" and is_own:
            return contact
    return None


def _fallbacks(
    facts: Facts, accountable: Accountable, besides: str | None
) -> list[FallbackContact]:
    """List the holder's other mailboxes. A customer's are
    never among them, nor the site's own for a customer.
    """
    contacts: dict[str, FallbackContact] = {}
    for source in accountable.level.sources:
        for contact in fallback_contacts(source.registration, besides, facts.entities):
            if not (accountable.may_run_the_site and facts.is_of_the_site(contact.email)):
                contacts.setdefault(contact.email, contact)
    return list(contacts.values())


def _bears_on(facts: Facts, chain: Chain, question: Question) -> bool:
    test = _BEARS_ON.get(type(question))
    return test is not None and test(facts, chain, question)


def _same_address(
    _: Facts, chain: Chain, question: NetworkAt | NationalNetwork | WhoisAt | OriginOf
) -> bool:
    return question.address == chain.address


def _above_one_of(_: Facts, chain: Chain, question: NetworkAbove) -> bool:
    return any(
        (level.network.first, level.network.last) == (question.first, question.last)
        for level in chain.levels
    )


def _around(_: Facts, chain: Chain, question: WhoisAbove) -> bool:
    return chain.address in ipaddress.ip_network(question.block)


def _entity_of(_: Facts, chain: Chain, question: EntityNamed) -> bool:
    registrations = (source.registration for level in chain.levels for source in level.sources)
    handles = {
        entity.handle.upper()
        for registration in registrations
        for entity in registration.walk()
        if entity.handle
    }
    return question.handle.upper() in handles


def _announcing(facts: Facts, chain: Chain, question: SystemNumbered | WhoisSystem) -> bool:
    announced = facts.longest_announcement(chain.address)
    return announced is not None and question.asn in announced.asns


def _page_of(_: Facts, chain: Chain, question: NationalPage) -> bool:
    return question.registry == registry_to_ask(chain)


_BEARS_ON: dict[type[Question], Callable[[Facts, Chain, Any], bool]] = {
    NetworkAt: _same_address,
    NationalNetwork: _same_address,
    WhoisAt: _same_address,
    OriginOf: _same_address,
    NetworkAbove: _above_one_of,
    WhoisAbove: _around,
    EntityNamed: _entity_of,
    SystemNumbered: _announcing,
    WhoisSystem: _announcing,
    NationalPage: _page_of,
}
"""By the type of a failed question: whether it leaves something open about an address."""
