"""Reading RPSL text (RFC 2622): RIPE, APNIC and AFRINIC, and the national registries of Asia."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from attribution.registry.dialects.common import invalid_mailbox, warning_of
from attribution.registry.lenient import as_country
from attribution.registry.mailbox import (
    geofeed_in,
    is_masked,
    is_withheld,
    read_forms,
    read_mailboxes,
    unusable_mailbox,
)
from attribution.registry.registration import AutonomousSystem, Entity, Mailbox, Network
from attribution.registry.servers import Server
from attribution.registry.spaces import mirrored_space, source_space
from attribution.registry.text import (
    EntityBudget,
    Object,
    comments,
    first,
    objects,
    read_as_number,
    read_range,
    roles_by_handle,
    values,
)

_ABUSE_COMMENT = re.compile(r"Abuse contact for '([^']*)' is '([^']*)'")
_FAILED = "Abuse-mailbox validation failed"
_ROLES = {
    "abuse-c": "abuse",
    "mnt-irt": "abuse",
    "tech-c": "technical",
    "admin-c": "administrative",
}
_KINDS = {"person": "individual", "organisation": "org"}


def read_networks(text: str, server: Server) -> list[Network]:
    """Read every network in the answer. Raises UnreadableAnswer."""
    answer = _Answer(text, server)
    found = (answer.network(one) for one in answer.objects if one[0][0] in ("inetnum", "inet6num"))
    return [network for network in found if network]


def read_autnums(text: str, server: Server) -> list[AutonomousSystem]:
    """Read every AS in the answer. Raises UnreadableAnswer."""
    answer = _Answer(text, server)
    found = (answer.autnum(one) for one in answer.objects if one[0][0] == "aut-num")
    return [system for system in found if system]


def read_entity(text: str, server: Server) -> Entity | None:
    """Read the first organisation, role, person or IRT of the answer; None when it holds none."""
    answer = _Answer(text, server)
    return next(
        (
            answer.organisation(handle) if one[0][0] == "organisation" else answer.contact(handle)
            for handle, one in answer.contacts.items()
        ),
        None,
    )


class _Answer:
    """One answer: its objects, and the contacts that they refer to, each read once."""

    def __init__(self, text: str, server: Server) -> None:
        self.server = server
        self.objects = objects(text)
        self.contacts: dict[str, Object] = {
            handle.upper(): one
            for one in self.objects
            if one[0][0] in ("role", "person", "irt", "organisation") and (handle := _handle(one))
        }
        self._read: dict[str, Entity] = {}
        self._budget = EntityBudget()
        self._abuse, self._failed = _abuse_comments(text)

    def network(self, one: Object) -> Network | None:
        """Read an inetnum or inet6num; None when its key is no range."""
        ends = read_range(one[0][1])
        if ends is None:
            return None
        entities = self._entities(one)
        parent_handle = first(one, "parent")
        remarks = values(one, "remarks")
        return Network(
            protocol="whois",
            registry=self.server.registry,
            handle_space=self._space(one),
            server=self.server.host,
            first=ends[0],
            last=ends[1],
            handle=one[0][1],
            netname=first(one, "netname"),
            type=_without_comment(first(one, "status")),
            country=as_country(first(one, "country")),
            entities=entities,
            maintainers=_accounts(one),
            sponsor=first(one, "sponsoring-org"),
            descriptions=tuple(values(one, "descr")),
            remarks=tuple(remarks),
            abuse_comment=self._abuse.get(one[0][1]),
            mailbox_warning=self._failed.get(one[0][1]) or warning_of(entities),
            parent=read_range(parent_handle),
            parent_handle=parent_handle,
            geofeed=first(one, "geofeed") or geofeed_in(remarks),
        )

    def autnum(self, one: Object) -> AutonomousSystem | None:
        """Read an aut-num; None when its key is no number."""
        number = read_as_number(one[0][1])
        if number is None:
            return None
        entities = self._entities(one)
        return AutonomousSystem(
            protocol="whois",
            registry=self.server.registry,
            handle_space=self._space(one),
            server=self.server.host,
            handle=one[0][1],
            netname=first(one, "as-name"),
            country=as_country(first(one, "country")),
            entities=entities,
            maintainers=_accounts(one),
            sponsor=first(one, "sponsoring-org"),
            descriptions=tuple(values(one, "descr")),
            remarks=tuple(values(one, "remarks")),
            abuse_comment=self._abuse.get(one[0][1]),
            mailbox_warning=self._failed.get(one[0][1]) or warning_of(entities),
            asn=number,
        )

    def contact(self, handle: str) -> Entity:
        """Return a role, person or IRT by its handle; only the handle where the answer lacks it."""
        key = handle.upper()
        if key not in self._read:
            one = self.contacts.get(key)
            self._read[key] = _contact(one) if one else Entity(handle=key)
        return self._read[key]

    def organisation(self, handle: str) -> Entity:
        """Return an organisation with its abuse roles."""
        key = handle.upper()
        if key not in self._read:
            one = self.contacts.get(key, [])
            desks = [self.contact(name) for name in values(one, "abuse-c")]
            self._read[key] = Entity(
                handle=handle,
                roles=frozenset(["registrant"]),
                name=first(one, "org-name"),
                kind="org",
                address=tuple(values(one, "address")),
                country=as_country(first(one, "country")),
                remarks=tuple(values(one, "remarks")),
                entities=tuple(replace(desk, roles=frozenset(["abuse"])) for desk in desks),
                maintainers=_accounts(one),
                org_type=(first(one, "org-type") or "").upper() or None,
            )
        return self._read[key]

    def _entities(self, one: Object) -> tuple[Entity, ...]:
        roles = roles_by_handle(one, _ROLES)
        self._budget.spend(len(roles))
        found = [
            replace(self.contact(handle), roles=frozenset(named)) for handle, named in roles.items()
        ]
        name = _without_comment(first(one, "org"))
        if not name:
            return tuple(found)
        organisation = self.organisation(name)
        self._budget.spend(1 + len(organisation.entities))
        return (organisation, *found)

    def _space(self, one: Object) -> str:
        accounts = _accounts(one)
        marks = values(one, "mnt-irt", "org")
        by_source = source_space(self.server, first(one, "source"), accounts)
        return by_source or mirrored_space(self.server, marks, accounts)


def _abuse_comments(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return, by the key of an object, its abuse contact and RIPE's warning about that mailbox."""
    mailboxes: dict[str, str] = {}
    warnings: dict[str, str] = {}
    key = None
    for line in comments(text):
        match = _ABUSE_COMMENT.fullmatch(line)
        if match:
            key = match[1]
            box = next(iter(read_mailboxes(match[2])), None)
            if box:
                mailboxes[key] = box
        elif key and line.startswith(_FAILED):
            warnings[key] = line
    return mailboxes, warnings


