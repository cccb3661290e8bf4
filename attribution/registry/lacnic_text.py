"""Reading LACNIC's and NIC.br's WHOIS text: an owner, and people under short handles."""

from __future__ import annotations

from attribution.registry.lenient import as_country
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.registration import Entity, Mailbox, Network
from attribution.registry.rpsl import Object, first, objects, read_range, values


def read_lacnic(text: str, server: str) -> list[Network]:
    """Read every network in the answer."""
    parts = objects(text)
    people = {handle.upper(): one for one in parts if (handle := first(one, "nic-hdl", "nic-hdl-br"))}
    return [
        registration
        for one in parts
        if one[0][0] in ("inetnum", "inet6num") and (registration := _registration(one, people, server, text))
    ]


def _registration(one: Object, people: dict[str, Object], server: str, text: str) -> Network | None:
    ends = read_range(one[0][1])
    if ends is None:
        return None
    roles: dict[str, set[str]] = {}
    for key, role in (("abuse-c", "abuse"), ("tech-c", "technical"), ("owner-c", "administrative")):
        for handle in values(one, key):
            roles.setdefault(handle.upper(), set()).add(role)
    owner = Entity(
        handle=first(one, "ownerid"),
        roles=frozenset(["registrant"]),
        name=first(one, "owner"),
        kind="org",
        address=tuple(values(one, "address")),
        country=as_country(first(one, "country")),
    )
    return Network(
        protocol="whois",
        registry="nicbr" if "registro.br" in server or "whois.registro.br" in text else "lacnic",
        server=server,
        first=ends[0],
        last=ends[1],
        handle=one[0][1],
        netname=None,
        type=first(one, "status"),
        country=as_country(first(one, "country")),
        entities=(owner, *(_person(handle, named, people.get(handle, [])) for handle, named in roles.items())),
        parent=read_range(first(one, "inetnum-up") or ""),
    )


def _person(handle: str, roles: set[str], one: Object) -> Entity:
    return Entity(
        handle=handle,
        roles=frozenset(roles),
        name=first(one, "person"),
        kind="individual",
        mailboxes=tuple(Mailbox(box) for text in values(one, "e-mail") for box in read_mailboxes(text)),
        country=as_country(first(one, "country")),
    )
