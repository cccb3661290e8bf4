"""Which AS announces an address, by DNS at Team Cymru (origin.asn.cymru.com)."""

from __future__ import annotations

from dataclasses import replace

from attribution.evidence import UNANSWERED, Record
from attribution.evidence.question import OriginOf
from attribution.lookup.concurrency.attempt import SOON
from attribution.lookup.protocols.dns import DnsClient
from attribution.net.addresses import Address

_ZONES = {4: "origin.asn.cymru.com", 6: "origin6.asn.cymru.com"}


def origin_name(address: Address) -> str:
    """Return the name to ask TXT of: the address's octets or nibbles reversed, under the zone."""
    digits = (
        str(address).split(".") if address.version == 4 else list(address.exploded.replace(":", ""))
    )
    return ".".join([*reversed(digits), _ZONES[address.version]])


async def ask_origin(dns: DnsClient, question: OriginOf) -> list[Record]:
    """Ask for the announcements that cover an address; none is an answer too."""
    name = origin_name(question.address)
    record = await dns.ask(name, "TXT")
    outcome = "not_found" if record.outcome in ("nxdomain", "no_data") else record.outcome
    retry_at = record.fetched_at + SOON if outcome in UNANSWERED else None
    return [
        replace(
            record,
            kind="origin_as",
            question=question,
            url=name,
            outcome=outcome,
            retry_at=retry_at,
        )
    ]
