"""Reading RPSL text (RFC 2622): RIPE, APNIC and AFRINIC, and the national registries of Asia."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from attribution.registry.dialects.common import invalid_mailbox, system_numbered, warning_of
from attribution.registry.lenient import as_country
from attribution.registry.mailbox import (
    geofeed_in,
    is_masked,
    is_withheld,
    read_forms,
    read_mailboxes,
    unusable_mailbox,
)
from attribution.registry.registration import (
    AutonomousSystem,
    Entity,
    Mailbox,
    Network,
    UnreadableAnswer,
)
from attribution.registry.servers import Server
from attribution.registry.spaces import mirrored_space, source_space
from attribution.registry.text import (
    EntityBudget,
    Object,
    comments,
    decode,
    objects,
    read_as_number,
    read_range,
)

_ABUSE_COMMENT = re.compile(r"Abuse contact for '([^']*)' is '([^']*)'")
_FAILED = "Abuse-mailbox validation failed"
_ROLES = {
    "abuse-c": "abuse",
    "mnt-irt": "abuse",
    "tech-c": "technical",
    "admin-c": "administrative",
}
_NETWORK_KINDS = ("inetnum", "inet6num")
_CONTACT_KINDS = ("role", "person", "irt", "organisation")
_CARD_KINDS = {"person": "individual", "organisation": "org"}


def read_networks(body: bytes, server: Server) -> list[Network]:
    """Read every network in the answer. Raises UnreadableAnswer."""
    answer = _Answer(decode(body), server)
    networks = (answer.network(obj) for obj in answer.objects if obj.kind in _NETWORK_KINDS)
    return [network for network in networks if network]


def read_autnum(body: bytes, server: Server, asn: int) -> AutonomousSystem:
    """Read an AS out of the answer. Raises UnreadableAnswer, also where it is not in there."""
    answer = _Answer(decode(body), server)
    systems = (answer.autnum(obj) for obj in answer.objects if obj.kind == "aut-num")
    return system_numbered(asn, systems)


def read_entity(body: bytes, server: Server) -> Entity:
    """Read the first organisation, role, person or IRT of the answer. Raises UnreadableAnswer."""
    answer = _Answer(decode(body), server)
    for handle, obj in answer.contacts.items():
        is_organisation = obj.kind == "organisation"
        return answer.organisation(handle) if is_organisation else answer.contact(handle)
    raise UnreadableAnswer("no entity in the answer")


class _Answer:
    """One answer: its objects, and the contacts that they refer to, each read once."""

    def __init__(self, text: str, server: Server) -> None:
        self.server = server
        self.objects = objects(text)
        self.contacts: dict[str, Object] = {
            handle.upper(): obj
            for obj in self.objects
            if obj.kind in _CONTACT_KINDS and (handle := _handle(obj))
        }
        self._read: dict[str, Entity] = {}
        self._budget = EntityBudget()
        self._abuse, self._failed = _abuse_comments(text)

    def network(self, obj: Object) -> Network | None:
        """Read an inetnum or inet6num; None when its key is no range."""
        ends = read_range(obj.name)
        if ends is None:
            return None
        parent_handle = obj.first("parent")
        return Network(
            **self._registration(obj),
            first=ends[0],
            last=ends[1],
            netname=obj.first("netname"),
            type=_without_comment(obj.first("status")),
            parent=read_range(parent_handle),
            parent_handle=parent_handle,
            geofeed=obj.first("geofeed") or geofeed_in(obj.values("remarks")),
        )

    def autnum(self, obj: Object) -> AutonomousSystem | None:
        """Read an aut-num; None when its key is no number."""
        number = read_as_number(obj.name)
        if number is None:
            return None
        return AutonomousSystem(**self._registration(obj), netname=obj.first("as-name"), asn=number)

    def _registration(self, obj: Object) -> dict[str, Any]:
        """Return the fields that networks and AS have in common."""
        entities = self._entities(obj)
        return {
            "protocol": "whois",
            "registry": self.server.registry,
            "handle_space": self._space(obj),
            "server": self.server.host,
            "handle": obj.name,
            "country": as_country(obj.first("country")),
            "entities": entities,
            "maintainers": _accounts(obj),
            "descriptions": tuple(obj.values("descr")),
            "remarks": tuple(obj.values("remarks")),
            "abuse_comment": self._abuse.get(obj.name),
            "mailbox_warning": self._failed.get(obj.name) or warning_of(entities),
        }

    def contact(self, handle: str) -> Entity:
        """Return a role, person or IRT by its handle; only the handle where the answer lacks it."""
        key = handle.upper()
        if key not in self._read:
            obj = self.contacts.get(key)
            self._read[key] = _contact(obj) if obj else Entity(handle=key)
        return self._read[key]

    def organisation(self, handle: str) -> Entity:
        """Return an organisation with its abuse roles."""
        key = handle.upper()
        if key not in self._read:
            obj = self.contacts.get(key, Object())
            abuse_roles = [self.contact(name) for name in obj.values("abuse-c")]
            self._read[key] = Entity(
                handle=handle,
                roles=frozenset(["registrant"]),
                name=obj.first("org-name"),
                kind="org",
                country=as_country(obj.first("country")),
                remarks=tuple(obj.values("remarks")),
                entities=tuple(replace(role, roles=frozenset(["abuse"])) for role in abuse_roles),
                maintainers=_accounts(obj),
                org_type=(obj.first("org-type") or "").upper() or None,
            )
        return self._read[key]

    def _entities(self, obj: Object) -> tuple[Entity, ...]:
        roles = obj.roles_by_handle(_ROLES)
        self._budget.spend(len(roles))
        contacts = [
            replace(self.contact(handle), roles=frozenset(named)) for handle, named in roles.items()
        ]
        name = _without_comment(obj.first("org"))
        if not name:
            return tuple(contacts)
        organisation = self.organisation(name)
        self._budget.spend(1 + len(organisation.entities))
        return (organisation, *contacts)

    def _space(self, obj: Object) -> str:
        accounts = _accounts(obj)
        by_source = source_space(self.server, obj.first("source"), accounts)
        return by_source or mirrored_space(self.server, obj.values("mnt-irt", "org"), accounts)


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


def _handle(obj: Object) -> str | None:
    return obj.name if obj.kind in ("irt", "organisation") else obj.first("nic-hdl")


def _accounts(obj: Object) -> tuple[str, ...]:
    names = (
        name.strip()
        for value in obj.values("mnt-by")
        for name in (_without_comment(value) or "").split(",")
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _contact(obj: Object) -> Entity:
    for_abuse, others = obj.values("abuse-mailbox"), obj.values("e-mail")
    written = [*for_abuse, *others]
    boxes = [*_mailboxes(for_abuse, frozenset(["abuse"])), *_mailboxes(others, frozenset())]
    remarks = obj.values("remarks")
    return Entity(
        handle=_handle(obj),
        name=obj.name,
        organisation=obj.first("org"),
        kind=_CARD_KINDS.get(obj.kind, "group"),
        mailboxes=tuple(boxes),
        forms=tuple(form for text in obj.values("abuse-url") for form in read_forms(text)),
        country=as_country(obj.first("country")),
        remarks=tuple(remarks),
        redacted=any(
            (is_masked(text) or is_withheld(text)) and not read_mailboxes(text) for text in written
        ),
        maintainers=_accounts(obj),
        warning=invalid_mailbox(remarks, [box.email for box in boxes]),
        unusable=tuple(text for line in written if (text := unusable_mailbox(line))),
    )


def _without_comment(value: str | None) -> str | None:
    """Return a value without RPSL's end-of-line comment (RFC 2622, section 2)."""
    return (value or "").partition("#")[0].strip() or None


def _mailboxes(texts: Iterable[str], types: frozenset[str]) -> list[Mailbox]:
    return [Mailbox(box, types) for text in texts for box in read_mailboxes(text)]
