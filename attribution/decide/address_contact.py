"""Where an accountable holder takes abuse notices, or why that is not known."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta

from attribution.decide.abuse_contact import (
    OWN_SPACE_RULES,
    Entities,
    Publication,
    fallback_contacts,
    form_in_remarks,
    published_contact,
    without_contact,
)
from attribution.decide.accountability import Accountable
from attribution.decide.draft import Draft
from attribution.decide.facts import Facts, Sourced
from attribution.decide.holder import holder_of, same_organisation
from attribution.decide.levels import Chain, Level, registry_to_ask
from attribution.decide.site_mailbox import is_of_the_site
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
"""What a question without an answer leaves a contact at."""
_ASK_AGAIN = timedelta(minutes=15)
"""When a registry that cut its answer short is worth asking again."""
_WAYS_OF_CUSTOMERS = ("redistribution", "holds_as")
"""Ways in which a customer is accountable cheaply: its contact may not be the site's own."""


def contact_of(
    facts: Facts, draft: Draft, chain: Chain, found: Accountable, step: str = "abuse contact"
) -> AbuseContact:
    """Return the abuse contact of an accountable holder,
    with fallbacks, and note the rule that gave it.
    """
    publication, source, inherited = _publication(facts, draft, chain, found)
    origin = f"{source.registration.protocol}:{source.registration.registry}"
    fallback = _fallbacks(facts, found, publication.email)
    if publication.is_usable:
        scope = "parent_network" if inherited else publication.scope or "network"
        said = f"{publication.email or publication.form}: {publication.rule}"
        lost = publication.passed_over
        draft.step(step, said, source.record, publication.place or "remarks", lost)
        return AbuseContact(
            status="found",
            email=publication.email,
            scope=scope,
            source=origin,
            form=publication.form,
            fallback=fallback,
        )
    of_system = _contact_of_own_system(facts, chain, found)
    if of_system:
        draft.step(
            step, f"{of_system.email or of_system.form}: the AS of the same company publishes it"
        )
        return of_system.model_copy(update={"fallback": fallback})
    return _unknown_contact(facts, draft, chain, (publication, source), step).model_copy(
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


def open_about(facts: Facts, chain: Chain) -> list[Record]:
    """Return the failed questions that bear on an address, those that ask us to wait first."""
    order = list(_STATUS_OF)
    failed = [
        record
        for question, record in facts.open.items()
        if record.outcome in _STATUS_OF and _bears_on(facts, chain, question)
    ]
    return sorted(failed, key=lambda record: order.index(record.outcome))


def _publication(
    facts: Facts, draft: Draft, chain: Chain, found: Accountable
) -> tuple[Publication, Sourced, bool]:
    """Return what the holder publishes: for its own more
    specific block, for the network, for one of its above.
    """
    below = (
        [found.own_block] if found.own_block and _is_edited_by(found.own_block, found.level) else []
    )
    above = chain.levels[chain.levels.index(found.level) + 1 :]
    same = [level for level in above if same_organisation(level.holder, found.level.holder)]
    last = found.level.contact, found.level.contact_source
    for level in (found.level, *below, *same):
        publication, source = _published_at(facts, found, level)
        if publication.is_usable and is_of_the_site(facts, publication):
            where = publication.email or publication.form
            text = (
                f"{where} is in the reported site's own domain: whoever runs the site may read "
                "the notice"
            )
            if found.way in _WAYS_OF_CUSTOMERS:
                draft.doubt("mailbox_of_the_site", f"{text}; it is refused")
                last = without_contact(publication, "in the reported site's own domain"), source
                continue
            draft.doubt(
                "mailbox_of_the_site", f"{text}; a person approves it before the first notice"
            )
        if publication.is_usable:
            return publication, source, level in same
        if level is found.level:
            last = publication, source
    return *last, False


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


def _published_at(facts: Facts, found: Accountable, level: Level) -> tuple[Publication, Sourced]:
    """Return what a level publishes; space from the registry
    itself also by contacts that the registry checked.
    """
    if level.contact.is_usable or found.way in _WAYS_OF_CUSTOMERS:
        return level.contact, level.contact_source
    for source in level.sources:
        publication = published_contact(source.registration, facts.entities, OWN_SPACE_RULES)
        if publication.is_usable:
            return publication, source
    for source in level.sources:
        form = form_in_remarks(source.registration)
        if form:
            lost = level.contact.passed_over
            return Publication(
                form=form, rule="a web form named in remarks", place="remarks", passed_over=lost
            ), source
    return level.contact, level.contact_source


def _unknown_contact(
    facts: Facts, draft: Draft, chain: Chain, published: tuple[Publication, Sourced], step: str
) -> AbuseContact:
    """Say why there is nothing to write to: withheld,
    not usable, not known yet, or not published.
    """
    publication, source = published
    lost, network = publication.passed_over, source.registration
    if publication.redacted:
        draft.step(
            step, "there is one, and the registry withholds it", source.record, "redacted", lost
        )
        return AbuseContact(status="redacted")
    if publication.unusable:
        text = (
            f"the registry publishes {publication.unusable!r}, which is no mailbox that mail can "
            "be sent to"
        )
        draft.doubt("mailbox_unusable", text)
        draft.step(step, text, source.record, "entities", lost)
        return AbuseContact(status="malformed")
    if network.cut_short:
        busy = "load" in (network.truncated or "")
        draft.step(
            step,
            "not known: the registry left part of its answer out",
            source.record,
            "notices",
            lost,
        )
        return AbuseContact(
            status="rate_limited" if busy else "unreachable",
            retry_at=source.record.fetched_at + _ASK_AGAIN,
        )
    silent = open_about(facts, chain)
    if silent:
        said = f"not known: {silent[0].note or silent[0].outcome}"
        draft.step(step, said, silent[0], None, lost)
        return AbuseContact(status=_STATUS_OF[silent[0].outcome], retry_at=silent[0].retry_at)
    draft.step(
        step, "the registry answered in full and publishes none", source.record, "entities", lost
    )
    return AbuseContact(status="not_published")


def _contact_of_own_system(facts: Facts, chain: Chain, found: Accountable) -> AbuseContact | None:
    """Take the AS's contact only where the AS is held by
    the same company: who announces is not who hosts.
    """
    announced = facts.longest_announcement(chain.address)
    for asn in announced.asns if announced else ():
        system = facts.systems.get(asn)
        if system is None:
            continue
        contact = contact_of_system(system.registration, facts.entities)
        holder = holder_of(system.registration, facts.entities)
        if _is_refused(facts, found, Publication(contact.email, contact.form)):
            continue
        if contact.status == "found" and same_organisation(holder, found.level.holder):
            return contact
    return None


def _fallbacks(facts: Facts, found: Accountable, besides: str | None) -> list[FallbackContact]:
    """List the holder's other mailboxes. A customer's are
    never among them, nor the site's own for a customer.
    """
    contacts: dict[str, FallbackContact] = {}
    for source in found.level.sources:
        for contact in fallback_contacts(source.registration, besides, facts.entities):
            if not _is_refused(facts, found, Publication(contact.email)):
                contacts.setdefault(contact.email, contact)
    return list(contacts.values())


def _is_refused(facts: Facts, found: Accountable, contact: Publication) -> bool:
    """Say whether a contact may be read by whoever
    runs the site, and the holder may be just that.
    """
    return found.way in _WAYS_OF_CUSTOMERS and is_of_the_site(facts, contact)


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
        entity.handle.upper() for one in registrations for entity in one.walk() if entity.handle
    }
    return question.handle.upper() in handles


def _announcing(facts: Facts, chain: Chain, question: SystemNumbered | WhoisSystem) -> bool:
    announced = facts.longest_announcement(chain.address)
    return announced is not None and question.asn in announced.asns


def _page_of(_: Facts, chain: Chain, question: NationalPage) -> bool:
    return question.registry == registry_to_ask(chain)


_BEARS_ON: dict[type[Question], Callable[..., bool]] = {
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
"""Which failed questions leave something open about an address."""
