"""Evidence, read: what the kept answers say about the target, ready for the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from attribution.addresses import Address, normal, read_address, special_purpose
from attribution.data.desks import Authority, Desk, Hotline
from attribution.errors import InvalidTarget
from attribution.evidence import UNANSWERED, Evidence, Record
from attribution.models import Deliverable
from attribution.questions import page_of
from attribution.registry.dns_answer import OriginAnswer, read_dns, read_origin
from attribution.registry.domain_answer import DomainRegistration, read_domain, read_domain_text
from attribution.registry.lenient import as_objects, as_text
from attribution.registry.nir_page import Page, PageWanted, read_nir_pages
from attribution.registry.rdap_answer import read_autnum, read_entity, read_json_object, read_network
from attribution.registry.registration import AutonomousSystem, Entity, Network, UnreadableAnswer
from attribution.registry.registries import registries, registry_of_server
from attribution.registry.whois_text import decode_whois, read_whois
from attribution.target import Target, parse_target


@dataclass(frozen=True, slots=True)
class Sourced:
    """A registration and the answer that it was read from."""

    registration: Network
    record: Record


MOST_ADDRESSES = 32
"""Who runs a name decides how many addresses it has: a thousand may not cost a thousand questions."""
TOLD_FOR = timedelta(hours=12)
"""How long an origin that somebody was told is taken for true: sites move."""


@dataclass(frozen=True, slots=True)
class Suffix:
    """A name's place under the public-suffix list."""

    registrable: str | None
    platform_suffix: str | None
    company: str | None
    source: str
    record: Record


@dataclass(frozen=True, slots=True)
class Listed:
    """A published list that an address is on."""

    kind: str
    company: str
    prefix: str
    source: str
    published: str


