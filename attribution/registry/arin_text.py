"""Reading ARIN's WHOIS text: several networks in one answer, each followed by its organisation."""

from __future__ import annotations

import re

from attribution.registry.lenient import as_country
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.registration import Entity, Mailbox, Network
from attribution.registry.rpsl import Object, first, objects, read_range, values

_ROLES = {"abuse": "abuse", "tech": "technical", "noc": "noc", "routing": "routing", "dns": "dns"}
_CONTACT = re.compile(r"^(org|r)(abuse|tech|noc|routing|dns)(handle|name|email)$")


def read_arin(text: str, server: str) -> list[Network]:
    """Read every network in the answer; an organisation and its contacts belong to the network above them."""
    found: list[Network] = []
    network: Object | None = None
    followers: list[Object] = []
    for one in [*objects(text), [("netrange", "")]]:
        if one[0][0] == "netrange":
            if network is not None and (registration := _registration(network, followers, server)):
                found.append(registration)
            network, followers = one, []
        elif network is not None:
            followers.append(one)
    return found


def _registration(network: Object, followers: list[Object], server: str) -> Network | None:
    ends = read_range(network[0][1])
    if ends is None:
        return None
    holder = next((one for one in followers if one[0][0] in ("orgname", "custname")), [])
    contacts = [pair for one in followers for pair in one]
    organisation = Entity(
        handle=first(holder, "orgid") or _handle_in_parentheses(first(network, "organization", "customer")),
        roles=frozenset(["registrant"]),
        name=first(holder, "orgname", "custname")
        or _name_before_parentheses(first(network, "organization", "customer")),
        kind="org",
        address=tuple(values(holder, "address", "city", "stateprov", "postalcode")),
        country=as_country(first(holder, "country")),
        entities=tuple(_contacts(contacts, "org")),
    )
    return Network(
        protocol="whois",
        registry="arin",
        server=server,
        first=ends[0],
        last=ends[1],
        handle=first(network, "nethandle") or network[0][1],
        netname=first(network, "netname"),
        type=first(network, "nettype"),
        country=as_country(first(holder, "country")),
        entities=(organisation, *_contacts(contacts, "r")),
        remarks=tuple(values(network, "comment") + values(holder, "comment")),
        referrals=tuple(values([*network, *contacts], "referralserver", "resourcelink")),
    )


def _contacts(pairs: Object, level: str) -> list[Entity]:
    """Gather `OrgAbuseHandle`, `OrgAbuseEmail`, … into one entity a handle; `level` is `org` or `r` (the network's own)."""
    rows: list[dict[str, str]] = []
    for key, value in pairs:
        match = _CONTACT.match(key)
        if match and match[1] == level:
            if match[3] == "handle" or not rows or rows[-1]["role"] != match[2]:
                rows.append({"role": match[2]})
            rows[-1][match[3]] = value
    return [
        Entity(
            handle=row.get("handle"),
            roles=frozenset([_ROLES[row["role"]]]),
            name=row.get("name"),
            kind="group",
            mailboxes=tuple(Mailbox(box) for box in read_mailboxes(row.get("email"))),
        )
        for row in rows
    ]


def _handle_in_parentheses(text: str | None) -> str | None:
    match = re.search(r"\(([A-Za-z0-9-]+)\)$", text or "")
    return match[1] if match else None


def _name_before_parentheses(text: str | None) -> str | None:
    return re.sub(r"\s*\([A-Za-z0-9-]+\)$", "", text) if text else None
