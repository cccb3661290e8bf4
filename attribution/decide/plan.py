"""What to ask next: pure, from what is known. When nothing is left to ask, `decide` gives the answer."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlsplit

from attribution.addresses import Address, cidrs
from attribution.decide.answer import decide_from
from attribution.decide.chain import Chain, Level, chain_of, needs_parent, registry_to_ask, responsible_for
from attribution.decide.contact import entity_to_fetch
from attribution.decide.facts import Facts
from attribution.decide.holder import unnamed_organisation
from attribution.questions import (
    DeskOf,
    DomainNamed,
    EntityNamed,
    FrontOf,
    MailTo,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    OriginOf,
    Question,
    ResolveName,
    SuffixOf,
    SystemNumbered,
    WhoisAt,
)
from attribution.registry.registration import Network
from attribution.registry.registries import registries, registry_of_server

_MOST_LEVELS = 4
_MOMENT = timedelta(minutes=1)
# From a /8 and an IPv6 /24 up there are only the registries' own placeholder blocks.
_WHOLE_REGION = {4: 2**24, 6: 2**104}


def next_questions(
    facts: Facts, *, ask_registrar: bool = True, ask_systems: bool = False, check_mailboxes: bool = False
) -> list[Question]:
    """Return what is still to be asked, each question once; empty when the evidence is complete."""
    wanted = _about_target(facts, ask_registrar)
    if ask_systems:
        wanted += [question for address in facts.addresses for question in _system(facts, address)]
    if not wanted and check_mailboxes:
        emails = [party.abuse_contact.email for party in decide_from(facts).attribution.parties]
        wanted = [MailTo(email.rpartition("@")[2]) for email in emails if email]
    return list({one.text: one for one in wanted if one.text not in facts.asked}.values())


def _about_target(facts: Facts, ask_registrar: bool) -> list[Question]:
    target = facts.target
    if target is None or target.not_attributable:
        return []
    wanted: list[Question] = [] if target.address or facts.resolutions else [ResolveName(target.host)]
    if target.address is None and target.host not in facts.suffixes:
        return [*wanted, SuffixOf(target.host)]
    wanted += [SuffixOf(name) for name in facts.names]
    if ask_registrar:
        wanted += _domain(facts)
    for address in facts.addresses:
        wanted += [FrontOf(address), *_about(facts, address, facts.site)]
    return [one for one in wanted if one.text not in facts.asked]


def _domain(facts: Facts) -> list[Question]:
    """Ask for the site's own domain; a platform's customer pages have none."""
    if facts.site is None or facts.platform:
        return []
    if facts.domain:
        return [SuffixOf(host) for host in facts.domain[0].nameservers]
    return _first_layer(facts, [DomainNamed(facts.site)], [DomainNamed(facts.site, whois=True)])


def _about(facts: Facts, address: Address, site: str | None) -> list[Question]:
    network, origin = NetworkAt(address), OriginOf(address)
    first: list[Question] = [] if origin.text in facts.asked else [origin]
    answered = any(one.registration.covers(address) and one.record.question.startswith("ip ") for one in facts.networks)
    if network.text not in facts.asked and not answered:
        return [network, *first]
    chain = chain_of(facts, address)
    countries = {one.registration.country for level in chain.levels for one in level.sources}
    countries |= {level.holder.country for level in chain.levels if level.holder}
    first += [DeskOf(country) for country in sorted(country for country in countries if country)]
    return first + (_for_leaf(facts, chain, chain.leaf, site) if chain.leaf else _without_leaf(facts, chain))


def _without_leaf(facts: Facts, chain: Chain) -> list[Question]:
    """Ask for text, of the registry that did not answer by RDAP where it is known, else from IANA's root.

    A registry that asks for a moment's patience gets it: its text is not asked for instead.
    """
    silent = facts.open.get(NetworkAt(chain.address).text)
    if (
        silent
        and silent.outcome == "rate_limited"
        and silent.retry_at
        and silent.retry_at - silent.fetched_at <= _MOMENT
    ):
        return []
    known = registries().get(registry_of_server(silent.server) or "") if silent else None
    return _first_layer(facts, *_national(facts, chain), [WhoisAt(chain.address, known.whois if known else None)])


def _for_leaf(facts: Facts, chain: Chain, leaf: Level, site: str | None) -> list[Question]:
    """Ask one layer at a time, cheapest first; a later one only when the ones before left something open."""
    waiting = _first_layer(facts, _cards(leaf) + _parent(chain, leaf))
    if waiting:
        return waiting
    found = responsible_for(chain, site)
    if found and (found.level.contact.found or found.level.contact.redacted or found.inherits):
        return []
    return _first_layer(facts, *_national(facts, chain), [_text_of(chain, leaf)], _system(facts, chain.address))


def _text_of(chain: Chain, leaf: Level) -> WhoisAt:
    """Ask the registry that answered for its text too; from IANA's root where it is none of the known ones."""
    known = registries().get(leaf.main.registration.registry)
    return WhoisAt(chain.address, known.whois if known else None)


