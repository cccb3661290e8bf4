"""Who is accountable for a block: a holder that others than itself
vouch for. What a customer states about itself proves nothing.

The chain is read from the most specific network up. The first accountable holder can take the
content down; whoever stands below is a customer, who may be the offender, and is never an
addressee.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from attribution.decide.abuse_contact import Publication
from attribution.decide.facts import Facts
from attribution.decide.holder import holder_of, same_organisation
from attribution.decide.levels import Chain, Level, needs_above, type_of
from attribution.evidence import Question
from attribution.evidence.question import NationalNetwork, NationalPage, WhoisAt
from attribution.net.addresses import Address
from attribution.registry.mailbox import same_mailbox
from attribution.registry.organisations import is_member, organisation_of
from attribution.registry.registries import registries
from attribution.registry.stubs import national_registry
from attribution.registry.types import BlockKind, DirectAs

Way = DirectAs | Literal["member", "redistribution", "holds_as", "vouched"]
"""In which way a holder is accountable; the values of `accountable` in the answer."""
_HANDED_ON_AT_LEAST = {4: 2**8, 6: 2**80}
"""Addresses in the smallest block (a /24, a /48) that counts as handed on for redistribution."""
_CHEAP_BELOW = {4: 2**10, 6: 2**88}
"""Addresses in a /22 or /40: a direct block smaller than that is cheap to get."""
_KNOWS_MEMBERS = frozenset(["ripe", "afrinic"])


class Proof(StrEnum):
    """What is still to be asked to distinguish a customer from an accountable company."""

    ABOVE = "the network above"
    SYSTEM = "the holder of the AS that announces it"
    MEMBER = "whether the organisation is a member of the registry"


@dataclass(frozen=True, slots=True)
class Accountable:
    """The first accountable holder above an address, and the customers below it."""

    level: Level
    way: Way
    own_block: Level | None = None
    """A more specific block that this provider uses itself:
    its contact may be more specific too.
    """
    customers: tuple[Level, ...] = ()
    """Levels below that are customers', most specific first."""

    @property
    def may_run_the_site(self) -> bool:
        """Whether it is a customer that proved accountability by its own means:
        then it may be the offender, and the site's own mailbox is no contact.
        """
        return self.way in ("redistribution", "holds_as")

    @property
    def is_cheap(self) -> bool:
        """Whether accountability was cheap to get:
        then the party above is written to in the same hour.
        """
        if self.may_run_the_site:
            return True
        network = self.level.network
        return (
            self.level.kind is BlockKind.DIRECT
            and network.size < _CHEAP_BELOW[network.first.version]
        )


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nobody may be named yet, or at all."""

    missing: Proof | None
    """What would decide; None where nothing lies above and nobody vouches."""
    level: Level | None = None
    """The level whose accountability is open."""
    customers: tuple[Level, ...] = ()


def accountable_holder(facts: Facts, chain: Chain) -> Accountable | Undecided:
    """Return the first accountable holder around an address."""
    return _from(facts, chain, 0)


def next_above(facts: Facts, chain: Chain, below: Accountable) -> Accountable | None:
    """Return the accountable holder above one already named;
    None where there is none, or it is not known.
    """
    above = _from(facts, chain, chain.levels.index(below.level) + 1)
    return above if isinstance(above, Accountable) else None


def _from(facts: Facts, chain: Chain, index: int) -> Accountable | Undecided:
    if index >= len(chain.levels):
        return Undecided(None if is_complete(facts, chain) else Proof.ABOVE)
    level = chain.levels[index]
    if level.kind is BlockKind.DIRECT and (not needs_above(level) or is_complete(facts, chain)):
        return Accountable(level, level.direct_as or "direct_allocation")
    above = _from(facts, chain, index + 1)
    if isinstance(above, Undecided):
        return _below_undecided(facts, level, above)
    if _is_own_block(level, above.level):
        return above if above.own_block or above.customers else replace(above, own_block=level)
    proved = _proved(facts, chain.address, level, above.level)
    if isinstance(proved, Proof):
        return Undecided(proved, level)
    if proved:
        return Accountable(level, proved)
    return replace(above, own_block=None, customers=(level, *above.customers))


def _below_undecided(facts: Facts, level: Level, above: Undecided) -> Accountable | Undecided:
    """Accept a person's vouching, which needs no network above;
    nothing else is believed of a block whose provider is not known.
    """
    if level.holder.id in facts.vouched:
        return Accountable(level, "vouched")
    return replace(above, customers=(level, *above.customers))


def is_complete(facts: Facts, chain: Chain) -> bool:
    """Say whether the network above the topmost level was answered for, or cannot be asked."""
    if not chain.levels:
        return True
    highest = chain.levels[-1]
    if not needs_above(highest):
        return True
    if _national_is_silent(facts, chain, highest):
        return False
    handed_out = (
        type_of(highest.network, highest.type) is not None and highest.kind is not BlockKind.DIRECT
    )
    return facts.nothing_above(highest.network, handed_out=handed_out)


def _national_is_silent(facts: Facts, chain: Chain, level: Level) -> bool:
    """Say whether a block is a mirrored copy,
    whose national registry has not said what lies above it.
    """
    name = national_registry(level.network)
    if name is None or name == level.network.registry:
        return False
    sources = (source for around in chain.levels for source in around.sources)
    if any(source.registration.registry == name for source in sources):
        return False
    return any(_is_at_national(question, name) for question in facts.unanswered)


def _is_at_national(question: Question, name: str) -> bool:
    if isinstance(question, WhoisAt):
        return question.server == registries()[name].whois
    return isinstance(question, NationalNetwork | NationalPage) and question.registry == name


def _is_own_block(level: Level, above: Level) -> bool:
    """Say whether a provider uses a block itself:
    its organisation, or none and nothing but an inherited contact.
    """
    if level.organisation:
        return same_organisation(level.holder, above.holder)
    if level.holder.named_by == "customer record":
        return False
    contact = level.contact
    if contact.form or contact.redacted or contact.unusable:
        return False
    return contact.email is None or same_contact(contact, above.contact)


def same_contact(a: Publication, b: Publication) -> bool:
    """Say whether two networks publish one mailbox,
    in whatever spelling, or one form and no mailbox.
    """
    if a.email is None:
        return a.form is not None and a.form == b.form
    return same_mailbox(a.email, b.email)


def _proved(facts: Facts, address: Address, level: Level, above: Level) -> Way | Proof | None:
    """Return how a customer is accountable after all, what is still to be asked, or None."""
    if level.holder.id in facts.vouched:
        return "vouched"
    if level.organisation is None:
        return None
    if _is_redistribution(facts, level, above):
        return "redistribution"
    holds_as = _holds_as(facts, address, level)
    if holds_as is True:
        return "holds_as"
    member = _is_member(facts, level)
    if member is True:
        return "member"
    if holds_as is None:
        return Proof.SYSTEM
    return Proof.MEMBER if member is None else None


def _is_redistribution(facts: Facts, level: Level, above: Level) -> bool:
    network, contact = level.network, level.contact
    return (
        level.kind is BlockKind.HANDED_ON
        and network.size >= _HANDED_ON_AT_LEAST[network.first.version]
        and contact.is_usable
        and not contact.redacted
        and not same_contact(contact, above.contact)
        and not facts.is_of_the_site(contact.email, contact.form)
    )


def _holds_as(facts: Facts, address: Address, level: Level) -> bool | None:
    """Say whether the organisation holds every AS that
    announces the block itself; None while that is not known.

    A wider announcement than the block proves nothing, and across registries only a vouch does.
    """
    network = level.network
    announced = facts.longest_announcement(address)
    if announced is None:
        return None if facts.announcement_is_open(address) else False
    if not (network.covers(announced.first) and network.covers(announced.last)):
        return False
    verdict: bool | None = True
    for asn in announced.asns:
        system = facts.systems.get(asn)
        if system is None:
            if facts.system_is_open(asn):
                verdict = None
                continue
            return False
        if not same_organisation(holder_of(system.registration, facts.entities), level.holder):
            return False
    return verdict


def _is_member(facts: Facts, level: Level) -> bool | None:
    """Say whether the registry itself says that the
    organisation is its member; None while that is not known.
    """
    registry, organisation = level.network.registry, level.organisation
    if organisation is None or registry not in _KNOWS_MEMBERS:
        return False
    fetched = facts.entities.get((registry, organisation.handle.upper()))
    printed = (organisation_of(source.registration) for source in level.sources)
    entities = [
        holder.entity
        for holder in printed
        if holder and holder.handle.upper() == organisation.handle.upper()
    ]
    entities += [fetched] if fetched else []
    if any(is_member(entity, registry) for entity in entities):
        return True
    if fetched or any(entity.org_type for entity in entities):
        return False
    return None if facts.entity_is_open(registry, organisation.handle) else False