def _handle(one: Object) -> str | None:
    kind, value = one[0]
    return value if kind in ("irt", "organisation") else first(one, "nic-hdl")


def _accounts(one: Object) -> tuple[str, ...]:
    names = (
        name.strip()
        for value in values(one, "mnt-by")
        for name in (_without_comment(value) or "").split(",")
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _contact(one: Object) -> Entity:
    marked = values(one, "abuse-mailbox")
    written = [*marked, *values(one, "e-mail")]
    boxes = [
        *_mailboxes(marked, frozenset(["abuse"])),
        *_mailboxes(values(one, "e-mail"), frozenset()),
    ]
    remarks = values(one, "remarks")
    return Entity(
        handle=_handle(one),
        name=one[0][1],
        organisation=first(one, "org"),
        kind=_KINDS.get(one[0][0], "group"),
        mailboxes=tuple(boxes),
        forms=tuple(form for text in values(one, "abuse-url") for form in read_forms(text)),
        address=tuple(values(one, "address")),
        country=as_country(first(one, "country")),
        remarks=tuple(remarks),
        redacted=any(is_masked(text) or is_withheld(text) for text in written if not _has(text)),
        maintainers=_accounts(one),
        warning=invalid_mailbox(remarks, [box.email for box in boxes]),
        unusable=tuple(text for line in written if (text := unusable_mailbox(line))),
    )


def _without_comment(value: str | None) -> str | None:
    """Return a value without RPSL's end-of-line comment (RFC 2622, section 2)."""
    return (value or "").partition("#")[0].strip() or None


def _has(text: str) -> bool:
    return bool(read_mailboxes(text))


def _mailboxes(texts: Iterable[str], types: frozenset[str]) -> list[Mailbox]:
    return [Mailbox(box, types) for text in texts for box in read_mailboxes(text)]
