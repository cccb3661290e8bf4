"""Making evidence by hand: what registries answered, without asking them."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dns.message
import dns.rrset

from attribution import Attribution, Evidence
from attribution.decide import decide
from attribution.decide.facts import Facts
from attribution.decide.plan import Wishes, next_questions
from attribution.evidence import Kind, Outcome, Question, Record
from attribution.evidence.question import (
    EntityNamed,
    HotlinesAndAuthorityOf,
    NationalNetwork,
    NetworkAbove,
    NetworkAt,
    NonexistentName,
    OriginOf,
    ResolveName,
    ReverseProxyAt,
    SuffixOf,
    SystemNumbered,
    WhoisAbove,
    WhoisAt,
    WhoisSystem,
)
from attribution.evidence.statements import ServedStatement, Vouching
from attribution.net.addresses import Address

AT = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = "192.0.2.7"
HOST = "www.site.example"


def address_of(text: str) -> Address:
    """An address."""
    return ipaddress.ip_address(text)


def at(address: str = TARGET) -> NetworkAt:
    """The question for the network around an address."""
    return NetworkAt(address_of(address))


def text_at(address: str = TARGET, server: str | None = None) -> WhoisAt:
    """The question for the text about an address."""
    return WhoisAt(address_of(address), server)


def rdap(
    document: dict[str, Any] | bytes,
    question: Question | None = None,
    server: str = "rdap.db.ripe.net",
) -> Record:
    """An RDAP answer over TLS."""
    asked = question or at()
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    url = _url(asked, server)
    return Record("rdap", asked, server, AT, "answered", body, url=url, http_status=200, tls=True)


def whois(
    text: str | bytes, server: str = "whois.ripe.net", question: Question | None = None
) -> Record:
    """A port-43 answer."""
    body = text if isinstance(text, bytes) else text.encode("utf-8")
    return Record("whois", question or text_at(), server, AT, "answered", body)


def failure(
    outcome: Outcome, question: Question | None = None, server: str = "rdap.db.ripe.net"
) -> Record:
    """A question that was not answered."""
    asked, later = question or at(), AT + timedelta(minutes=15)
    by_text = isinstance(asked, WhoisAt | WhoisAbove | WhoisSystem)
    kind: Kind = "whois" if by_text else "origin_as" if isinstance(asked, OriginOf) else "rdap"
    url = None if by_text else _url(asked, server)
    return Record(kind, asked, server, AT, outcome, url=url, retry_at=later, note="trouble")


def absent(question: Question, server: str = "rdap.db.ripe.net") -> Record:
    """A question that was answered with "there is none"."""
    return replace(failure("not_found", question, server), retry_at=None, note=None)


def above(
    document: dict[str, Any], below: dict[str, Any], server: str = "rdap.db.ripe.net"
) -> Record:
    """The network above another one, both as their RDAP documents."""
    return rdap(document, above_of(below, server), server)


def above_of(below: dict[str, Any], server: str = "rdap.db.ripe.net") -> NetworkAbove:
    """The question for the network above one whose link `up` is `LINK_UP`'s."""
    ends = address_of(below["startAddress"]), address_of(below["endAddress"])
    return NetworkAbove(f"https://{server}/ip/192.0.2.0/23", *ends)


def resolved(host: str, *addresses: str, alias: str | None = None) -> Record:
    """A DNS answer, by way of a CNAME where `alias` is given."""
    kind = "AAAA" if ":" in addresses[0] else "A"
    answer = dns.message.make_response(dns.message.make_query(host, kind))
    answer.id = 0
    if alias:
        answer.answer.append(dns.rrset.from_text(f"{host}.", 300, "IN", "CNAME", f"{alias}."))
    owner = f"{alias or host}."
    answer.answer.append(dns.rrset.from_text(owner, 300, "IN", kind, *addresses))
    question = ResolveName(host, kind)
    return Record("dns", question, "127.0.0.1:53", AT, "answered", answer.to_wire())


def canary(*addresses: str) -> Record:
    """What the resolver says of a name that does not exist."""
    name = "www.canary.example"
    question = NonexistentName("127.0.0.1:53")
    return replace(resolved(name, *addresses), kind="canary", question=question, url=f"{name} A")


def origin(text: str, address: str = TARGET) -> Record:
    """Team Cymru's answer about an address; without a text it says that nobody announces it."""
    name = ".".join([*reversed(address.split(".")), "origin.asn.cymru.com"])
    answer = dns.message.make_response(dns.message.make_query(name, "TXT"))
    rows = [f'"{line}"' for line in text.splitlines()]
    if rows:
        answer.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", "TXT", *rows))
    question, server, body = OriginOf(address_of(address)), "127.0.0.1:53", answer.to_wire()
    outcome: Outcome = "answered" if rows else "not_found"
    return Record("origin_as", question, server, AT, outcome, body, url=name)


UNANNOUNCED = origin("")
"""Nobody announces TARGET."""


def announced(prefix: str, *asns: int, address: str = TARGET, registry: str = "ripencc") -> Record:
    """The longest announced prefix around an address, and who announces it."""
    numbers = " ".join(map(str, asns))
    return origin(f"{numbers} | {prefix} | GB | {registry} | 2020-01-01", address)


def system(asn: int, *entities: dict[str, Any], server: str = "rdap.db.ripe.net") -> Record:
    """An RDAP answer about an AS."""
    document = {
        "objectClassName": "autnum",
        "handle": f"AS{asn}",
        "startAutnum": asn,
        "name": "DEMO-AS",
        "entities": list(entities),
    }
    return rdap(document, SystemNumbered(asn), server)


