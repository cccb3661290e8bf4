"""What to ask next: pure, from what is known.
When nothing is left to ask, `decide` gives the answer.

A question is asked only where its answer could change the company or its contact, cheapest first,
one layer at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlsplit

from attribution.decide.abuse_contact import entity_to_fetch
from attribution.decide.accountability import (
    Accountable,
    Proof,
    Undecided,
    accountable_holder,
    is_complete,
)
from attribution.decide.answer import decide_from
from attribution.decide.facts import Announcement, Facts
from attribution.decide.levels import Chain, Level, chain_of, needs_above, registry_to_ask
from attribution.evidence import UNANSWERED, Question
from attribution.evidence.question import (
    DomainNamed,
    EntityNamed,
    HotlinesAndAuthorityOf,
    MailTo,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    OriginOf,
    ResolveName,
    ReverseProxyAt,
    SuffixOf,
    SystemNumbered,
    WhoisAbove,
    WhoisAt,
    WhoisSystem,
)
from attribution.net.addresses import Address, cidrs
from attribution.registry.registration import Network
from attribution.registry.registries import registries
from attribution.registry.servers import server_for_url, whois_server
from attribution.registry.types import block_type

_MOST_LEVELS = 5
_MOST_SYSTEMS = 4
_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked besides the company and its contact."""

    registrar: bool = True
    """The site's domain: registrar, status, name servers."""
    systems: bool = False
    """Who holds the AS, also where it could change nothing."""
    mailboxes: bool = False
    """Whether the mailboxes' domains take mail."""


def next_questions(facts: Facts, wishes: Wishes | None = None) -> list[Question]:
    """Return what is still to be asked, each question once; empty when the evidence is complete."""
    wishes = wishes or Wishes()
    wanted = _about_target(facts, wishes)
    if wishes.systems:
        wanted += [question for address in facts.addresses for question in _systems(facts, address)]
    if not wanted and wishes.mailboxes:
        emails = [party.abuse_contact.email for party in decide_from(facts).attribution.parties]
        wanted = [MailTo(email.rpartition("@")[2]) for email in emails if email]
    return list(dict.fromkeys(question for question in wanted if question not in facts.asked))


def _about_target(facts: Facts, wishes: Wishes) -> list[Question]:
    target = facts.target
    if target is None or target.not_attributable:
        return []
    wanted: list[Question] = (
        [] if target.address or facts.resolutions else [ResolveName(target.host)]
    )
    if target.address is None and target.host not in facts.suffixes:
        return [*wanted, SuffixOf(target.host)]
    wanted += [SuffixOf(name) for name in facts.names]
    if wishes.registrar:
        wanted += _domain(facts)
    for address in facts.addresses:
        wanted += [ReverseProxyAt(address), *_about(facts, address)]
    return [question for question in wanted if question not in facts.asked]


def _domain(facts: Facts) -> list[Question]:
    """Ask for the site's own domain; a platform's customer pages have none."""
    if facts.site is None or facts.platform:
        return []
    if facts.domain:
        return [SuffixOf(host) for host in facts.domain[0].nameservers]
    return _first_layer(facts, [DomainNamed(facts.site)], [DomainNamed(facts.site, whois=True)])


def _about(facts: Facts, address: Address) -> list[Question]:
    origin = OriginOf(address)
    first: list[Question] = [] if origin in facts.asked else [origin]
    if NetworkAt(address) not in facts.asked and not _is_answered(facts, address):
        return [NetworkAt(address), *first]
    chain = chain_of(facts, address)
    first += _desks(chain)
    if not chain.levels:
        return first + _without_leaf(facts, chain)
    above = _above(facts, chain)
    if above:
        return first + above
    outcome = accountable_holder(facts, chain)
    if isinstance(outcome, Undecided):
        return first + _proof(facts, chain, outcome)
    return first + _of_accountable(facts, chain, outcome)


def _is_answered(facts: Facts, address: Address) -> bool:
    """Say whether RDAP answered about an address: itself,
    or with a network that nothing more specific can lie in.
    """
    return any(
        source.registration.covers(address)
        and isinstance(source.record.question, NetworkAt)
        and (source.record.question.address == address or _is_terminal(source.registration))
        for source in facts.networks
    )


