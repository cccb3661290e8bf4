"""Evidence, read: what the recorded answers say about the target, ready for the rules."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any

from attribution.data.authorities import Authority, Hotline, HotlinesAndAuthority
from attribution.decide.holder import EntityKey
from attribution.errors import InvalidTarget
from attribution.evidence import UNANSWERED, Evidence, Page, Question, Record
from attribution.evidence.question import (
    DisclosedOriginAt,
    DomainNamed,
    EntityNamed,
    HotlinesAndAuthorityOf,
    MailTo,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    NonexistentName,
    OriginOf,
    RegistryAddress,
    ResolveName,
    ReverseProxyAt,
    ServedFrom,
    SuffixOf,
    SystemNumbered,
    VouchedFor,
    WhoisAbove,
    WhoisAt,
    WhoisSystem,
)
from attribution.models import Deliverable
from attribution.net.addresses import Address, normal, read_address, special_purpose
from attribution.registry.dns_answer import OriginAnswer, read_dns, read_origin
from attribution.registry.documents import read_document
from attribution.registry.domain_answer import DomainRegistration, read_domain, read_domain_text
from attribution.registry.lenient import as_objects, as_text
from attribution.registry.nir_page import PageNeeded, read_nir_pages
from attribution.registry.readers import read_autnum, read_entity, read_networks
from attribution.registry.registration import AutonomousSystem, Entity, Network, UnreadableAnswer
from attribution.registry.registries import is_national
from attribution.registry.servers import Server, server_for_url, whois_server
from attribution.registry.stubs import national_registry
from attribution.registry.text import decode
from attribution.target import Target, parse_target

MOST_ADDRESSES = 32
"""Addresses of one name that are looked up: its owner decides how many it has."""
DISCLOSURE_LIFETIME = timedelta(hours=12)
"""How long a disclosed origin is taken for true: sites move."""
_CLOCK_SKEW = timedelta(hours=1)
"""How far in the future the time of a disclosure may lie."""
_MOST_PAGES = 8
"""Pages of a national registry that one reading may lack."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A CNAME record on the way from the reported name to an address."""

    name: str
    target: str

    def __str__(self) -> str:
        return f"{self.name} CNAME {self.target}"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """That an address was not resolved, but disclosed as an origin."""

    source: str

    def __str__(self) -> str:
        return f"told by {self.source}"


Path = list[Alias | Disclosure]
"""How the reported name led to an address."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """A network and the answer that it was read from."""

    registration: Network
    record: Record


@dataclass(frozen=True, slots=True)
class SourcedSystem:
    """An AS and the answer that it was read from."""

    registration: AutonomousSystem
    record: Record


@dataclass(frozen=True, slots=True)
class Announcement:
    """The longest announced prefix around an address, and every AS seen as its origin."""

    prefix: str
    first: Address
    last: Address
    asns: tuple[int, ...]
    country: str | None
    registry: str | None
    """The registry that the AS lies in, as the origin zone says."""
    record: Record


@dataclass(frozen=True, slots=True)
class Suffix:
    """A name's place under the public-suffix list and the table of platforms."""

    registrable: str | None
    platform_suffix: str | None
    company: str | None
    """The platform's company, from the tables only;
    None for a private suffix that no table knows.
    """
    provider: str | None
    contact: str | None
    source: str
    record: Record


@dataclass(frozen=True, slots=True)
class ListedBlock:
    """The block around an address on a published list."""

    kind: str
    """`cdn`, `cloud`, `sinkhole` or `parking`."""
    company: str
    prefix: str
    source: str
    published: str
    """The date of the list."""


