"""Reading LACNIC's, NIC.br's and NIC.mx's WHOIS text: an owner, and persons under short handles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from attribution.registry.dialects.common import system_numbered
from attribution.registry.lenient import as_country
from attribution.registry.mailbox import (
    is_masked,
    is_withheld,
    read_mailboxes,
    unusable_mailbox,
)
from attribution.registry.registration import AutonomousSystem, Entity, Mailbox, Network
from attribution.registry.servers import Server
from attribution.registry.spaces import company_number, owner_space
from attribution.registry.text import (
    EntityBudget,
    Object,
    comments,
    decode,
    objects,
    read_as_number,
    read_range,
)

_ROLES = {
    "abuse-c": "abuse",
    "tech-c": "technical",
    "routing-c": "routing",
    "owner-c": "administrative",
}
_NETWORK_KINDS = ("inetnum", "inet6num")
_REDUCED = ("rate limit exceeded", "reduced information")


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


class _Answer:
    """One answer: its objects, and the persons that they refer to, each read once."""

    def __init__(self, text: str, server: Server) -> None:
        self.server = server
        self.objects = objects(text)
        self._persons = {
            handle.upper(): obj
            for obj in self.objects
            if (handle := obj.first("nic-hdl", "nic-hdl-br"))
        }
        self._read: dict[str, Entity] = {}
        self._budget = EntityBudget()
        self._reduced = next(
            (line for line in comments(text) if any(word in line.lower() for word in _REDUCED)),
            None,
        )

    def network(self, obj: Object) -> Network | None:
        """Read an inetnum; None when its key is no range."""
        ends = read_range(obj.name)
        if ends is None:
            return None
        above = obj.first("inetnum-up", "inet6num-up")
        return Network(
            **self._registration(obj),
            first=ends[0],
            last=ends[1],
            handle=obj.name,
            type=obj.first("status"),
            parent=read_range(above),
            parent_handle=above,
        )

    def autnum(self, obj: Object) -> AutonomousSystem | None:
        """Read an aut-num; None when its key is no number."""
        number = read_as_number(obj.name)
        if number is None:
            return None
        return AutonomousSystem(**self._registration(obj), handle=f"AS{number}", asn=number)

    def _registration(self, obj: Object) -> dict[str, Any]:
        """Return the fields that networks and AS have in common."""
        return {
            "protocol": "whois",
            "registry": self.server.registry,
            "handle_space": owner_space(self.server, obj.first("ownerid")),
            "server": self.server.host,
            "country": as_country(obj.first("country")),
            "entities": self._entities(obj),
            "truncated": self._reduced,
        }

    def _entities(self, obj: Object) -> tuple[Entity, ...]:
        roles = obj.roles_by_handle(_ROLES)
        self._budget.spend(1 + len(roles))
        owner_id = obj.first("ownerid")
        owner = Entity(
            handle=company_number(owner_id, self.server.registry) or owner_id,
            roles=frozenset(["registrant"]),
            name=obj.first("owner"),
            kind="org",
            country=as_country(obj.first("country")),
        )
        persons = (
            replace(self._person(handle), roles=frozenset(named)) for handle, named in roles.items()
        )
        return (*([owner] if owner.handle or owner.name else []), *persons)

    def _person(self, handle: str) -> Entity:
        if handle not in self._read:
            obj = self._persons.get(handle, Object())
            written = obj.values("e-mail")
            boxes = [Mailbox(box) for text in written for box in read_mailboxes(text)]
            self._read[handle] = Entity(
                handle=handle,
                name=obj.first("person"),
                kind="individual",
                mailboxes=tuple(boxes),
                country=as_country(obj.first("country")),
                redacted=any(is_masked(text) or is_withheld(text) for text in written)
                and not boxes,
                unusable=tuple(text for line in written if (text := unusable_mailbox(line))),
            )
        return self._read[handle]
