"""Reading ARIN's WHOIS text: several networks in one answer, each followed by its organisation."""

from __future__ import annotations

import re
from typing import Any

from attribution.registry.dialects.common import system_numbered, warning_of
from attribution.registry.lenient import as_country
from attribution.registry.mailbox import is_masked, read_mailboxes, unusable_mailbox
from attribution.registry.registration import AutonomousSystem, Entity, Mailbox, Network
from attribution.registry.servers import Server
from attribution.registry.text import (
    EntityBudget,
    Object,
    decode,
    objects,
    read_as_number,
    read_range,
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


def read_networks(body: bytes, server: Server) -> list[Network]:
    """Read every network in the answer. Raises UnreadableAnswer."""
    budget = EntityBudget()
    groups = _groups(objects(decode(body)), "netrange")
    networks = (_network(obj, followers, server, budget) for obj, followers in groups)
    return [network for network in networks if network]


def read_autnum(body: bytes, server: Server, asn: int) -> AutonomousSystem:
    """Read an AS out of the answer. Raises UnreadableAnswer, also where it is not in there."""
    budget = EntityBudget()
    groups = _groups(objects(decode(body)), "asnumber")
    systems = (_autnum(obj, followers, server, budget) for obj, followers in groups)
    return system_numbered(asn, systems)


def read_referrals(body: bytes) -> list[tuple[str | None, str]]:
    """Return (type of the network that it stands below, referral) for each `ReferralServer`."""
    referrals: list[tuple[str | None, str]] = []
    network_type: str | None = None
    for obj in objects(decode(body)):
        if obj.kind in _KEYS:
            network_type = obj.first("nettype")
        referrals += [(network_type, value) for value in obj.values("referralserver")]
    return referrals


def _groups(answer: list[Object], key: str) -> list[tuple[Object, list[Object]]]:
    """Group by network: an organisation and its contacts belong to the network above them."""
    groups: list[tuple[Object, list[Object]]] = []
    current: list[Object] | None = None
    for obj in answer:
        if obj.kind in _KEYS:
            current = [] if obj.kind == key else None
            if current is not None:
                groups.append((obj, current))
        elif current is not None:
            current.append(obj)
    return groups


def _network(
    obj: Object, followers: list[Object], server: Server, budget: EntityBudget
) -> Network | None:
    ends = read_range(obj.name)
    if ends is None:
        return None
    parent = obj.first("parent")
    handle_of_parent = _HANDLE.search(parent or "")
    return Network(
        **_registration(obj, followers, server, budget),
        first=ends[0],
        last=ends[1],
        handle=obj.first("nethandle") or obj.name,
        netname=obj.first("netname"),
        type=obj.first("nettype"),
        parent_handle=handle_of_parent[1] if handle_of_parent else parent,
    )


def _autnum(
    obj: Object, followers: list[Object], server: Server, budget: EntityBudget
) -> AutonomousSystem | None:
    low, _, high = obj.name.partition("-")
    number = read_as_number(low.strip())
    if high.strip() or number is None:
        return None
    return AutonomousSystem(
        **_registration(obj, followers, server, budget),
        handle=obj.first("ashandle") or f"AS{number}",
        netname=obj.first("asname"),
        asn=number,
    )


def _registration(
    obj: Object, followers: list[Object], server: Server, budget: EntityBudget
) -> dict[str, Any]:
    """Return the fields that networks and AS have in common."""
    holder, entities = _entities(obj, followers, budget)
    return {
        "protocol": "whois",
        "registry": server.registry,
        "handle_space": server.handle_space,
        "server": server.host,
        "country": as_country(holder.first("country")),
        "entities": entities,
        "remarks": tuple(obj.values("comment") + holder.values("comment")),
        "mailbox_warning": warning_of(entities),
    }


def _entities(
    obj: Object, followers: list[Object], budget: EntityBudget
) -> tuple[Object, tuple[Entity, ...]]:
    """Return the holder's object, and the holder with the network's own contacts (`RAbuse…`)."""
    named = obj.first("organization", "customer") or ""
    match = _HANDLE.search(named)
    handle = match[1] if match else None
    holders = [follower for follower in followers if follower.kind in ("orgname", "custname")]
    holder = next(
        (
            follower
            for follower in holders
            if handle is None or (follower.first("orgid") or handle).upper() == handle.upper()
        ),
        Object(),
    )
    pairs = [pair for follower in followers for pair in follower.attributes]
    of_organisation, of_network = _contacts(pairs, "org"), _contacts(pairs, "r")
    budget.spend(1 + len(of_organisation) + len(of_network))
    organisation = Entity(
        handle=handle or holder.first("orgid"),
        roles=frozenset(["registrant"]),
        name=holder.first("orgname", "custname") or _HANDLE.sub("", named).strip() or None,
        kind="org",
        country=as_country(holder.first("country")),
        remarks=tuple(holder.values("comment")),
        entities=tuple(of_organisation),
    )
    is_named = organisation.handle or organisation.name
    return holder, (*([organisation] if is_named else of_organisation), *of_network)


def _contacts(pairs: list[tuple[str, str]], level: str) -> list[Entity]:
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
