"""Making evidence by hand: what registries answered, without asking them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dns.message
import dns.rrset

from attribution import Attribution, Evidence
from attribution.decide import decide
from attribution.evidence import Outcome, Record

AT = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = "192.0.2.7"


def rdap(document: dict[str, Any] | bytes, question: str = f"ip {TARGET}", server: str = "rdap.db.ripe.net") -> Record:
    """An RDAP answer over TLS."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Record(
        "rdap", question, server, AT, "answered", body, url=f"https://{server}/ip/{TARGET}", http_status=200, tls=True
    )


def whois(text: str, server: str = "whois.ripe.net", question: str = f"whois {TARGET}") -> Record:
    """A port-43 answer."""
    return Record("whois", question, server, AT, "answered", text.encode("utf-8"))


def failure(outcome: Outcome, question: str = f"ip {TARGET}", server: str = "rdap.db.ripe.net") -> Record:
    """A question that was not answered."""
    return Record("rdap", question, server, AT, outcome, retry_at=AT + timedelta(minutes=15), note="trouble")


def resolved(host: str, *addresses: str) -> Record:
    """A DNS answer."""
    kind = "AAAA" if ":" in addresses[0] else "A"
    answer = dns.message.make_response(dns.message.make_query(host, kind))
    answer.id = 0
    answer.answer.append(dns.rrset.from_text(host + ".", 300, "IN", kind, *addresses))
    return Record("dns", f"{host} {kind}", "127.0.0.1:53", AT, "answered", answer.to_wire())


def canary(*addresses: str) -> Record:
    """What the resolver says of a name that does not exist."""
    return replace(
        resolved("www.canary.example", *addresses),
        kind="canary",
        question="canary for 127.0.0.1:53",
        url="www.canary.example A",
    )


def origin(text: str) -> Record:
    """Team Cymru's answer about TARGET."""
    name = "7.2.0.192.origin.asn.cymru.com"
    answer = dns.message.make_response(dns.message.make_query(name, "TXT"))
    answer.answer.append(dns.rrset.from_text(name + ".", 300, "IN", "TXT", *[f'"{one}"' for one in text.splitlines()]))
    return Record("origin_as", f"origin {TARGET}", "127.0.0.1:53", AT, "answered", answer.to_wire(), url=name)


def suffix(host: str, registrable: str) -> Record:
    """What the public-suffix list says."""
    body = json.dumps({"registrable": registrable, "platform_suffix": None, "company": None, "source": "list"})
    return Record("suffix", f"suffix {host}", "public-suffix list", AT, "answered", body.encode())


def decided(*records: Record, target: str = TARGET) -> Attribution:
    """Decide on the answers."""
    return decide(Evidence(target, AT, documentation_is_special=False, records=list(records))).attribution


def network(
    *entities: dict[str, Any],
    first: str = "192.0.2.0",
    last: str = "192.0.2.255",
    kind: str = "ASSIGNED PI",
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
    handle: str | None, roles: Any, name: str | None = None, *emails: str, kind: str = "org", **more: Any
) -> dict[str, Any]:
    """An RDAP entity with a jCard."""
    rows: list[list[Any]] = [["version", {}, "text", "4.0"], ["kind", {}, "text", kind]]
    if name is not None:
        rows.append(["fn", {}, "text", name])
    rows += [["email", {}, "text", email] for email in emails]
    return {"objectClassName": "entity", "handle": handle, "roles": roles, "vcardArray": ["vcard", rows], **more}


HOLDER = entity("ORG-EX1-RIPE", ["registrant"], "Example Hosting B.V.")
DESK = entity("AR1-RIPE", ["abuse"], "Abuse desk", "abuse@hosting.example", kind="group")
