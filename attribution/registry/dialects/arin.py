"""Reading ARIN's WHOIS text: several networks in one answer, each followed by its organisation."""

from __future__ import annotations

import re

from attribution.registry.dialects.common import warning_of
from attribution.registry.lenient import as_country
from attribution.registry.mailbox import is_masked, read_mailboxes, unusable_mailbox
from attribution.registry.registration import AutonomousSystem, Entity, Mailbox, Network
from attribution.registry.servers import Server
from attribution.registry.text import (
    EntityBudget,
    Object,
    first,
    objects,
    read_as_number,
    read_range,
    values,
)

_ROLES = {
    "abuse": "abuse",
    "tech": "technical",
    "noc": "noc",
    "routing": "routing",
    "dns": "dns",
}
_CONTACT = re.compile(r"(org|r)(abuse|tech|noc|routing|dns)(handle|name|email|comment)")
_HANDLE = re.compile(r"\(([A-Za-z0-9-]+)\)$")
_UNVALIDATED = "attempted to validate the data for this POC"
_KEYS = ("netrange", "asnumber")


def read_networks(text: str, server: Server) -> list[Network]:
    """Read every network in the answer. Raises UnreadableAnswer."""
    budget = EntityBudget()
    parts = _parts(objects(text), "netrange")
    found = (_network(one, followers, server, budget) for one, followers in parts)
    return [network for network in found if network]


def read_autnums(text: str, server: Server) -> list[AutonomousSystem]:
    """Read every AS in the answer. Raises UnreadableAnswer."""
    budget = EntityBudget()
    parts = _parts(objects(text), "asnumber")
    found = (_autnum(one, followers, server, budget) for one, followers in parts)
    return [system for system in found if system]


def referrals(text: str) -> list[tuple[str | None, str]]:
    """Return (type of the network that it stands below, referral) for each `ReferralServer`."""
    found: list[tuple[str | None, str]] = []
    kind: str | None = None
    for one in objects(text):
        if one[0][0] in _KEYS:
            kind = first(one, "nettype")
        found += [(kind, value) for value in values(one, "referralserver")]
    return found


def _parts(found: list[Object], key: str) -> list[tuple[Object, list[Object]]]:
    """Group by network: an organisation and its contacts belong to the network above them."""
    parts: list[tuple[Object, list[Object]]] = []
    current: list[Object] | None = None
    for one in found:
        if one[0][0] in _KEYS:
            current = [] if one[0][0] == key else None
            if current is not None:
                parts.append((one, current))
        elif current is not None:
            current.append(one)
    return parts


def _network(
    one: Object, followers: list[Object], server: Server, budget: EntityBudget
) -> Network | None:
    ends = read_range(one[0][1])
    if ends is None:
        return None
    holder, entities = _entities(one, followers, budget)
    parent = first(one, "parent")
    handle_of_parent = _HANDLE.search(parent or "")
    return Network(
        protocol="whois",
        registry=server.registry,
        handle_space=server.handle_space,
        server=server.host,
        first=ends[0],
        last=ends[1],
        handle=first(one, "nethandle") or one[0][1],
        netname=first(one, "netname"),
        type=first(one, "nettype"),
        country=as_country(first(holder, "country")),
        entities=entities,
        remarks=tuple(values(one, "comment") + values(holder, "comment")),
        mailbox_warning=warning_of(entities),
        parent_handle=handle_of_parent[1] if handle_of_parent else parent,
    )


def _autnum(
    one: Object, followers: list[Object], server: Server, budget: EntityBudget
) -> AutonomousSystem | None:
    low, _, high = one[0][1].partition("-")
    number = read_as_number(low.strip())
    if high.strip() or number is None:
        return None
    holder, entities = _entities(one, followers, budget)
    return AutonomousSystem(
        protocol="whois",
        registry=server.registry,
        handle_space=server.handle_space,
        server=server.host,
        handle=first(one, "ashandle") or f"AS{number}",
        netname=first(one, "asname"),
        country=as_country(first(holder, "country")),
        entities=entities,
        remarks=tuple(values(one, "comment") + values(holder, "comment")),
        mailbox_warning=warning_of(entities),
        asn=number,
    )


def _entities(
    one: Object, followers: list[Object], budget: EntityBudget
) -> tuple[Object, tuple[Entity, ...]]:
    """Return the holder's object, and the holder with the network's own contacts (`RAbuse…`)."""
    named = first(one, "organization", "customer") or ""
    match = _HANDLE.search(named)
    handle = match[1] if match else None
    holders = [follower for follower in followers if follower[0][0] in ("orgname", "custname")]
    holder = next(
        (
            follower
            for follower in holders
            if handle is None or (first(follower, "orgid") or handle).upper() == handle.upper()
        ),
        [],
    )
    pairs = [pair for follower in followers for pair in follower]
    of_organisation, of_network = _contacts(pairs, "org"), _contacts(pairs, "r")
    budget.spend(1 + len(of_organisation) + len(of_network))
    organisation = Entity(
        handle=handle or first(holder, "orgid"),
        roles=frozenset(["registrant"]),
        name=first(holder, "orgname", "custname") or _HANDLE.sub("", named).strip() or None,
        kind="org",
        address=tuple(values(holder, "address", "city", "stateprov", "postalcode")),
        country=as_country(first(holder, "country")),
        remarks=tuple(values(holder, "comment")),
        entities=tuple(of_organisation),
    )
    is_named = organisation.handle or organisation.name
    return holder, (*([organisation] if is_named else of_organisation), *of_network)


def _contacts(pairs: Object, level: str) -> list[Entity]:
    """Gather `OrgAbuseHandle`, `OrgAbuseEmail`, … into one entity a handle.

    `level` is `org` (the organisation's) or `r` (the network's own).
    """
    rows: list[dict[str, str]] = []
    for key, value in pairs:
        match = _CONTACT.fullmatch(key)
        if match and match[1] == level:
            if match[3] == "handle" or not rows or rows[-1]["role"] != match[2]:
                rows.append({"role": match[2]})
            rows[-1][match[3]] = value
    return [_contact(row) for row in rows]


def _contact(row: dict[str, str]) -> Entity:
    email, comment = row.get("email"), row.get("comment", "")
    boxes = read_mailboxes(email)
    text = unusable_mailbox(email)
    return Entity(
        handle=row.get("handle"),
        roles=frozenset([_ROLES[row["role"]]]),
        name=row.get("name"),
        kind="group",
        mailboxes=tuple(Mailbox(box) for box in boxes),
        redacted=is_masked(email),
        warning=comment if _UNVALIDATED in comment else None,
        unusable=(text,) if text else (),
    )