def _is_terminal(network: Network) -> bool:
    known = block_type(network.registry, network.type, network.first.version)
    return known is not None and known.terminal


def _desks(chain: Chain) -> list[Question]:
    countries = {source.registration.country for level in chain.levels for source in level.sources}
    countries |= {level.holder.country for level in chain.levels}
    return [
        HotlinesAndAuthorityOf(country)
        for country in sorted(country for country in countries if country)
    ]


def _without_leaf(facts: Facts, chain: Chain) -> list[Question]:
    """Ask for text, of the registry that did not answer
    by RDAP where it is known, else from IANA's root.

    A registry that asks for a moment's patience gets it: its text is not asked for instead.
    """
    silent = facts.open.get(NetworkAt(chain.address))
    waits = silent.retry_at - silent.fetched_at if silent and silent.retry_at else None
    if silent and silent.outcome == "rate_limited" and waits is not None and waits <= _MOMENT:
        return []
    registry = server_for_url(silent.url).registry if silent and silent.url else None
    known = registries().get(registry or "")
    return _first_layer(
        facts, *_national(facts, chain), [WhoisAt(chain.address, known.whois if known else None)]
    )


def _above(facts: Facts, chain: Chain) -> list[Question]:
    """Ask what lies above the topmost level, where the
    rules cannot end without it: by RDAP, then on port 43.
    """
    highest = chain.levels[-1]
    if not needs_above(highest) or len(chain.levels) > _MOST_LEVELS:
        return []
    national = registry_to_ask(chain)  # it knows what lies above; the regional copy does not
    if national and national != highest.network.registry:
        return _first_layer(facts, *_national(facts, chain))
    if is_complete(facts, chain):
        return []
    network = highest.network
    url = _url_above(network, _base(highest.main.record.url))
    by_rdap: list[Question] = [NetworkAbove(url, network.first, network.last)] if url else []
    return _first_layer(facts, by_rdap, _text_above(chain, highest))


def _text_above(chain: Chain, highest: Level) -> list[Question]:
    """Ask port 43 of the level's registry; LACNIC names
    the block above, and gives it by its exact block.
    """
    known = registries().get(highest.network.registry)
    if known is None:
        return []
    if highest.network.protocol == "whois" and highest.network.parent:
        blocks = cidrs(*highest.network.parent)
        if whois_server(known.whois).query_above == "{cidr}" and len(blocks) == 1:
            return [WhoisAbove(str(blocks[0]), known.whois)]
    return [WhoisAt(chain.address, known.whois)]


def _proof(facts: Facts, chain: Chain, outcome: Undecided) -> list[Question]:
    """Ask what would tell a customer from an accountable company."""
    if outcome.missing is Proof.SYSTEM:
        return _systems(facts, chain.address)
    if outcome.missing is Proof.MEMBER and outcome.level:
        return _member(facts, outcome.level)
    if outcome.missing is Proof.ABOVE:
        return _first_layer(facts, _text_above(chain, chain.levels[-1]))
    return _first_layer(facts, *_national(facts, chain), [_text_of(chain, chain.levels[0])])


def _of_accountable(facts: Facts, chain: Chain, found: Accountable) -> list[Question]:
    """Ask what is missing of the accountable holder:
    its name and contact; and who may lease the space from it.
    """
    waiting = _first_layer(facts, _cards(facts, found.level))
    if waiting:
        return waiting
    if found.customers or (found.level is chain.leaf and found.level.is_allocation):
        waiting = _systems(facts, chain.address)
        if waiting:
            return waiting
    contact = found.level.contact
    own_block = (
        found.own_block.contact if found.own_block and found.own_block.organisation else contact
    )
    if contact.is_usable or own_block.is_usable or contact.redacted or contact.unusable:
        return []
    text: list[Question] = [_text_of(chain, found.level)]
    return _first_layer(facts, *_national(facts, chain), text, _systems(facts, chain.address))