def organisation(
    document: dict[str, Any], registry: str = "ripe", server: str = "rdap.db.ripe.net"
) -> Record:
    """A registry's answer about one of its organisations or contacts."""
    handle = document["handle"]
    question = EntityNamed(registry, handle, f"https://{server}/entity/{handle}")
    return rdap(document, question, server)


def suffix(host: str, registrable: str, **more: Any) -> Record:
    """What the public-suffix list and the table of platforms say."""
    values = {"registrable": registrable, "platform_suffix": None, "company": None}
    body = json.dumps({**values, "source": "list", **more}).encode()
    return Record("suffix", SuffixOf(host), "public-suffix list", AT, "answered", body)


def listed(*kinds: tuple[str, str], address: str = TARGET) -> Record:
    """Published lists that an address is on: (kind, company)."""
    prefix = str(ipaddress.ip_network(f"{address}/24", strict=False))
    lists = [
        {"prefix": prefix, "kind": kind, "company": company, "source": "list", "published": "2026"}
        for kind, company in kinds
    ]
    body = json.dumps({"lists": lists}).encode()
    return Record("front", ReverseProxyAt(address_of(address)), "lists", AT, "answered", body)


def vouched(provider: str) -> Record:
    """A person's word for a company."""
    return Vouching(provider, "ann", "acts on notices within a day", AT).as_record()


def served_from(address: str) -> Record:
    """An address that was seen to serve the content."""
    return ServedStatement(address, "checker", AT).as_record()


def evidence(*records: Record, target: str = TARGET) -> Evidence:
    """A bundle of these answers."""
    return Evidence(target, AT, documentation_is_special=False, records=list(records))


def decided(*records: Record, target: str = TARGET) -> Attribution:
    """Decide on the answers."""
    return decide(evidence(*records, target=target)).attribution


def planned(*records: Record, target: str = TARGET) -> list[Question]:
    """What is still to be asked about the networks; not the origin AS, lists, registrar, desks."""
    facts = Facts.of(evidence(*records, target=target))
    for address in facts.addresses:
        facts.asked |= {OriginOf(address), ReverseProxyAt(address)}
    asked = next_questions(facts, Wishes(registrar=False))
    return [question for question in asked if not isinstance(question, HotlinesAndAuthorityOf)]


def codes(answer: Attribution) -> set[str]:
    """The codes of an answer's doubts."""
    return {doubt.code for doubt in answer.doubts}


def shown(answer: Attribution) -> str:
    """Everything that an answer says, as text; not the hashes of its evidence."""
    return answer.model_dump_json(exclude={"evidence"})


def network(
    *entities: Any,
    first: str = "192.0.2.0",
    last: str = "192.0.2.255",
    kind: str | None = "ASSIGNED PI",
    **more: Any,
) -> dict[str, Any]:
    """An RDAP network answer."""
    return {
        "objectClassName": "ip network",
        "handle": f"{first} - {last}",
        "startAddress": first,
        "endAddress": last,
        "name": "DEMO-NET",
        "type": kind,
        "country": "NL",
        "port43": "whois.ripe.net",
        "entities": list(entities),
        **more,
    }


def entity(
    handle: str | None,
    roles: Any,
    name: str | None = None,
    *emails: str,
    kind: str = "org",
    **more: Any,
) -> dict[str, Any]:
    """An RDAP entity with a jCard."""
    rows: list[list[Any]] = [["version", {}, "text", "4.0"], ["kind", {}, "text", kind]]
    if name is not None:
        rows.append(["fn", {}, "text", name])
    rows += [["email", {}, "text", email] for email in emails]
    values = {"objectClassName": "entity", "handle": handle, "roles": roles}
    return {**values, "vcardArray": ["vcard", rows], **more}


def described(*lines: str) -> dict[str, Any]:
    """The members of an RDAP network whose description has these lines."""
    return {"remarks": [{"description": list(lines)}]}


def _url(question: Question, server: str) -> str:
    match question:
        case NetworkAbove(url=url) | EntityNamed(url=url):
            return url
        case SystemNumbered(asn=asn):
            return f"https://{server}/autnum/{asn}"
        case NationalNetwork(base=base, address=address):
            return f"{base}ip/{address}"
        case NetworkAt(address=address):
            return f"https://{server}/ip/{address}"
    return f"https://{server}/"


HOLDER = entity("ORG-EX1-RIPE", ["registrant"], "Example Hosting B.V.")
DESK = entity("AR1-RIPE", ["abuse"], "Abuse desk", "abuse@hosting.example", kind="group")
LINK_UP = [{"rel": "up", "href": "https://rdap.db.ripe.net/ip/192.0.2.0/23"}]
PARENT_HOLDER = entity("ORG-PA1-RIPE", ["registrant"], "Parent Networks B.V.")
PARENT_DESK = entity("AR2-RIPE", ["abuse"], "Abuse", "abuse@parent.example", kind="group")
PARENT = network(PARENT_HOLDER, PARENT_DESK, kind="ALLOCATED PA", last="192.0.3.255")
"""A provider's allocation around TARGET, a /23."""


def customer(
    *entities: Any, last: str = "192.0.2.7", kind: str | None = "ASSIGNED PA", **more: Any
) -> dict[str, Any]:
    """An RDAP answer about a customer's block below PARENT, a /29 where nothing else is said."""
    return network(*entities, last=last, kind=kind, **{"links": LINK_UP, **more})


def below_parent(
    leaf: dict[str, Any], parent: dict[str, Any] | None = None
) -> tuple[Record, Record]:
    """The answers about a block and about the network above it."""
    return rdap(leaf), above(parent or PARENT, leaf)


def nobody_vouches(holder: dict[str, Any]) -> tuple[Record, Record]:
    """What else is known of a customer: it announces nothing, and is no member of the registry."""
    return UNANNOUNCED, organisation(holder)
