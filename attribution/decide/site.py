"""Parties around the site rather than its addresses: proxies in front, the platform, registrar and name servers."""

from __future__ import annotations

from attribution.addresses import Address
from attribution.decide.draft import Draft
from attribution.decide.facts import Facts
from attribution.decide.holder import plain_name
from attribution.models import AbuseContact, Party, Provider

_HOLD = ("client hold", "server hold")


def say_lists(facts: Facts, draft: Draft, address: Address, holder: str | None) -> str | None:
    """Say which published lists the address is on; return the rule that makes its holder a proxy, or None.

    Proxies stand in other companies' networks too: that the registry names another holder is said as a doubt.
    """
    rule = None
    for listed, record in facts.fronts.get(address, ()):
        where = f"{listed.prefix} is on the {listed.source} of {listed.published}"
        if listed.kind == "cdn":
            rule = f"{where}, as a proxy of {listed.company}: the content is somewhere behind it"
            draft.fronted = True
            text = f"{address} is a proxy of {listed.company}; the origin is hidden: ask the proxy's operator for it"
            draft.doubt("fronted", text)
            if holder and not _alike(holder, listed.company):
                text = f"{where}, as a proxy of {listed.company}, and the registry names {holder} as its holder: the proxy may stand in its network"
                draft.doubt("front_in_other_network", text)
        elif listed.kind == "cloud":
            draft.step("list", f"{where}, as {listed.company}", record, "lists")
        elif listed.kind == "sinkhole":
            draft.doubt("sinkhole", f"{where}: the name may have been taken from its owner, and the content be gone")
        elif listed.kind == "parking":
            draft.doubt("parked", f"{where}: the name may only be parked")
    return rule


def _alike(holder: str, listed: str) -> bool:
    """Say whether two names begin with the same word: `Amazon CloudFront` and `Amazon Technologies Inc.` do."""
    return plain_name(holder).partition(" ")[0] == plain_name(listed).partition(" ")[0]


def add_platform(facts: Facts, draft: Draft) -> None:
    """Put the platform of a customer page first. Its contact is that of the same company's network, or unknown."""
    found = facts.platform
    if found is None:
        return
    name, suffix = found
    company = suffix.company or suffix.platform_suffix or name
    addresses = [str(address) for address in facts.addresses]
    same = draft.company_named(company)
    if same:
        party = same.model_copy(update={"role": "platform", "addresses": addresses})
        draft.take_over(same, "platform")
    else:
        contact = AbuseContact(status="not_published", source="suffix:publicsuffix")
        provider = Provider(id=f"platform:{suffix.platform_suffix}", name=company)
        party = Party(role="platform", provider=provider, abuse_contact=contact, addresses=addresses)
    draft.add(party)
    text = f"{name} is a customer page under {suffix.platform_suffix} of {company} ({suffix.source})"
    draft.step("platform", text, suffix.record, "platform_suffix")


def add_domain_parties(facts: Facts, draft: Draft) -> None:
    """List the registrar and who runs the name servers: neither removes content."""
    if facts.domain is None:
        return
    domain, record = facts.domain
    source = f"{record.kind}:{record.server}"
    held = [code for code in _HOLD if code in domain.status]
    if held:
        draft.doubt("on_hold", f"{domain.name} is on {' and '.join(held)}: the name was taken out of the DNS")
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
            Party(role="registrar", provider=Provider(id=registrar.id, name=registrar.name), abuse_contact=contact)
        )
        draft.step("registrar", f"{domain.name} was registered through {registrar.name}", record, "entities[registrar]")
    for host in domain.nameservers:
        suffix = facts.suffixes.get(host)
        operator = suffix.registrable if suffix else None
        if operator and operator != domain.name:
            contact = AbuseContact(status="not_published", source=source)
            provider = Provider(id=f"dns:{operator}", name=operator)
            draft.add(Party(role="dns_operator", provider=provider, abuse_contact=contact, notify=False))
