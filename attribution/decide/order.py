"""In which order to write, what to ask of each, and who takes the case in the country."""

from __future__ import annotations

from attribution.data.desks import Desk
from attribution.decide.draft import Draft
from attribution.decide.facts import Facts
from attribution.models import Country, Party, WriteStep

_REMOVE = "take the content down"
_POWERS = {
    "removal order": "order its removal",
    "supervision": "look into how the companies act on notices; it orders no removal itself",
}


def country_of(facts: Facts, draft: Draft, primary: Party) -> Country:
    """Return where the content is: the block's registration goes before the company's, since the server counts."""
    found = draft.countries.get(primary.addresses[0], Country())
    where = found.registered or found.holder
    if found.registered and found.holder and found.registered != found.holder:
        text = f"the block is registered in {found.registered} and its holder in {found.holder}: the server may be in either"
        draft.doubt("countries_differ", text)
    desk = facts.desks.get(where or "", Desk())
    hotlines = "; ".join(one.name for one in desk.hotlines) or None
    if hotlines:
        draft.step("hotline", f"{hotlines} takes reports of content in {where} (table of {desk.compiled})")
    return found.model_copy(update={"hotline": hotlines, "authority": desk.authority.name if desk.authority else None})


def write_order(facts: Facts, draft: Draft, parties: list[Party], country: Country) -> list[WriteStep]:
    """Return whom to write to, first to last: who can act, who is above them, who announces, the country's authority."""
    acting = [one for one in parties if one.notify and one.role not in ("network", "registrar", "dns_operator")]
    at_once = {(one.role, one.provider) for one in draft.addresses}
    steps = [
        _to(one, _asked_of(facts, one, acting[0])).model_copy(
            update={"when": "now" if one is acting[0] or (one.role, one.provider.id) in at_once else "if_silent"}
        )
        for one in acting
    ]
    if not steps:
        return []
    first = acting[0]
    networks = [one for one in parties if one.role == "network"]
    steps += [_to(one, f"see that {first.provider.name} acts, whose address space it announces") for one in networks]
    if not networks:
        steps += _unnamed_networks(facts, draft, first)
    desk = facts.desks.get(country.registered or country.holder or "", Desk())
    if desk.authority:
        authority = desk.authority
        power = f"{_POWERS.get(authority.power, authority.power)} ({authority.power} since {authority.since})"
        steps.append(WriteStep(to=authority.name, role="authority", contact=authority.url, ask=power))
    return steps


def _to(party: Party, ask: str) -> WriteStep:
    contact = party.abuse_contact.email or party.abuse_contact.form
    return WriteStep(to=party.provider.name, role=party.role, contact=contact, ask=ask)


def _asked_of(facts: Facts, party: Party, first: Party) -> str:
    """Say what this party can do."""
    if party.role == "cdn":
        fronts = ", ".join(party.addresses)
        host = facts.target.host if facts.target else "the site"
        return f"say which address and company {host} is served from behind {fronts}, and stop serving it"
    if party.role == "platform":
        return "take the page down"
    if party.role == "allocation_holder" and party != first:
        return f"see that its customer acts: {_REMOVE}, or end the assignment"
    return _REMOVE


def _unnamed_networks(facts: Facts, draft: Draft, first: Party) -> list[WriteStep]:
    """List AS numbers whose holder is not known here: the last step is known before it is needed."""
    asns: dict[int, None] = {}
    for one in draft.addresses:
        if one.ip in first.addresses and one.origin:
            asns.setdefault(one.origin.asn)
    known = {asn for asn in asns if asn in facts.systems}
    return [
        WriteStep(
            to=f"AS{asn}",
            role="network",
            contact=None,
            ask=f"see that {first.provider.name} acts, whose address space it announces",
        )
        for asn in asns
        if asn not in known
    ]
