"""Reading LACNIC's, NIC.br's and NIC.mx's WHOIS text: an owner, and people under short handles."""

from __future__ import annotations

from dataclasses import replace

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
    first,
    objects,
    read_as_number,
    read_range,
    roles_by_handle,
    values,
)

_ROLES = {
    "abuse-c": "abuse",
    "tech-c": "technical",
    "routing-c": "routing",
    "owner-c": "administrative",
}
_REDUCED = ("rate limit exceeded", "reduced information")


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


class _Answer:
    """One answer: its objects, and the people that they refer to, each read once."""

    def __init__(self, text: str, server: Server) -> None:
        self.server = server
        self.objects = objects(text)
        self._people = {
            handle.upper(): one
            for one in self.objects
            if (handle := first(one, "nic-hdl", "nic-hdl-br"))
        }
        self._read: dict[str, Entity] = {}
        self._budget = EntityBudget()
        self._reduced = next(
            (line for line in comments(text) if any(word in line.lower() for word in _REDUCED)),
            None,
        )

    def network(self, one: Object) -> Network | None:
        """Read an inetnum; None when its key is no range."""
        ends = read_range(one[0][1])
        if ends is None:
            return None
        above = first(one, "inetnum-up", "inet6num-up")
        return Network(
            protocol="whois",
            registry=self.server.registry,
            handle_space=owner_space(self.server, first(one, "ownerid")),
            server=self.server.host,
            first=ends[0],
            last=ends[1],
            handle=one[0][1],
            type=first(one, "status"),
            country=as_country(first(one, "country")),
            entities=self._entities(one),
            parent=read_range(above),
            parent_handle=above,
            truncated=self._reduced,
        )

    def autnum(self, one: Object) -> AutonomousSystem | None:
        """Read an aut-num; None when its key is no number."""
        number = read_as_number(one[0][1])
        if number is None:
            return None
        return AutonomousSystem(
            protocol="whois",
            registry=self.server.registry,
            handle_space=owner_space(self.server, first(one, "ownerid")),
            server=self.server.host,
            handle=f"AS{number}",
            country=as_country(first(one, "country")),
            entities=self._entities(one),
            truncated=self._reduced,
            asn=number,
        )

    def _entities(self, one: Object) -> tuple[Entity, ...]:
        roles = roles_by_handle(one, _ROLES)
        self._budget.spend(1 + len(roles))
        owner_id = first(one, "ownerid")
        owner = Entity(
            handle=company_number(owner_id, self.server.registry) or owner_id,
            roles=frozenset(["registrant"]),
            name=first(one, "owner"),
            kind="org",
            address=tuple(values(one, "address")),
            country=as_country(first(one, "country")),
        )
        people = (
            replace(self._person(handle), roles=frozenset(named)) for handle, named in roles.items()
        )
        return (*([owner] if owner.handle or owner.name else []), *people)

    def _person(self, handle: str) -> Entity:
        if handle not in self._read:
            one = self._people.get(handle, [])
            written = values(one, "e-mail")
            boxes = [Mailbox(box) for text in written for box in read_mailboxes(text)]
            self._read[handle] = Entity(
                handle=handle,
                name=first(one, "person"),
                kind="individual",
                mailboxes=tuple(boxes),
                country=as_country(first(one, "country")),
                redacted=any(is_masked(text) or is_withheld(text) for text in written)
                and not boxes,
                unusable=tuple(text for line in written if (text := unusable_mailbox(line))),
            )
        return self._read[handle]
