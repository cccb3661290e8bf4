"""The order of writing, what to ask of each party, and who takes the case in the country."""

from __future__ import annotations

from attribution.codes import DoubtCode, Rule
from attribution.data.authorities import HotlinesAndAuthority
from attribution.decide.draft import Draft
from attribution.decide.facts import Facts
from attribution.models import Country, Party, WriteStep

_REMOVE = "take the content down"
_POWERS = {
    "removal order": "order its removal",  # so in evidence of before 2026-11-28
    "removal_order": "order its removal",
    "binding_instruction": "instruct the companies to make it inaccessible",
    "blocking": "have access to it blocked",
    "designated": "look into how the companies act on notices, if it has its powers by now",
    "supervision": "look into how the companies act on notices; it orders no removal itself",
}


def country_of(facts: Facts, draft: Draft, primary: Party) -> Country:
    """Return where the notice is routed: by the accountable holder's own registration.

    The country of a block is shown, and decides nothing: its holder writes what it likes there.
    """
    country = draft.countries.get(primary.addresses[0], Country())
    code = country.holder or primary.provider.country
    if country.registered and code and country.registered != code:
        text = (
            f"the block is registered in {country.registered} and its holder in {code}: the "
            "server may be in either"
        )
        draft.doubt(DoubtCode.COUNTRIES_DIFFER, text)
    local = facts.authorities.get(code or "", HotlinesAndAuthority())
    hotlines = "; ".join(hotline.name for hotline in local.hotlines) or None
    if hotlines:
        text = f"{hotlines} takes reports of content in {code} (table of {local.compiled})"
        draft.step(Rule.HOTLINE, text)
    authority = local.authority.name if local.authority else None
    return country.model_copy(update={"hotline": hotlines, "authority": authority})


def write_order(
    facts: Facts, draft: Draft, parties: list[Party], country: Country
) -> list[WriteStep]:
    """Return the parties to write to, first to last: those that can act, those above them,
    the networks that announce the addresses, the country's authority.
    """
    able = [party for party in parties if party.addressee and _can_act(draft, party)]
    if not able:
        return []
    first = able[0]
    steps = []
    for party in able:
        now = party is first or draft.is_host(party) or party.provider.id in draft.at_once
        steps.append(_step(party, _request_to(facts, draft, party, first), now=now))
    networks = [party for party in parties if party.role == "network"]
    steps += [_step(party, _see_that_acts(first)) for party in networks if party not in able]
    if not networks:
        steps += _unnamed_networks(facts, draft, first)
    code = country.holder or first.provider.country or ""
    authority = facts.authorities.get(code, HotlinesAndAuthority()).authority
    if authority:
        power = _POWERS.get(authority.power, authority.power)
        name = authority.power.replace("_", " ")
        ask = (
            f"{power} ({name} since {authority.since})" if authority.since else f"{power} ({name})"
        )
        steps.append(WriteStep(to=authority.name, role="authority", contact=authority.url, ask=ask))
    return steps


def _can_act(draft: Draft, party: Party) -> bool:
    """Say whether a party can remove the content:
    also who announces space that may be leased to it.
    """
    if party.role == "network":
        return party.provider.id in draft.at_once
    return party.role not in ("registrar", "dns_operator")


def _step(party: Party, ask: str, *, now: bool = False) -> WriteStep:
    return WriteStep(
        to=party.provider.name,
        role=party.role,
        contact=party.abuse_contact.email or party.abuse_contact.form,
        ask=ask,
        when="now" if now else "if_silent",
    )


def _request_to(facts: Facts, draft: Draft, party: Party, first: Party) -> str:
    """Return what this party can do."""
    if party.role == "cdn":
        host = facts.target.host if facts.target else "the site"
        return (
            f"say which address and company {host} is served from behind "
            f"{', '.join(party.addresses)}, and stop serving it"
        )
    if party.role == "platform":
        return "take the page down"
    if party.role == "network" and DoubtCode.PERHAPS_LEASED not in draft.doubts:
        return _see_that_acts(first)
    if party.role == "allocation_holder" and party != first:
        return f"see that its customer acts: {_REMOVE}, or end the assignment"
    return _REMOVE


def _see_that_acts(first: Party) -> str:
    return f"see that {first.provider.name} acts, whose address space it announces"


def _unnamed_networks(facts: Facts, draft: Draft, first: Party) -> list[WriteStep]:
    """List AS numbers whose holder is not known here:
    the last step is known before it is needed.
    """
    asns = {
        address.origin.asn: None
        for address in draft.addresses
        if address.ip in first.addresses and address.origin
    }
    return [
        WriteStep(to=f"AS{asn}", role="network", contact=None, ask=_see_that_acts(first))
        for asn in asns
        if asn not in facts.systems
    ]
