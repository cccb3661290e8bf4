"""Reading RPSL text (RFC 2622): RIPE, APNIC and AFRINIC, and what APNIC mirrors from national registries."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from attribution.addresses import Address, read_address
from attribution.registry.lenient import as_country, clean
from attribution.registry.mailbox import geofeed_in, is_withheld, read_forms, read_mailboxes
from attribution.registry.registration import Entity, Mailbox, Network
from attribution.registry.registries import registry_of_server

Object = list[tuple[str, str]]

_SOURCES = {
    "RIPE": "ripe", "RIPE-NONAUTH": "ripe", "APNIC": "apnic", "AFRINIC": "afrinic", "LACNIC": "lacnic", "ARIN": "arin",
    "JPNIC": "jpnic", "KRNIC": "krnic", "TWNIC": "twnic", "CNNIC": "cnnic", "IDNIC": "idnic", "VNNIC": "vnnic", "IRINN": "irinn",
}  # fmt: skip
_ABUSE_COMMENT = re.compile(r"^% Abuse contact for '([^']*)' is '([^']*)'", re.MULTILINE)


def objects(text: str) -> list[Object]:
    """Split into objects of (attribute, value); comments are dropped, continued lines joined."""
    found: list[Object] = []
    current: Object = []
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            if current:
                found.append(current)
            current = []
        elif line.startswith(("%", "#")):
            continue
        elif line[0] in " \t+":
            if current:
                key, value = current[-1]
                current[-1] = (key, clean(f"{value} {line[1:]}"))
        else:
            key, colon, value = line.partition(":")
            if colon:
                current.append((key.strip().lower(), clean(value)))
    return found


def values(one: Object, *keys: str) -> list[str]:
    """Return the non-empty values of these attributes, in order."""
    return [value for key, value in one if key in keys and value]


def first(one: Object, *keys: str) -> str | None:
    """Return the first non-empty value of these attributes."""
    return next(iter(values(one, *keys)), None)


def read_range(text: str) -> tuple[Address, Address] | None:
    """Read `a - b`, a CIDR, or LACNIC's shortened CIDR (`198.51.100/24`); None when it is no range."""
    try:
        if " - " in text:
            low, _, high = text.partition(" - ")
            ends = read_address(low), read_address(high)
        else:
            head, _, length = text.partition("/")
            if ":" not in head and head.count(".") < 3:
                head += ".0" * (3 - head.count("."))
            network = ipaddress.ip_network(
                f"{read_address(head)}/{length or ('128' if ':' in head else '32')}", strict=False
            )
            ends = network[0], network[-1]
    except ValueError:
        return None
    low_end, high_end = ends
    if low_end.version != high_end.version:
        return None
    return (low_end, high_end) if int(low_end) <= int(high_end) else (high_end, low_end)


def read_rpsl(text: str, server: str) -> list[Network]:
    """Read every network in the answer."""
    parts = objects(text)
    contacts = {
        handle.upper(): one
        for one in parts
        if one[0][0] in ("role", "person", "irt", "organisation") and (handle := _handle(one))
    }
    comments: dict[str, str] = dict(_ABUSE_COMMENT.findall(text))
    return [
        registration
        for one in parts
        if one[0][0] in ("inetnum", "inet6num") and (registration := _registration(one, contacts, comments, server))
    ]


def _handle(one: Object) -> str | None:
    kind, value = one[0]
    return value if kind in ("irt", "organisation") else first(one, "nic-hdl")


def _registration(one: Object, contacts: dict[str, Object], comments: dict[str, str], server: str) -> Network | None:
    ends = read_range(one[0][1])
    if ends is None:
        return None
    source = (first(one, "source") or "").split("#")[0].strip().upper()
    organisation = first(one, "org")
    entities = list(_entities(one, contacts))
    if organisation:
        held = contacts.get(organisation.upper())
        name = first(held, "org-name") if held else None
        abuse = [contacts[h.upper()] for h in values(held or [], "abuse-c") if h.upper() in contacts]
        entities.insert(
            0,
            Entity(
                handle=organisation,
                roles=frozenset(["registrant"]),
                name=name,
                kind="org",
                address=tuple(values(held or [], "address")),
                country=as_country(first(held or [], "country")),
                entities=tuple(_contact(role, "abuse") for role in abuse),
            ),
        )
    comment = next(iter(read_mailboxes(comments.get(one[0][1], ""))), None)
    return Network(
        protocol="whois",
        registry=_SOURCES.get(source) or registry_of_server(server) or server,
        server=server,
        first=ends[0],
        last=ends[1],
        handle=one[0][1],
        netname=first(one, "netname"),
        type=first(one, "status"),
        country=as_country(first(one, "country")),
        entities=tuple(entities),
        descriptions=tuple(values(one, "descr")),
        remarks=tuple(values(one, "remarks")),
        abuse_comment=comment,
        parent=read_range(first(one, "parent") or ""),
        geofeed=first(one, "geofeed") or geofeed_in(values(one, "remarks")),
    )


def _entities(one: Object, contacts: dict[str, Object]) -> Iterable[Entity]:
    roles: dict[str, set[str]] = {}
    for key, role in (
        ("abuse-c", "abuse"), ("mnt-irt", "abuse"), ("tech-c", "technical"), ("admin-c", "administrative"),
    ):  # fmt: skip
        for handle in values(one, key):
            roles.setdefault(handle.upper(), set()).add(role)
    for handle, named in roles.items():
        if handle in contacts:
            yield _contact(contacts[handle], *named)
        else:
            yield Entity(handle=handle, roles=frozenset(named))


def _contact(one: Object, *roles: str) -> Entity:
    kind = {"person": "individual", "organisation": "org"}.get(one[0][0], "group")
    abuse = [
        Mailbox(box, frozenset(["abuse"])) for text in values(one, "abuse-mailbox") for box in read_mailboxes(text)
    ]
    plain = [Mailbox(box) for text in values(one, "e-mail") for box in read_mailboxes(text)]
    remarks = values(one, "remarks")
    return Entity(
        handle=_handle(one),
        roles=frozenset(roles),
        name=one[0][1],
        organisation=first(one, "org"),
        kind=kind,
        mailboxes=tuple(abuse + plain),
        forms=tuple(form for text in values(one, "abuse-url") for form in read_forms(text)),
        address=tuple(values(one, "address")),
        country=as_country(first(one, "country")),
        remarks=tuple(remarks),
        redacted=any(is_withheld(text) for text in values(one, "e-mail", "abuse-mailbox")),
    )
