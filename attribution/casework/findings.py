"""What a lookup of a reported URL found, kept so that later lookups can be compared with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from attribution.attributor import Investigation
from attribution.casework.providers import RegisteredProvider, keep_provider
from attribution.evidence import Evidence
from attribution.evidence.question import NetworkAbove, NetworkAt
from attribution.models import Party
from attribution.registry.readers import read_networks
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import registry_owning
from attribution.registry.servers import server_for_url
from attribution.store import Reader, Writer
from attribution.store.queries.reports import last_lookups


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the last lookup of a report's host found."""

    provider: str | None = None
    """Key of the provider."""
    country: str | None = None
    role: str | None = None
    """In which the provider can act: a role of `models.Party`."""
    mailbox: str | None = None
    """The abuse mailbox, in lower case."""
    candidates: int = 0
    """How many companies DNS leads to, where it leads to several."""
    served_elsewhere: str | None = None
    """The provider that was seen to serve the content, where it is another one."""
    looked_up_at: int = 0
    """When that was noted, in microseconds since 1970."""


def detail_of(investigation: Investigation, party: Party | None) -> dict[str, object]:
    """Return what an event says of a lookup: provider, mailbox, role, status and candidates."""
    answer = investigation.attribution
    contact = party.abuse_contact if party else None
    detail: dict[str, object] = {
        "status": answer.status,
        "provider": party.provider.id if party else None,
        "role": party.role if party else None,
        "country": party.provider.country if party else None,
        "mailbox": contact.email.lower() if contact and contact.email else None,
    }
    if answer.candidates:
        detail["candidates"] = len(answer.candidates)
    return detail


def last_findings(reader: Reader, report_ids: Collection[int]) -> dict[int, Finding]:
    """Return what the last lookup found, by report."""
    events = last_lookups(reader, report_ids)
    findings = dict.fromkeys(report_ids, Finding())
    for report_id, event in events.items():
        findings[report_id] = _finding(event.detail, event.recorded_at)
    return findings


def _finding(detail: dict[str, Any], looked_up_at: int) -> Finding:
    return Finding(
        provider=detail.get("provider"),
        country=detail.get("country"),
        role=detail.get("role"),
        mailbox=detail.get("mailbox"),
        candidates=int(detail.get("candidates") or 0),
        served_elsewhere=detail.get("served_elsewhere"),
        looked_up_at=looked_up_at,
    )


def addresses_of(investigation: Investigation) -> list[str]:
    """Return the addresses that a lookup found, for searching."""
    return [address.ip for address in investigation.attribution.addresses]


def keep_party(writer: Writer, investigation: Investigation, party: Party) -> int:
    """Return the id of a party's provider, added where it is new."""
    systems = {
        address.origin.asn
        for address in investigation.attribution.addresses
        if address.origin and address.ip in party.addresses
    }
    registered = RegisteredProvider(
        provider=party.provider,
        source=party.abuse_contact.source or "registry",
        mailbox=party.abuse_contact.email,
        systems=sorted(systems),
        maintainers=_maintainers(investigation.evidence),
    )
    return keep_provider(writer, registered)


def host_evidence(evidence: Evidence, host: str) -> Evidence:
    """Return the evidence as one of the host alone: the reported URL is not part of a bundle."""
    return replace(evidence, input=host)


def _maintainers(evidence: Evidence) -> list[str]:
    """Return who maintains the networks around the site's addresses; registries' own maintainers
    identify nobody.
    """
    maintainers: set[str] = set()
    for record in evidence.of_kind("rdap"):
        asks_network = isinstance(record.question, NetworkAt | NetworkAbove)
        if record.outcome != "answered" or not asks_network:
            continue
        try:
            networks = read_networks(record.body, server_for_url(record.url or ""))
        except UnreadableAnswer:
            continue
        maintainers |= {name.upper() for network in networks for name in network.maintainers}
    return sorted(name for name in maintainers if not registry_owning(name))