@dataclass(slots=True)
class Facts:
    """What is known so far. `learn` takes one answer at a time; nothing here asks."""

    evidence: Evidence
    target: Target | None = None
    invalid: InvalidTarget | None = None
    asked: set[str] = field(default_factory=set)
    addresses: dict[Address, list[str]] = field(default_factory=dict)
    """Each ordinary address of the site, with the CNAME links that led to it."""
    special: dict[Address, str] = field(default_factory=dict)
    made_up: set[Address] = field(default_factory=set)
    """Addresses that the resolver gives for names that do not exist."""
    rewritten: dict[Address, Record] = field(default_factory=dict)
    """Addresses of the site that are such: they say nothing of it."""
    networks: list[Sourced] = field(default_factory=list)
    entities: dict[str, Entity] = field(default_factory=dict)
    systems: dict[int, tuple[AutonomousSystem, Record]] = field(default_factory=dict)
    origins: dict[Address, tuple[list[OriginAnswer], Record]] = field(default_factory=dict)
    pages: dict[str, dict[Page, str]] = field(default_factory=dict)
    page_records: dict[str, Record] = field(default_factory=dict)
    open: dict[str, Record] = field(default_factory=dict)
    """Questions without an answer, by text: the last failure of each."""
    suffixes: dict[str, Suffix] = field(default_factory=dict)
    """What the public-suffix list says, by name."""
    fronts: dict[Address, list[tuple[Listed, Record]]] = field(default_factory=dict)
    domain: tuple[DomainRegistration, Record] | None = None
    left_out: int = 0
    """How many addresses of the site are not looked up, because there are too many."""
    desks: dict[str, Desk] = field(default_factory=dict)
    """Who takes a case in a country, by country."""
    mail: dict[str, Deliverable] = field(default_factory=dict)
    """Whether a mailbox's domain takes mail, by domain."""
    told: dict[Address, Record] = field(default_factory=dict)
    """Addresses behind a proxy, as somebody was told them."""
    told_too_long_ago: list[Record] = field(default_factory=list)
    claims: list[Record] = field(default_factory=list)
    """Answers of servers that no registry runs."""
    resolutions: list[Record] = field(default_factory=list)

    @classmethod
    def of(cls, evidence: Evidence) -> Facts:
        """Read a whole bundle."""
        facts = cls(evidence)
        try:
            facts.target = parse_target(evidence.input, documentation_is_special=evidence.documentation_is_special)
        except InvalidTarget as error:
            facts.invalid = error
            return facts
        if facts.target.address and not facts.target.not_attributable:
            facts.addresses[read_address(facts.target.address)] = []
        for record in evidence.records:
            facts.learn(record)
        return facts

    def learn(self, record: Record) -> None:
        """Take in one answer; what cannot be read counts as a question still open."""
        self.asked.add(record.question)
        if record.outcome in UNANSWERED:
            self.open[record.question] = record
            if record.kind == "mail":
                self.mail.setdefault(record.question.removeprefix("mail "), "unknown")
            if record.kind == "dns":
                self.resolutions.append(record)
            return
        try:
            read = _READERS.get(record.kind)
            if read:
                read(self, record)
        except (UnreadableAnswer, ValueError):  # a ValueError: the question of a bundle written by somebody else
            self.open[record.question] = record
        else:
            if record.kind != "bootstrap":
                self.open.pop(record.question, None)

    @property
    def site(self) -> str | None:
        """The registrable domain of the reported host; None for an address."""
        suffix = self.suffixes.get(self.target.host) if self.target else None
        return suffix.registrable if suffix else None

    @property
    def names(self) -> list[str]:
        """The reported host and every name that it is an alias of, in order."""
        found = [self.target.host] if self.target and self.target.address is None else []
        for via in self.addresses.values():
            found += [link.partition(" CNAME ")[2] for link in via]
        return list(dict.fromkeys(found))

    @property
    def platform(self) -> tuple[str, Suffix] | None:
        """The first of the names that is a customer page of a platform."""
        return next(
            ((name, one) for name in self.names if (one := self.suffixes.get(name)) and one.platform_suffix), None
        )

    def around(self, address: Address) -> list[Sourced]:
        """Return every registration around an address, most specific first.

        Of one range the national registry that keeps it comes before the regional one that points at it, RDAP before text.
        """
        order = {"nir": 0, "rdap": 1, "whois": 2}
        found = [one for one in self.networks if one.registration.covers(address)]
        for registry, pages in self.pages.items():
            found += self._from_pages(registry, address, pages)
        return sorted(
            found,
            key=lambda one: (
                one.registration.size, not _is_national(one.registration), order[one.registration.protocol]
            ),
        )  # fmt: skip

    def page_wanted(self, registry: str, address: Address) -> Page | None:
        """Return the national registry's page that its reader needs next, or None."""
        try:
            read_nir_pages(registry, address, self.pages.get(registry, {}))
        except PageWanted as wanted:
            return wanted.page
        except UnreadableAnswer:
            return None
        return None

    def _from_pages(self, registry: str, address: Address, pages: dict[Page, str]) -> list[Sourced]:
        # A contact's page that could not be had is read as empty: the network's own page still counts.
        known = dict(pages)
        for _ in range(8):
            try:
                found = read_nir_pages(registry, address, known)
            except PageWanted as wanted:
                if str(address) in wanted.page.url or wanted.page.form:
                    return []
                known[wanted.page] = ""
            except UnreadableAnswer:
                return []
            else:
                return [Sourced(one, self.page_records[registry]) for one in found if one.covers(address)]
        return []

    def _learn_dns(self, record: Record) -> None:
        self.resolutions.append(record)
        if record.outcome != "answered":
            return
        name, _, rdtype = record.question.rpartition(" ")
        answer = read_dns(record.body, name, rdtype)
        via = [f"{alias} CNAME {target}" for alias, target in answer.chain]
        # Resolvers turn the order of addresses with each answer (RFC 1794): it means nothing, and is set aside.
        for value in sorted(answer.values, key=lambda text: int(read_address(text))):
            address = normal(read_address(value))
            reason = special_purpose(address, documentation_is_special=self.evidence.documentation_is_special)
            if address in self.made_up:
                self.rewritten[address] = record
            elif reason:
                self.special[address] = reason
            elif address in self.addresses or len(self.addresses) < MOST_ADDRESSES:
                self.addresses.setdefault(address, via)
            else:
                self.left_out += 1

    def _learn_origin(self, record: Record) -> None:
        address = read_address(record.question.removeprefix("origin "))
        if record.outcome == "answered":
            self.origins[address] = (read_origin(record.body, record.url or ""), record)

    def _learn_rdap(self, record: Record) -> None:
        if record.outcome != "answered":
            return
        if record.question.startswith("ip "):
            self.networks.append(Sourced(read_network(record.body, record.server), record))
        elif record.question.startswith("entity "):
            self.entities[record.question.removeprefix("entity ").upper()] = read_entity(record.body)
        elif record.question.startswith("domain "):
            self.domain = (read_domain(record.body), record)
        elif record.question.startswith("autnum "):
            system = read_autnum(record.body, record.server)
            self.systems[int(record.question.removeprefix("autnum "))] = (system, record)

    def _learn_whois(self, record: Record) -> None:
        if record.outcome != "answered":
            return
        if record.question.startswith("domain "):
            name = record.question.removeprefix("domain ").removesuffix(" by whois")
            found = read_domain_text(decode_whois(record.body), name)
            self.domain = (found, record) if found else self.domain
        elif registry_of_server(record.server) is None:
            # Holders of networks name referral servers of their own: what those say is a claim, whoever it names.
            self.claims.append(record)
        else:
            self.networks += [Sourced(one, record) for one in read_whois(record.body, record.server)]

    def _learn_suffix(self, record: Record) -> None:
        values = read_json_object(record.body)
        name = record.question.removeprefix("suffix ")
        self.suffixes[name] = Suffix(
            as_text(values.get("registrable")),
            as_text(values.get("platform_suffix")),
            as_text(values.get("company")),
            as_text(values.get("source")) or record.server,
            record,
        )

    def _learn_front(self, record: Record) -> None:
        address = read_address(record.question.removeprefix("front "))
        self.fronts[address] = [
            (Listed(*(str(one.get(key) or "") for key in ("kind", "company", "prefix", "source", "published"))), record)
            for one in as_objects(read_json_object(record.body).get("lists"))
        ]

    def _learn_mail(self, record: Record) -> None:
        domain = record.question.removeprefix("mail ")
        name, _, rdtype = (record.url or f"{domain} MX").rpartition(" ")
        if record.outcome == "answered":
            hosts = [value.split()[-1] for value in read_dns(record.body, name, rdtype).values]
            self.mail[domain] = "undeliverable" if hosts == ["."] else "accepts_mail"
        else:  # no MX, or no address either: what the last of the answers says stands
            self.mail.setdefault(domain, "undeliverable")

    def _learn_desk(self, record: Record) -> None:
        values = read_json_object(record.body)
        hotlines = [(as_text(one.get("name")), as_text(one.get("url"))) for one in as_objects(values.get("hotlines"))]
        authority = next(iter(as_objects(values.get("authority"))), {})
        name, power, since, url = (as_text(authority.get(key)) or "" for key in ("name", "power", "since", "url"))
        self.desks[record.question.removeprefix("desk ")] = Desk(
            tuple(Hotline(name, url or "") for name, url in hotlines if name),
            Authority(name, power, since, url) if name else None,
            as_text(values.get("compiled")) or "unknown",
        )

    def _learn_canary(self, record: Record) -> None:
        if record.outcome == "answered":
            name, _, rdtype = (record.url or "").rpartition(" ")
            self.made_up |= {read_address(value) for value in read_dns(record.body, name, rdtype).values}

    def _learn_told(self, record: Record) -> None:
        if self.target is None or self.target.address or self.target.not_attributable:
            return
        address = normal(read_address(record.question.removeprefix("told origin ")))
        if self.evidence.observed_at - record.fetched_at > TOLD_FOR:
            self.told_too_long_ago.append(record)
        elif not special_purpose(address, documentation_is_special=self.evidence.documentation_is_special):
            self.told[address] = record
            self.addresses.setdefault(address, [f"told by {record.server}"])

    def _learn_page(self, record: Record) -> None:
        registry, page = page_of(record.question)
        self.pages.setdefault(registry, {})[page] = decode_whois(record.body)
        self.page_records.setdefault(registry, record)


def _is_national(registration: Network) -> bool:
    registry = registries().get(registration.registry)
    return registry is not None and registry.national


_READERS: dict[str, Callable[[Facts, Record], None]] = {
    "dns": Facts._learn_dns,
    "origin_as": Facts._learn_origin,
    "rdap": Facts._learn_rdap,
    "whois": Facts._learn_whois,
    "nir_page": Facts._learn_page,
    "suffix": Facts._learn_suffix,
    "front": Facts._learn_front,
    "mail": Facts._learn_mail,
    "desk": Facts._learn_desk,
    "told_origin": Facts._learn_told,
    "canary": Facts._learn_canary,
}
"""How each kind of answer is read."""