def _member(facts: Facts, level: Level) -> list[Question]:
    """Ask the registry whether an organisation is its member:
    its own object, by RDAP, then in the text.
    """
    organisation = level.organisation
    if organisation is None:
        return []
    by_rdap: list[Question] = []
    for source in level.sources:
        base = _base(source.record.url) if source.registration.protocol == "rdap" else None
        if base:
            url = f"{base}entity/{quote(organisation.handle, safe='')}"
            by_rdap.append(EntityNamed(level.network.registry, organisation.handle, url))
    known = registries().get(level.network.registry)
    by_text: list[Question] = [WhoisAt(level.network.first, known.whois)] if known else []
    silent = [question for question in by_rdap if _failed(facts, question)]
    return _first_layer(facts, by_rdap[:1], by_text if silent or not by_rdap else [])


def _failed(facts: Facts, question: Question) -> bool:
    record = facts.open.get(question)
    return record is not None and record.outcome in UNANSWERED


def _systems(facts: Facts, address: Address) -> list[Question]:
    """Ask who holds each AS that announces an address:
    by RDAP, then on port 43 of the registry that it lies in.
    """
    announced = facts.longest_announcement(address)
    if announced is None:
        return []
    questions: list[Question] = []
    for asn in announced.asns[:_MOST_SYSTEMS]:
        if asn not in facts.systems:
            questions += _first_layer(facts, [SystemNumbered(asn)], _system_in_text(asn, announced))
    return questions


def _system_in_text(asn: int, announced: Announcement) -> list[Question]:
    """Ask where RDAP gave no holder: also where it knows no such AS,
    which is announced after all.
    """
    known = registries().get(_CYMRU_NAMES.get(announced.registry or "", announced.registry or ""))
    return [WhoisSystem(asn, known.whois)] if known else []


_CYMRU_NAMES = {"ripencc": "ripe"}
"""Registries that Team Cymru's zone calls otherwise than the table does."""


def _text_of(chain: Chain, level: Level) -> WhoisAt:
    """Ask the registry that answered for its text too;
    from IANA's root where it is none of the known ones.
    """
    known = registries().get(level.network.registry)
    return WhoisAt(chain.address, known.whois if known else None)


def _first_layer(facts: Facts, *layers: list[Question]) -> list[Question]:
    """Return the questions of the first layer that has some not yet asked."""
    for layer in layers:
        waiting = [question for question in layer if question not in facts.asked]
        if waiting:
            return waiting
    return []


def _cards(facts: Facts, level: Level) -> list[Question]:
    """Ask for the abuse role, or the organisation, that an answer names by its handle only."""
    source = level.contact_source
    registration, record = source.registration, source.record
    base = _base(record.url)
    if registration.protocol != "rdap" or not base:
        return []
    handles = [] if level.contact.is_usable else [entity_to_fetch(registration, facts.entities)]
    organisation = level.organisation
    if organisation and not level.holder.certain:
        handles.append(organisation.handle)
    return [
        EntityNamed(registration.registry, handle, f"{base}entity/{quote(handle, safe='')}")
        for handle in handles
        if handle
    ]


def _url_above(network: Network, base: str | None) -> str | None:
    if network.up and server_for_url(network.up).registry == network.registry:
        return network.up
    if network.parent is None or base is None:
        return None
    return f"{base}ip/{cidrs(*network.parent)[0]}"


def _base(url: str | None) -> str | None:
    """Return the service's base URL of a question that was asked: all before `ip/`."""
    if not url:
        return None
    parts = urlsplit(url)
    head, separator, _ = parts.path.partition("/ip/")
    return f"{parts.scheme}://{parts.netloc}{head}/" if separator else None


def _national(facts: Facts, chain: Chain) -> tuple[list[Question], list[Question]]:
    """Return two layers: the national registry's RDAP where it serves it, then its text or page."""
    name = registry_to_ask(chain)
    if name is None:
        return [], []
    registry = registries()[name]
    by_rdap: list[Question] = (
        [NationalNetwork(name, chain.address, registry.rdap)] if registry.rdap else []
    )
    if registry.page is None:
        return by_rdap, [WhoisAt(chain.address, registry.whois)]
    page = facts.page_wanted(name, chain.address)
    return by_rdap, [NationalPage(name, chain.address, page)] if page else []