@dataclass(slots=True)
class Facts:
    """What the answers so far say. `learn` takes in one answer; nothing here asks."""

    evidence: Evidence
    target: Target | None = None
    invalid: InvalidTarget | None = None
    asked: set[Question] = field(default_factory=set)
    resolved: dict[Address, Path] = field(default_factory=dict)
    """Each ordinary address that DNS gave or that was disclosed, with what led to it."""
    special: dict[Address, str] = field(default_factory=dict)
    """Special-purpose addresses that DNS gave, with the name of their range."""
    fabricated: set[Address] = field(default_factory=set)
    """Addresses that the resolver gives for names that do not exist."""
    rewritten: dict[Address, Record] = field(default_factory=dict)
    """Fabricated addresses that the resolver gives for the reported name."""
    networks: list[Sourced] = field(default_factory=list)
    entities: dict[EntityKey, Entity] = field(default_factory=dict)
    systems: dict[int, SourcedSystem] = field(default_factory=dict)
    origins: dict[Address, tuple[list[OriginAnswer], Record]] = field(default_factory=dict)
    pages: dict[str, dict[Page, str]] = field(default_factory=dict)
    page_records: dict[str, Record] = field(default_factory=dict)
    unanswered: dict[Question, Record] = field(default_factory=dict)
    """Questions without a usable answer, with the last failure of each."""
    absent: set[Question] = field(default_factory=set)
    """Questions that were answered with "there is none"."""
    suffixes: dict[str, Suffix] = field(default_factory=dict)
    """What the public-suffix list says, by name."""
    listed: dict[Address, list[tuple[ListedBlock, Record]]] = field(default_factory=dict)
    """The blocks on published lists that an address is in."""
    domain: tuple[DomainRegistration, Record] | None = None
    authorities: dict[str, HotlinesAndAuthority] = field(default_factory=dict)
    """Which hotlines and authority take a case in a country, by country."""
    mail: dict[str, Deliverable] = field(default_factory=dict)
    """Whether a mailbox's domain takes mail, by domain."""
    disclosed_origins: dict[Address, Record] = field(default_factory=dict)
    """Addresses behind a reverse proxy, as they were disclosed."""
    expired_disclosures: list[Record] = field(default_factory=list)
    """Disclosures older than DISCLOSURE_LIFETIME."""
    served_from: dict[Address, Record] = field(default_factory=dict)
    """Addresses that a check or an analyst saw serve the content."""
    vouched: dict[str, Record] = field(default_factory=dict)
    """Organisations that a person of the hotline vouches for, by provider id."""
    registry_addresses: set[Address] = field(default_factory=set)
    """Addresses of the site that are a registry's, a resolver's or the mail relay's."""
    claims: list[Record] = field(default_factory=list)
    """Answers of servers that no registry runs, and referrals to such:
    recorded, and nothing is decided by them.
    """
    resolutions: list[Record] = field(default_factory=list)

    @classmethod
    def of(cls, evidence: Evidence) -> Facts:
        """Read a whole bundle."""
        facts = cls(evidence)
        try:
            facts.target = parse_target(
                evidence.input, documentation_is_special=evidence.documentation_is_special
            )
        except InvalidTarget as error:
            facts.invalid = error
            return facts
        if facts.target.address and not facts.target.not_attributable:
            facts.resolved[read_address(facts.target.address)] = []
        for record in evidence.records:
            facts.learn(record)
        return facts

    def learn(self, record: Record) -> None:
        """Take in one answer; what cannot be read counts as a question still open."""
        question = record.question
        self.asked.add(question)
        if record.outcome in UNANSWERED:
            self._note_failure(record)
            return
        try:
            read = _READERS.get(type(question))
            if read and record.kind != "bootstrap":
                read(self, question, record)
        except (UnreadableAnswer, ValueError):  # ValueError: a bundle that was not written by us
            self.unanswered[question] = record
            return
        if record.kind != "bootstrap" and record.outcome != "redirected":
            self.unanswered.pop(question, None)
            if record.outcome == "not_found":
                self.absent.add(question)

    @property
    def addresses(self) -> dict[Address, Path]:
        """The addresses that are looked up, with what led to each.

        Above 32 it is a sample that the site's owner cannot choose: by a key made of a local secret
        and the host.
        """
        if len(self.resolved) <= MOST_ADDRESSES:
            return self.resolved
        stated = self.disclosed_origins.keys() | self.served_from.keys()
        always = [address for address in self.resolved if address in stated]
        drawn = sorted(self.resolved, key=partial(_lot, self.evidence.sample_key))
        chosen = list(dict.fromkeys([*always, *drawn]))[: max(MOST_ADDRESSES, len(always))]
        return {address: self.resolved[address] for address in sorted(chosen, key=int)}

    @property
    def left_out(self) -> int:
        """How many addresses of the site are not looked up, because there are too many."""
        return len(self.resolved) - len(self.addresses)

    @property
    def site(self) -> str | None:
        """The registrable domain of the reported host; None for an address."""
        suffix = self.suffixes.get(self.target.host) if self.target else None
        return suffix.registrable if suffix else None

    @property
    def site_domains(self) -> set[str]:
        """The domains that the site's owner may run mail in:
        the host's own and those of its aliases.
        """
        domains = set(self.names)
        for name in self.names:
            suffix = self.suffixes.get(name)
            if suffix and suffix.registrable and not suffix.company:
                domains.add(suffix.registrable)
        return domains

    @property
    def names(self) -> list[str]:
        """The reported host and every name that it is an alias of, in order."""
        names = [self.target.host] if self.target and self.target.address is None else []
        for path in self.resolved.values():
            names += [step.target for step in path if isinstance(step, Alias)]
        return list(dict.fromkeys(names))

    def is_of_the_site(self, email: str | None, form: str | None = None) -> bool:
        """Say whether the site's owner may run a mailbox or form: it lies in the domain of the
        reported host or of an alias of it, or on a reported address.
        """
        if email and self._is_in_site_domain(email.rpartition("@")[2]):
            return True
        if form is None:
            return False
        try:  # read as reported URLs are: other alphabets, and every form of an address
            target = parse_target(form)
        except InvalidTarget:
            return False
        if target.address:
            return read_address(target.address) in self.resolved
        return self._is_in_site_domain(target.host)

    def _is_in_site_domain(self, host: str) -> bool:
        return any(host == domain or host.endswith("." + domain) for domain in self.site_domains)

    @property
    def platform(self) -> tuple[str, Suffix] | None:
        """The first of the names that is a page of a platform of the tables."""
        for name in self.names:
            suffix = self.suffixes.get(name)
            if suffix and suffix.company:
                return name, suffix
        return None

    def around(self, address: Address) -> list[Sourced]:
        """Return every network around an address, most specific first.

        Of one range the national registry that keeps it comes before the regional one that points
        at it, RDAP before text.
        """
        order = {"nir": 0, "rdap": 1, "whois": 2}
        sources = [source for source in self.networks if source.registration.covers(address)]
        sources = _without_text_below_rdap(sources)
        for registry, pages in self.pages.items():
            sources += self._from_pages(registry, address, pages)
        return sorted(
            sources,
            key=lambda source: (
                source.registration.size,
                not is_national(source.registration.registry),
                order[source.registration.protocol],
            ),
        )

    def systems_announcing(self, address: Address) -> list[SourcedSystem]:
        """Return each AS that announces an address and whose registration is known."""
        announced = self.longest_announcement(address)
        asns = announced.asns if announced else ()
        return [self.systems[asn] for asn in asns if asn in self.systems]

    def longest_announcement(self, address: Address) -> Announcement | None:
        """Return the longest announced prefix around an address; None where none is known."""
        answers, record = self.origins.get(address, ([], None))
        if not answers or record is None:
            return None
        best = answers[0]  # the most specific comes first
        try:
            block = ipaddress.ip_network(best.prefix, strict=False)
        except ValueError:
            return None
        asns = {asn for answer in answers if answer.prefix == best.prefix for asn in answer.asns}
        return Announcement(
            best.prefix,
            block[0],
            block[-1],
            tuple(sorted(asns)),
            best.country,
            best.registry,
            record,
        )

    def announcement_is_open(self, address: Address) -> bool:
        """Say whether it is not known who announces an address."""
        question = OriginOf(address)
        return question not in self.absent and address not in self.origins

    def system_is_open(self, asn: int) -> bool:
        """Say whether it is not known who holds an AS."""
        by_whois = (
            isinstance(question, WhoisSystem) and question.asn == asn for question in self.absent
        )
        return (
            asn not in self.systems and SystemNumbered(asn) not in self.absent and not any(by_whois)
        )

    def entity_is_open(self, registry: str, handle: str) -> bool:
        """Say whether it is not known what a registry says of an organisation."""
        return not any(
            isinstance(question, EntityNamed)
            and (question.registry, question.handle.upper()) == (registry, handle.upper())
            for question in self.absent
        )

    def nothing_above(self, network: Network, *, handed_out: bool) -> bool:
        """Say whether nothing but the registry's own lies above a network, as far as can be asked.

        `handed_out` is whether its type says that a provider lies above: then a missing link to it
        proves nothing.
        """
        above = (question for question in self.absent if isinstance(question, NetworkAbove))
        if any(
            (question.first, question.last) == (network.first, network.last) for question in above
        ):
            return True
        if network.parent and _is_whole_region(*network.parent):
            return True
        in_text = any(
            isinstance(question, WhoisAt)
            and network.covers(question.address)
            and question not in self.unanswered
            for question in self.asked
        )
        named = (
            network.up is not None
            or network.parent is not None
            or network.parent_handle is not None
        )
        if not named:
            return in_text or not handed_out
        if not in_text:
            return False
        return not (network.protocol == "whois" and network.parent) and self._shows_above(network)

    def _shows_above(self, network: Network) -> bool:
        """Say whether some answer holds a network,
        a registry's own object too, around another one.
        """
        return any(
            source.registration.size > network.size
            and source.registration.covers(network.first)
            and source.registration.covers(network.last)
            for source in self.networks
        )

    def next_page(self, registry: str, address: Address) -> Page | None:
        """Return the national registry's page that its reader needs next, or None."""
        try:
            read_nir_pages(registry, address, self.pages.get(registry, {}))
        except PageNeeded as needed:
            return needed.page
        except UnreadableAnswer:
            return None
        return None

    def _note_failure(self, record: Record) -> None:
        self.unanswered[record.question] = record
        if isinstance(record.question, MailTo):
            self.mail.setdefault(record.question.domain, "unknown")
        if record.kind == "dns":
            self.resolutions.append(record)

    def _from_pages(self, registry: str, address: Address, pages: dict[Page, str]) -> list[Sourced]:
        # A contact's page that could not be had is read as empty: the network's own page still
        # counts.
        pages = dict(pages)
        record = self.page_records[registry]
        for _ in range(_MOST_PAGES):
            try:
                networks = read_nir_pages(registry, address, pages)
                return [Sourced(network, record) for network in networks if network.covers(address)]
            except PageNeeded as needed:
                if str(address) in needed.page.url or needed.page.form:
                    return []
                pages[needed.page] = ""
            except UnreadableAnswer:
                return []
        return []

    def _learn_names(self, question: ResolveName, record: Record) -> None:
        self.resolutions.append(record)
        if record.outcome != "answered":
            return
        answer = read_dns(record.body, question.host, question.rdtype)
        path: Path = [Alias(name, target) for name, target in answer.chain]
        # Resolvers rotate the order of addresses with each answer (RFC 1794): it means nothing.
        for value in sorted(answer.values, key=lambda text: int(read_address(text))):
            address = normal(read_address(value))
            reason = special_purpose(
                address, documentation_is_special=self.evidence.documentation_is_special
            )
            if address in self.fabricated:
                self.rewritten[address] = record
            elif reason:
                self.special[address] = reason
            else:
                self.resolved.setdefault(address, path)

    def _learn_origin(self, question: OriginOf, record: Record) -> None:
        if record.outcome == "answered":
            self.origins[question.address] = (
                read_origin(record.body, record.url or ""),
                record,
            )

    def _believed(self, record: Record) -> Server | None:
        """Return the registry's server that answered;
        None without an answer, or for a mere claim.
        """
        if record.outcome != "answered":
            return None
        server = _server_of(record)
        if not server.listed:
            self.claims.append(record)
            return None
        return server

    def _learn_network(self, _question: Question, record: Record) -> None:
        server = self._believed(record)
        if server:
            self.networks += [
                Sourced(network, record) for network in read_networks(record.body, server)
            ]

    def _learn_entity(self, question: EntityNamed, record: Record) -> None:
        server = self._believed(record)
        if server:
            entity = read_entity(record.body, server)
            if entity.handle and entity.handle.upper() != question.handle.upper():
                raise UnreadableAnswer(f"the answer is about {entity.handle}")
            self.entities[server.registry, question.handle.upper()] = entity

    def _learn_system(self, question: SystemNumbered | WhoisSystem, record: Record) -> None:
        server = self._believed(record)
        if server:
            system = read_autnum(record.body, server, question.asn)
            self.systems.setdefault(question.asn, SourcedSystem(system, record))

    def _learn_domain(self, question: DomainNamed, record: Record) -> None:
        if record.outcome != "answered":
            return
        if record.kind == "whois":
            domain = read_domain_text(decode(record.body), question.name)
            self.domain = (domain, record) if domain else self.domain
        else:
            self.domain = read_domain(record.body), record

    def _learn_suffix(self, question: SuffixOf, record: Record) -> None:
        values = read_document(record.body)
        self.suffixes[question.name] = Suffix(
            registrable=as_text(values.get("registrable")),
            platform_suffix=as_text(values.get("platform_suffix")),
            company=as_text(values.get("company")),
            provider=as_text(values.get("provider")),
            contact=as_text(values.get("contact")),
            source=as_text(values.get("source")) or record.server,
            record=record,
        )

    def _learn_listed(self, question: ReverseProxyAt, record: Record) -> None:
        keys = ("kind", "company", "prefix", "source", "published")
        self.listed[question.address] = [
            (ListedBlock(*(str(row.get(key) or "") for key in keys)), record)
            for row in as_objects(read_document(record.body).get("lists"))
        ]

    def _learn_mail(self, question: MailTo, record: Record) -> None:
        domain = question.domain
        name, _, rdtype = (record.url or f"{domain} MX").rpartition(" ")
        if record.outcome == "answered":
            hosts = [value.split()[-1] for value in read_dns(record.body, name, rdtype).values]
            self.mail[domain] = "undeliverable" if hosts == ["."] else "accepts_mail"
        else:  # no MX, or no address either: what the last of the answers says stands
            self.mail.setdefault(domain, "undeliverable")

    def _learn_authorities(self, question: HotlinesAndAuthorityOf, record: Record) -> None:
        values = read_document(record.body)
        hotlines = [
            (as_text(row.get("name")), as_text(row.get("url")))
            for row in as_objects(values.get("hotlines"))
        ]
        authority = next(iter(as_objects(values.get("authority"))), {})
        name, power, since, url = (
            as_text(authority.get(key)) or "" for key in ("name", "power", "since", "url")
        )
        self.authorities[question.country] = HotlinesAndAuthority(
            tuple(Hotline(name, url or "") for name, url in hotlines if name),
            Authority(name, power, since, url) if name else None,
            as_text(values.get("compiled")) or "unknown",
        )

    def _learn_fabricated(self, _question: NonexistentName, record: Record) -> None:
        if record.outcome == "answered":
            host, _, rdtype = (record.url or "").rpartition(" ")
            self.fabricated |= {
                normal(read_address(value)) for value in read_dns(record.body, host, rdtype).values
            }

    def _learn_disclosed(self, question: DisclosedOriginAt, record: Record) -> None:
        if self.target is None or self.target.address or self.target.not_attributable:
            return
        address = normal(question.address)
        age = self.evidence.observed_at - record.fetched_at
        if age > DISCLOSURE_LIFETIME or age < -_CLOCK_SKEW:
            self.expired_disclosures.append(record)
        elif not special_purpose(
            address, documentation_is_special=self.evidence.documentation_is_special
        ):
            self.disclosed_origins[address] = record
            self.resolved.setdefault(address, [Disclosure(record.server)])

    def _learn_served_from(self, question: ServedFrom, record: Record) -> None:
        self.served_from[normal(question.address)] = record

    def _learn_vouching(self, question: VouchedFor, record: Record) -> None:
        if question.names_organisation:
            self.vouched[question.provider] = record

    def _learn_registry_address(self, question: RegistryAddress, record: Record) -> None:
        self.registry_addresses.add(question.address)

    def _learn_page(self, question: NationalPage, record: Record) -> None:
        self.pages.setdefault(question.registry, {})[question.page] = decode(record.body)
        self.page_records.setdefault(question.registry, record)


