"""Reading DNS answers (RFC 1035) as they came over the wire, and Team Cymru's origin records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rdatatype

from attribution.registry.registration import UnreadableAnswer


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """What a resolver answered about a name and type."""

    chain: tuple[tuple[str, str], ...]
    """CNAME links in the order in which they lead from the name asked: (alias, target)."""
    values: tuple[str, ...]
    ttl: int | None
    """Seconds; of an answer without values, the negative
    TTL of the SOA record (RFC 2308), None without one.
    """
    code: int = 0
    """The response code (RCODE)."""
    extended: frozenset[int] = frozenset()
    """Extended error codes (RFC 8914)."""
    referral: bool = False
    """Whether it only refers to other servers, and does not say that it would ask them."""


@dataclass(frozen=True, slots=True)
class OriginAnswer:
    """One announcement of a prefix. Several AS numbers mean that several announce it."""

    asns: tuple[int, ...]
    prefix: str
    country: str | None
    registry: str | None


# Pure, and its result frozen: one answer often serves many targets of a batch.
@lru_cache(maxsize=1024)
def read_dns(body: bytes, name: str, rdtype: str) -> DnsAnswer:
    """Read a response to (name, rdtype). Raises UnreadableAnswer."""
    try:
        message = dns.message.from_wire(body)
    except (dns.exception.DNSException, ValueError) as error:
        raise UnreadableAnswer(f"no DNS message: {error}") from None
    if not message.flags & dns.flags.QR:
        raise UnreadableAnswer("a DNS message that is no answer")
    kind = dns.rdatatype.from_text(rdtype)
    aliases: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    ttls: list[int] = []
    for rrset in message.answer:
        owner = rrset.name.to_text(omit_final_dot=True).lower()
        if rrset.rdtype == dns.rdatatype.CNAME:
            aliases[owner] = rrset[0].target.to_text(omit_final_dot=True).lower()
            ttls.append(rrset.ttl)
        elif rrset.rdtype == kind:
            values.setdefault(owner, []).extend(_text(rdata) for rdata in rrset)
            ttls.append(rrset.ttl)
    chain: list[tuple[str, str]] = []
    owner = name.lower().rstrip(".")
    while owner in aliases and len(chain) < 16:
        chain.append((owner, aliases[owner]))
        owner = aliases[owner]
    ttl = min(ttls if values.get(owner) else [*ttls, *_negative_ttls(message)], default=None)
    refers = any(rrset.rdtype == dns.rdatatype.NS for rrset in message.authority)
    return DnsAnswer(
        tuple(chain),
        tuple(values.get(owner, ())),
        ttl,
        int(message.rcode()),
        frozenset(
            int(option.code) for option in message.options if isinstance(option, dns.edns.EDEOption)
        ),
        refers and not message.answer and not message.flags & dns.flags.RA,
    )


def _negative_ttls(message: dns.message.Message) -> list[int]:
    return [
        min(rrset.ttl, rrset[0].minimum)
        for rrset in message.authority
        if rrset.rdtype == dns.rdatatype.SOA
    ]


def read_origin(body: bytes, name: str) -> list[OriginAnswer]:
    """Read Team Cymru's `AS | prefix | country | registry
    | date` TXT records, most specific prefix first.
    """
    origins = []
    for text in read_dns(body, name, "TXT").values:
        fields = [field.strip() for field in text.strip('"').split("|")]
        asns = tuple(int(asn) for asn in re.findall(r"\d+", fields[0]))
        if len(fields) >= 4 and asns:
            country = fields[2].upper() if re.fullmatch(r"[A-Za-z]{2}", fields[2]) else None
            origins.append(OriginAnswer(asns, fields[1], country, fields[3].lower() or None))
    return sorted(origins, key=lambda origin: -int(origin.prefix.partition("/")[2] or 0))


def _text(rdata: object) -> str:
    strings = getattr(rdata, "strings", None)
    return b"".join(strings).decode("latin-1") if strings else str(rdata)
