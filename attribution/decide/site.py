"""Parties around the site rather than its addresses:
reverse proxies, the platform, registrar and name servers.
"""

from __future__ import annotations

from attribution.codes import DoubtCode, Rule
from attribution.decide.draft import Draft
from attribution.decide.facts import Facts
from attribution.models import AbuseContact, Party, Provider
from attribution.net.addresses import Address
from attribution.registry.domain_answer import Registrar
from attribution.registry.organisations import plain_name

_HOLD = ("client hold", "server hold")
"""Status codes of a domain that is not in the DNS (RFC 8056)."""


def note_lists(facts: Facts, draft: Draft, address: Address, holder: str | None) -> str | None:
    """Note which published lists the address is on;
    return why its holder is a reverse proxy, or None.

    Proxies stand in other companies' networks too: that the registry names another holder is noted
    as a doubt.
    """
    reason = None
    for block, record in facts.listed.get(address, ()):
        where = f"{block.prefix} is on the {block.source} of {block.published}"
        if block.kind == "cdn":
            reason = f"{where}, as a proxy of {block.company}: the content is somewhere behind it"
            draft.fronted = True
            text = (
                f"{address} is a proxy of {block.company}; the origin is hidden: ask the "
                "proxy's operator for it"
            )
            draft.doubt(DoubtCode.FRONTED, text)
            if holder and not _alike(holder, block.company):
                text = (
                    f"{where}, as a proxy of {block.company}, and the registry names {holder} "
                    "as its holder: the proxy may stand in its network"
                )
                draft.doubt(DoubtCode.FRONT_IN_OTHER_NETWORK, text)
        elif block.kind == "cloud":
            draft.step(Rule.LIST, f"{where}, as {block.company}", record, "lists")
        elif block.kind == "sinkhole":
            draft.doubt(
                DoubtCode.SINKHOLE,
                f"{where}: the name may have been taken from its owner, and the content be gone",
            )
        elif block.kind == "parking":
            draft.doubt(DoubtCode.PARKED, f"{where}: the name may only be parked")
    return reason


def _alike(holder: str, listed: str) -> bool:
    """Say whether two names begin with the same word:
    `Amazon CloudFront` and `Amazon Technologies Inc.` do.
    """
    return plain_name(holder).partition(" ")[0] == plain_name(listed).partition(" ")[0]


def add_platform(facts: Facts, draft: Draft) -> None:
    """Put the platform of a page first: a company of the tables,
    never one that only a suffix or alias names.

    Its contact is the table's, else that of the same company's network, by the identity that the
    table gives.
    """
    if facts.platform is None:
        return
    name, suffix = facts.platform
    company = suffix.company or name
    provider = Provider(id=suffix.provider or f"platform:{suffix.platform_suffix}", name=company)
    contact = AbuseContact(status="not_published", source="table:platforms")
    for party in list(draft.parties.values()):
        if party.provider.id == suffix.provider:
            provider, contact = party.provider, party.abuse_contact
            draft.take_over(party, "platform")
            break
    if suffix.contact:
        is_mailbox = "@" in suffix.contact
        contact = AbuseContact(
            status="found",
            email=suffix.contact if is_mailbox else None,
            form=None if is_mailbox else suffix.contact,
            scope="organisation",
            source="table:platforms",
        )
    draft.add(
        Party(
            role="platform",
            provider=provider,
            accountable="listed",
            addressee=True,
            abuse_contact=contact,
            addresses=[str(address) for address in facts.addresses],
        )
    )
    text = f"{name} is a page under {suffix.platform_suffix} of {company} ({suffix.source})"
    draft.step(Rule.PLATFORM, text, suffix.record, "platform_suffix")


def add_domain_parties(facts: Facts, draft: Draft) -> None:
    """List the registrar and the name servers' operators: neither removes content."""
    if facts.domain is None:
        return
    domain, record = facts.domain
    source = f"{record.kind}:{record.server}"
    holds = [code for code in _HOLD if code in domain.status]
    if holds:
        draft.doubt(
            DoubtCode.ON_HOLD,
            f"{domain.name} is on {' and '.join(holds)}: the name was taken out of the DNS",
        )
    if domain.registrar:
        draft.add(_registrar(domain.registrar, source))
        text = f"{domain.name} was registered through {domain.registrar.name}"
        draft.step(Rule.REGISTRAR, text, record, "entities[registrar]")
    for host in domain.nameservers:
        suffix = facts.suffixes.get(host)
        operator = suffix.registrable if suffix else None
        if operator and operator != domain.name:
            draft.add(
                Party(
                    role="dns_operator",
                    provider=Provider(id=f"dns:{operator}", name=operator),
                    addressee=False,
                    abuse_contact=AbuseContact(status="not_published", source=source),
                )
            )


def _registrar(registrar: Registrar, source: str) -> Party:
    reachable = registrar.email or registrar.form
    return Party(
        role="registrar",
        provider=Provider(id=registrar.id, name=registrar.name),
        addressee=False,
        abuse_contact=AbuseContact(
            status="found" if reachable else "not_published",
            email=registrar.email,
            scope="organisation" if reachable else None,
            source=source,
            form=registrar.form,
        ),
    )