def _first_layer(facts: Facts, *layers: list[Question]) -> list[Question]:
    """Return the questions of the first layer that has some not yet asked."""
    for layer in layers:
        waiting = [one for one in layer if one.text not in facts.asked]
        if waiting:
            return waiting
    return []


def _system(facts: Facts, address: Address) -> list[Question]:
    """Ask for the AS only where one AS alone announces the address."""
    origins, _ = facts.origins.get(address, ([], None))
    asns = {asn for one in origins for asn in one.asns}
    return [SystemNumbered(asn) for asn in asns] if len(asns) == 1 else []


def _cards(leaf: Level) -> list[Question]:
    """Ask for the abuse role, or the organisation, that the answer names by its handle only."""
    registration, record = leaf.main.registration, leaf.main.record
    handles = [None if leaf.contact.found else entity_to_fetch(registration), unnamed_organisation(registration)]
    base = _base(record.url)
    if registration.protocol != "rdap" or not base:
        return []
    return [EntityNamed(f"{base}entity/{quote(handle, safe='')}", handle) for handle in handles if handle]


def _parent(chain: Chain, leaf: Level) -> list[Question]:
    if not needs_parent(leaf) or len(chain.levels) > _MOST_LEVELS:
        return []
    highest = chain.levels[-1]
    if highest is not leaf and not (needs_parent(highest) and not highest.contact.found):
        return []
    url = _url_above(highest.main.registration, _base(highest.main.record.url))
    return [NetworkAbove(url, (highest.main.registration.first, highest.main.registration.last))] if url else []


def _url_above(registration: Network, base: str | None) -> str | None:
    if registration.up:
        return registration.up
    if registration.parent is None or base is None:
        return None
    first, last = registration.parent
    if int(last) - int(first) + 1 >= _WHOLE_REGION[first.version]:
        return None
    block = cidrs(first, last)[0]
    return f"{base}ip/{block}"


def _base(url: str | None) -> str | None:
    """Return the service's base URL of a question that was asked: all before `ip/`."""
    if not url:
        return None
    parts = urlsplit(url)
    head, found, _ = parts.path.rpartition("/ip/")
    return f"{parts.scheme}://{parts.netloc}{head}/" if found else None


def _national(facts: Facts, chain: Chain) -> tuple[list[Question], list[Question]]:
    """Return two layers: the national registry's RDAP where it serves it, then its text or page."""
    name = registry_to_ask(chain)
    if name is None:
        return [], []
    registry = registries()[name]
    by_rdap: list[Question] = [NationalNetwork(name, chain.address, registry.rdap)] if registry.rdap else []
    if registry.page is None:
        return by_rdap, [WhoisAt(chain.address, registry.whois)]
    page = facts.page_wanted(name, chain.address)
    return by_rdap, [NationalPage(name, chain.address, page)] if page else []
