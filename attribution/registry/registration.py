"""What a registry says of one network or AS, whatever protocol it said it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from attribution.net.addresses import Address

Protocol = Literal["rdap", "whois", "nir"]


class UnreadableAnswer(Exception):  # noqa: N818 - it says what the answer is
    """The bytes are no answer of the expected kind; the message says why."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mail address of an entity, form checked, domain in lower case."""

    email: str
    types: frozenset[str] = frozenset()
    pref: int | None = None


@dataclass(frozen=True, slots=True)
class HeldNetwork:
    """A network that an entity's answer lists as held by it; both ends are included."""

    first: Address
    last: Address
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A person, role or organisation, with those nested under it (RFC 9083, section 5.1)."""

    handle: str | None = None
    roles: frozenset[str] = frozenset()
    name: str | None = None
    organisation: str | None = None
    kind: str | None = None
    """jCard KIND: `org`, `group`, `individual`; None when not said."""
    mailboxes: tuple[Mailbox, ...] = ()
    forms: tuple[str, ...] = ()
    country: str | None = None
    remarks: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    redacted: bool = False
    """The registry says that it withholds contact data of this entity, or masks a mailbox of it."""
    maintainers: tuple[str, ...] = ()
    """Accounts that may edit the object (`mnt-by`), where the answer says so."""
    org_type: str | None = None
    """RPSL's `org-type`, set by the registry: `LIR` is a member."""
    networks: tuple[HeldNetwork, ...] = ()
    """Networks that an answer about an organisation lists as its own."""
    warning: str | None = None
    """The registry's own remark that a mailbox of this entity failed validation."""
    unusable: tuple[str, ...] = ()
    """What is published as a mailbox and is none (an underscore in the domain), as text."""

    def walk(self) -> Iterator[Entity]:
        """Yield this entity and all below it, depth first."""
        yield self
        for entity in self.entities:
            yield from entity.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What networks and autonomous systems have in common."""

    protocol: Protocol
    registry: str
    """`arin`, `ripe`, `apnic`, `lacnic`, `afrinic`,
    a national registry's id, or the server's host name.
    """
    server: str
    handle: str
    netname: str | None = None
    type: str | None = None
    country: str | None = None
    entities: tuple[Entity, ...] = ()
    descriptions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    abuse_comment: str | None = None
    """Mailbox of RIPE's `% Abuse contact for ...
    is ...` line, which follows the abuse-c inheritance.
    """
    redactions: tuple[str, ...] = ()
    """What the registry states that it withholds (RFC 9537): names, methods and paths."""
    truncated: str | None = None
    """The registry's notice that it left something out (RFC 9083, section 10.2.1)."""
    handle_space: str = ""
    """The registry whose handles the answer prints: with a handle it identifies an organisation."""
    mailbox_warning: str | None = None
    """The registry's own text that the published mailbox failed validation."""
    maintainers: tuple[str, ...] = ()
    """Accounts that may edit the object (`mnt-by`); RIPE's RDAP shows them as registrants."""

    def __post_init__(self) -> None:
        """Handles are the registry's own unless the reader says otherwise."""
        if not self.handle_space:
            object.__setattr__(self, "handle_space", self.registry)

    @property
    def withholds(self) -> bool:
        """Whether something was left out for lack of authorisation:
        asking again brings nothing more.
        """
        return "authorization" in (self.truncated or "").lower()

    @property
    def cut_short(self) -> bool:
        """Whether something was left out because the server
        was busy, or for no reason given: ask again later.
        """
        return self.truncated is not None and not self.withholds

    @property
    def cut_by_load(self) -> bool:
        """Whether something was left out because the server was busy (RFC 9083, section 10.2.1)."""
        return "load" in (self.truncated or "")

    def walk(self) -> Iterator[Entity]:
        """Yield every entity of the answer, nested ones included."""
        for entity in self.entities:
            yield from entity.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Registration):
    """A network as registered. `first` and `last` are the ends of its range, both included."""

    first: Address
    last: Address
    up: str | None = None
    """URL of the network above (RDAP link `up`, RIPE's `rdap-up`)."""
    parent: tuple[Address, Address] | None = None
    """Range of the network above where it is printed: RPSL's `parent`, LACNIC's `inetnum-up`."""
    parent_handle: str | None = None
    """Handle of the network above, as printed."""
    geofeed: str | None = None

    @property
    def size(self) -> int:
        """How many addresses the range holds."""
        return int(self.last) - int(self.first) + 1

    @property
    def range(self) -> str:
        """The range as registries print it."""
        return f"{self.first} - {self.last}"

    def covers(self, address: Address) -> bool:
        """Say whether the address lies in the range."""
        return self.first.version == address.version and int(self.first) <= int(address) <= int(
            self.last
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomousSystem(Registration):
    """An AS as registered."""

    asn: int
