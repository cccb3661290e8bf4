"""Parties around the site rather than its addresses:
proxies in front, the platform, registrar and name servers.
"""

from __future__ import annotations

from attribution.decide.draft import Draft
from attribution.decide.facts import Facts
from attribution.models import AbuseContact, Party, Provider
from attribution.net.addresses import Address
from attribution.registry.organisations import plain_name

_HOLD = ("client hold", "server hold")


def say_lists(facts: Facts, draft: Draft, address: Address, holder: str | None) -> str | None:
    """Say which published lists the address is on;
    return the rule that makes its holder a proxy, or None.

    Proxies stand in other companies' networks too: that the registry names another holder is said
    as a doubt.
    """
    rule = None
    for listed, record in facts.fronts.get(address, ()):
        where = f"{listed.prefix} is on the {listed.source} of {listed.published}"
        if listed.kind == "cdn":
            rule = f"{where}, as a proxy of {listed.company}: the content is somewhere behind it"
            draft.fronted = True
            text = (
                f"{address} is a proxy of {listed.company}; the origin is hidden: ask the "
                "proxy's operator for it"
            )
            draft.doubt("fronted", text)
            if holder and not _alike(holder, listed.company):
                text = (
                    f"{where}, as a proxy of {listed.company}, and the registry names {holder} "
                    "as its holder: the proxy may stand in its network"
                )
                draft.doubt("front_in_other_network", text)
        elif listed.kind == "cloud":
            draft.step("list", f"{where}, as {listed.company}", record, "lists")
        elif listed.kind == "sinkhole":
            draft.doubt(
                "sinkhole",
                f"{where}: the name may have been taken from its owner, and the content be gone",
            )
        elif listed.kind == "parking":
            draft.doubt("parked", f"{where}: the name may only be parked")
    return rule


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
    addresses = [str(address) for address in facts.addresses]
    company = suffix.company or name
    same = next(
        (party for party in draft.parties.values() if party.provider.id == suffix.provider), None
    )
    provider = Provider(id=suffix.provider or f"platform:{suffix.platform_suffix}", name=company)
    contact = AbuseContact(status="not_published", source="table:platforms")
    if same:
        provider, contact = same.provider, same.abuse_contact
        draft.take_over(same, "platform")
    if suffix.contact:
        email = suffix.contact if "@" in suffix.contact else None
        form = None if email else suffix.contact
        contact = AbuseContact(
            status="found", email=email, form=form, scope="organisation", source="table:platforms"
        )
    draft.add(
        Party(
            role="platform",
            provider=provider,
            accountable="listed",
            addressee=True,
            abuse_contact=contact,
            addresses=addresses,
        )
    )
    text = f"{name} is a page under {suffix.platform_suffix} of {company} ({suffix.source})"
    draft.step("platform", text, suffix.record, "platform_suffix")


def add_domain_parties(facts: Facts, draft: Draft) -> None:
    """List the registrar and who runs the name servers: neither removes content."""
    if facts.domain is None:
        return
    domain, record = facts.domain
    source = f"{record.kind}:{record.server}"
    held = [code for code in _HOLD if code in domain.status]
    if held:
        draft.doubt(
            "on_hold",
            f"{domain.name} is on {' and '.join(held)}: the name was taken out of the DNS",
        )
    registrar = domain.registrar
    if registrar:
        reachable = registrar.email or registrar.form
        contact = AbuseContact(
            status="found" if reachable else "not_published",
            email=registrar.email,
            scope="organisation" if reachable else None,
            source=source,
            form=registrar.form,
        )
        draft.add(
            Party(
                role="registrar",
                provider=Provider(id=registrar.id, name=registrar.name),
                addressee=False,
                abuse_contact=contact,
            )
        )
        draft.step(
            "registrar",
            f"{domain.name} was registered through {registrar.name}",
            record,
            "entities[registrar]",
        )
    for host in domain.nameservers:
        suffix = facts.suffixes.get(host)
        operator = suffix.registrable if suffix else None
        if operator and operator != domain.name:
            contact = AbuseContact(status="not_published", source=source)
            provider = Provider(id=f"dns:{operator}", name=operator)
            draft.add(
                Party(
                    role="dns_operator", provider=provider, addressee=False, abuse_contact=contact
                )
            )