@lru_cache(maxsize=2**13)
def _lot(sample_key: str, address: Address) -> bytes:
    return hashlib.blake2b(address.packed, key=bytes.fromhex(sample_key)).digest()


def _without_text_below_rdap(sources: list[Sourced]) -> list[Sourced]:
    """Leave text out that is more specific than what RDAP
    gave over TLS: anybody on the way can write it.
    """
    proved = [
        source.registration.size
        for source in sources
        if source.registration.protocol == "rdap"
        and isinstance(source.record.question, NetworkAt)
        and source.record.came_unchanged
        and not is_national(source.registration.registry)
        and national_registry(source.registration) is None
    ]
    smallest = min(proved, default=0)
    return [
        source
        for source in sources
        if source.registration.protocol != "whois" or source.registration.size >= smallest
    ]


def _is_whole_region(first: Address, last: Address) -> bool:
    """Say whether a range is so wide (above a /8,
    an IPv6 /16) that only a registry's own block can be.
    """
    return int(last) - int(first) + 1 > (2**24 if first.version == 4 else 2**112)


def _server_of(record: Record) -> Server:
    """Return the server that answered, by the table of servers, never by the answer's own text."""
    return (
        server_for_url(record.url or f"https://{record.server}/")
        if record.kind == "rdap"
        else whois_server(record.server)
    )


_READERS: dict[type[Question], Callable[[Facts, Any, Record], None]] = {
    ResolveName: Facts._learn_names,
    NonexistentName: Facts._learn_fabricated,
    OriginOf: Facts._learn_origin,
    NetworkAt: Facts._learn_network,
    NetworkAbove: Facts._learn_network,
    NationalNetwork: Facts._learn_network,
    WhoisAt: Facts._learn_network,
    WhoisAbove: Facts._learn_network,
    EntityNamed: Facts._learn_entity,
    SystemNumbered: Facts._learn_system,
    WhoisSystem: Facts._learn_system,
    DomainNamed: Facts._learn_domain,
    SuffixOf: Facts._learn_suffix,
    ReverseProxyAt: Facts._learn_listed,
    MailTo: Facts._learn_mail,
    HotlinesAndAuthorityOf: Facts._learn_authorities,
    DisclosedOriginAt: Facts._learn_disclosed,
    ServedFrom: Facts._learn_served_from,
    VouchedFor: Facts._learn_vouching,
    NationalPage: Facts._learn_page,
    RegistryAddress: Facts._learn_registry_address,
}
