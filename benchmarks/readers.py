"""What each library reads from one registry answer: the company that it names and the mailbox that
it offers.

Each reader is given the answer as it came (a JSON object, or port-43 text), the address, and the
registry; none asks a network. A reader that raises has failed on the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from attribution import Attribution, Evidence
from attribution.decide import decide
from attribution.evidence import Record
from attribution.evidence.question import NetworkAt, WhoisAt
from attribution.net.addresses import read_address
from attribution.registry.servers import servers_of

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Named(NamedTuple):
    """What a library says of a network; None where it says nothing."""

    company: str | None
    mailbox: str | None


Reader = Callable[[str, Any, str], Named]


def named_by(answer: Attribution) -> Named:
    """Take the party to write to first."""
    if answer.primary is None:
        return Named(None, None)
    return Named(answer.primary.provider.name, answer.primary.abuse_contact.email)


def with_attribution(address: str, answer: Any, registry: str) -> Named:
    """This project's reading and deciding."""
    parsed, protocol = read_address(address), "whois" if isinstance(answer, str) else "rdap"
    server = next(server.host for server in servers_of(registry) if server.protocol == protocol)
    if isinstance(answer, str):
        record = Record("whois", WhoisAt(parsed), server, AT, "answered", answer.encode())
    else:
        url, body = f"https://{server}/ip/{address}", json.dumps(answer).encode()
        record = Record("rdap", NetworkAt(parsed), server, AT, "answered", body, url=url, tls=True)
    return named_by(decide(Evidence(address, AT, records=[record])).attribution)


def with_ipwhois(address: str, answer: Any, registry: str) -> Named:
    """ipwhois: objects with the roles registrant and abuse; of a text, description and mailboxes of
    its network.
    """
    from ipwhois.net import Net
    from ipwhois.rdap import RDAP
    from ipwhois.whois import Whois

    asn_data = {"asn_registry": registry.replace("ripe", "ripencc")}
    if isinstance(answer, str):
        nets = Whois(Net(address)).lookup(response=answer, asn_data=asn_data, is_offline=True)[
            "nets"
        ]
        emails = [email for net in nets for email in net.get("emails") or []]
        company = next(
            (str(net["description"]).partition("\n")[0] for net in nets if net.get("description")),
            None,
        )
        return Named(
            company, next((email for email in emails if "abuse" in email), next(iter(emails), None))
        )
    objects = (
        RDAP(Net(address))
        .lookup(response=answer, asn_data=asn_data, root_ent_check=False)["objects"]
        .values()
    )

    def contact(role: str, key: str) -> Any:
        contacts = [
            entity.get("contact") or {} for entity in objects if role in (entity.get("roles") or [])
        ]
        return next((entity[key] for entity in contacts if entity.get(key)), None)

    emails = contact("abuse", "email")
    return Named(contact("registrant", "name"), str(emails[0]["value"]) if emails else None)


def with_whoisit(address: str, answer: Any, registry: str) -> Named:
    """Whoisit: its parsed entities of the kinds registrant and abuse. It reads RDAP only."""
    import whoisit.parser

    bootstrap = import_module("whoisit.bootstrap")._BootstrapWrapper()
    entities = whoisit.parser.parse(bootstrap, "ip", address, answer).get("entities") or {}

    def first(role: str, key: str) -> str | None:
        return next(
            (str(entity[key]) for entity in entities.get(role) or [] if entity.get(key)), None
        )

    return Named(first("registrant", "name"), first("abuse", "email"))


def with_asyncwhois(address: str, answer: Any, registry: str) -> Named:
    """Asyncwhois: the organisation and abuse fields of its registries' texts. Of RDAP it returns
    the JSON unread.
    """
    from asyncwhois import parse_rir

    # Its parsers change a table that they share; each reading here starts as in a new process.
    parse_rir.RIRParser.reg_expressions = dict(_asyncwhois_table())
    kind = {
        "arin": "ARINParser",
        "ripe": "RIPEParser",
        "apnic": "APNICParser",
        "lacnic": "LACNICParser",
        "afrinic": "AFRINICParser",
    }
    fields = {
        str(key): value
        for key, value in getattr(parse_rir, kind[registry])().parse(answer).items()
        if value
    }
    return Named(fields.get("org_name") or fields.get("organization"), fields.get("abuse_email"))


@cache
def _asyncwhois_table() -> dict[Any, str]:
    from asyncwhois import parse_rir

    return dict(parse_rir.RIRParser.reg_expressions)


READERS: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "attribution": (with_attribution, ("rdap", "whois")),
    "ipwhois": (with_ipwhois, ("rdap", "whois")),
    "whoisit": (with_whoisit, ("rdap",)),
    "asyncwhois": (with_asyncwhois, ("whois",)),
}
"""Each library's reader, and the protocols whose answers it reads."""
