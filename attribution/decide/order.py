"""In which order to write, what to ask of each, and who takes the case in the country."""

from __future__ import annotations

from attribution.data.authorities import HotlinesAndAuthority
from attribution.decide.draft import Draft
from attribution.decide.facts import Facts
from attribution.models import Country, Party, WriteStep

_REMOVE = "take the content down"
_POWERS = {
    "removal order": "order its removal",
    "supervision": "look into how the companies act on notices; it orders no removal itself",
}


def country_of(facts: Facts, draft: Draft, primary: Party) -> Country:
    """Return where the notice is routed: by the accountable holder's own registration.

    The country of a block is shown, and decides nothing: its holder writes what it likes there.
    """
    found = draft.countries.get(primary.addresses[0], Country())
    where = found.holder or primary.provider.country
    if found.registered and where and found.registered != where:
        text = (
            f"the block is registered in {found.registered} and its holder in {where}: the "
            "server may be in either"
        )
        draft.doubt("countries_differ", text)
    desk = facts.desks.get(where or "", HotlinesAndAuthority())
    hotlines = "; ".join(one.name for one in desk.hotlines) or None
    if hotlines:
        draft.step(
            "hotline", f"{hotlines} takes reports of content in {where} (table of {desk.compiled})"
        )
    return found.model_copy(
        update={"hotline": hotlines, "authority": desk.authority.name if desk.authority else None}
    )


def write_order(
    facts: Facts, draft: Draft, parties: list[Party], country: Country
) -> list[WriteStep]:
    """Return whom to write to, first to last: who can act,
    who is above them, who announces, the country's authority.
    """
    able = [party for party in parties if party.addressee and _can_act(draft, party)]
    if not able:
        return []
    first = able[0]
    hosts = {(one.role, one.provider) for one in draft.addresses}
    steps = []
    for party in able:
        is_host = party is first or (party.role, party.provider.id) in hosts
        now = is_host or party.provider.id in draft.at_once
        ask = _asked_of(facts, draft, party, first)
        steps.append(_to(party, ask).model_copy(update={"when": "now" if now else "if_silent"}))
    networks = [party for party in parties if party.role == "network" and party not in able]
    ask = f"see that {first.provider.name} acts, whose address space it announces"
    steps += [_to(party, ask) for party in networks]
    if not any(party.role == "network" for party in parties):
        steps += _unnamed_networks(facts, draft, first)
    desk = facts.desks.get(country.holder or first.provider.country or "", HotlinesAndAuthority())
    if desk.authority:
        authority = desk.authority
        power = (
            f"{_POWERS.get(authority.power, authority.power)} ({authority.power} since "
            f"{authority.since})"
        )
        steps.append(
            WriteStep(to=authority.name, role="authority", contact=authority.url, ask=power)
        )
    return steps


def _can_act(draft: Draft, party: Party) -> bool:
    """Say whether a party can remove the content:
    also who announces space that may be leased to it.
    """
    if party.role == "network":
        return party.provider.id in draft.at_once
    return party.role not in ("registrar", "dns_operator")


def _to(party: Party, ask: str) -> WriteStep:
    contact = party.abuse_contact.email or party.abuse_contact.form
    return WriteStep(to=party.provider.name, role=party.role, contact=contact, ask=ask)


def _asked_of(facts: Facts, draft: Draft, party: Party, first: Party) -> str:
    """Say what this party can do."""
    if party.role == "cdn":
        fronts = ", ".join(party.addresses)
        host = facts.target.host if facts.target else "the site"
        return (
            f"say which address and company {host} is served from behind {fronts}, and stop "
            "serving it"
        )
    if party.role == "platform":
        return "take the page down"
    if party.role == "network" and "perhaps_leased" not in draft.doubts:
        return f"see that {first.provider.name} acts, whose address space it announces"
    if party.role == "allocation_holder" and party != first:
        return f"see that its customer acts: {_REMOVE}, or end the assignment"
    return _REMOVE


def _unnamed_networks(facts: Facts, draft: Draft, first: Party) -> list[WriteStep]:
    """List AS numbers whose holder is not known here:
    the last step is known before it is needed.
    """
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
