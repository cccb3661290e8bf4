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
from attribution.decide.levels import Chain, Level, chain_of, needs_above, registry_to_ask, type_of
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
from attribution.registry.registries import registries, registry
from attribution.registry.servers import server_for_url, whois_server

_MOST_LEVELS = 5
"""Networks around an address, above which nothing more is asked."""
_MOST_SYSTEMS = 4
"""AS numbers of one announcement whose holders are asked for."""
_SHORT_WAIT = timedelta(minutes=1)
"""How long a registry that limits its rate is waited for instead of being asked on port 43."""


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
    questions = _about_target(facts, wishes)
    if wishes.systems:
        questions += [
            question for address in facts.addresses for question in _systems(facts, address)
        ]
    if not questions and wishes.mailboxes:
        emails = [party.abuse_contact.email for party in decide_from(facts).attribution.parties]
        questions = [MailTo(email.rpartition("@")[2]) for email in emails if email]
    return [question for question in dict.fromkeys(questions) if question not in facts.asked]


def _about_target(facts: Facts, wishes: Wishes) -> list[Question]:
    target = facts.target
    if target is None or target.not_attributable:
        return []
    questions: list[Question] = (
        [] if target.address or facts.resolutions else [ResolveName(target.host)]
    )
    if target.address is None and target.host not in facts.suffixes:
        return [*questions, SuffixOf(target.host)]
    questions += [SuffixOf(name) for name in facts.names]
    if wishes.registrar:
        questions += _domain(facts)
    for address in facts.addresses:
        questions += [ReverseProxyAt(address), *_about(facts, address)]
    return [question for question in questions if question not in facts.asked]


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
    first += _authorities(chain)
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
    block = type_of(network)
    return block is not None and block.terminal


def _authorities(chain: Chain) -> list[Question]:
    countries = {source.registration.country for level in chain.levels for source in level.sources}
    countries |= {level.holder.country for level in chain.levels}
    return [HotlinesAndAuthorityOf(country) for country in sorted(filter(None, countries))]


def _without_leaf(facts: Facts, chain: Chain) -> list[Question]:
    """Ask for text, of the registry that did not answer
    by RDAP where it is known, else from IANA's root.

    A registry that asks for a moment's patience gets it: its text is not asked for instead.
    """
    silent = facts.unanswered.get(NetworkAt(chain.address))
    wait = silent.retry_at - silent.fetched_at if silent and silent.retry_at else None
    if silent and silent.outcome == "rate_limited" and wait is not None and wait <= _SHORT_WAIT:
        return []
    name = server_for_url(silent.url).registry if silent and silent.url else None
    return _first_layer(facts, *_national(facts, chain), [_text_at(chain.address, name)])


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
    row = registry(highest.network.registry)
    if row is None:
        return []
    if highest.network.protocol == "whois" and highest.network.parent:
        blocks = cidrs(*highest.network.parent)
        if whois_server(row.whois).query_above == "{cidr}" and len(blocks) == 1:
            return [WhoisAbove(str(blocks[0]), row.whois)]
    return [WhoisAt(chain.address, row.whois)]


def _proof(facts: Facts, chain: Chain, outcome: Undecided) -> list[Question]:
    """Ask what would tell a customer from an accountable company."""
    if outcome.missing is Proof.SYSTEM:
        return _systems(facts, chain.address)
    if outcome.missing is Proof.MEMBER and outcome.level:
        return _member(facts, outcome.level)
    if outcome.missing is Proof.ABOVE:
        return _first_layer(facts, _text_above(chain, chain.levels[-1]))
    text = _text_at(chain.address, chain.levels[0].network.registry)
    return _first_layer(facts, *_national(facts, chain), [text])


def _of_accountable(facts: Facts, chain: Chain, accountable: Accountable) -> list[Question]:
    """Ask what is missing of the accountable holder:
    its name and contact; and who may lease the space from it.
    """
    level, own_block = accountable.level, accountable.own_block
    waiting = _first_layer(facts, _cards(facts, level))
    if waiting:
        return waiting
    if accountable.customers or (level is chain.leaf and level.is_allocation):
        waiting = _systems(facts, chain.address)
        if waiting:
            return waiting
    contact = level.contact
    own = own_block.contact if own_block and own_block.organisation else contact
    if contact.is_usable or own.is_usable or contact.redacted or contact.unusable:
        return []
    text = _text_at(chain.address, level.network.registry)
    systems = _systems(facts, chain.address)
    return _first_layer(facts, *_national(facts, chain), [text], systems)


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
    row = registry(level.network.registry)
    by_text: list[Question] = [WhoisAt(level.network.first, row.whois)] if row else []
    silent = [question for question in by_rdap if _failed(facts, question)]
    return _first_layer(facts, by_rdap[:1], by_text if silent or not by_rdap else [])


def _failed(facts: Facts, question: Question) -> bool:
    record = facts.unanswered.get(question)
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
    name = announced.registry or ""
    row = registry(_CYMRU_NAMES.get(name, name))
    return [WhoisSystem(asn, row.whois)] if row else []


_CYMRU_NAMES = {"ripencc": "ripe"}
"""Registries that Team Cymru's zone calls otherwise than the table does."""


def _text_at(address: Address, registry_id: str | None) -> WhoisAt:
    """Ask a registry for its text; IANA's root where it is none of the known ones."""
    row = registry(registry_id)
    return WhoisAt(address, row.whois if row else None)


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
    row = registries()[name]
    by_rdap: list[Question] = [NationalNetwork(name, chain.address, row.rdap)] if row.rdap else []
    if row.page is None:
        return by_rdap, [WhoisAt(chain.address, row.whois)]
    page = facts.next_page(name, chain.address)
    return by_rdap, [NationalPage(name, chain.address, page)] if page else []
