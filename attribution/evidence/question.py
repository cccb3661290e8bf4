"""What can be asked, as fields: each question stands in
the records of its answers, and in bundles as JSON.

A question is the key under which its answer is shared between tasks, kept, and looked for in
evidence. `text` is for people only; nothing is decided from it.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from attribution.errors import EvidenceError
from attribution.net.addresses import Address


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a national registry: its URL, and the fields of the form that is posted to it."""

    url: str
    form: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ResolveName:
    """One address type of a host name, at the resolvers.
    Asking for `A` asks for `AAAA` beside it.
    """

    kind: ClassVar[str] = "resolve_name"
    host: str
    rdtype: str = "A"

    @property
    def text(self) -> str:
        """The question in words."""
        return f"{self.host} {self.rdtype}"


@dataclass(frozen=True, slots=True)
class NonexistentName:
    """A name that does not exist: an address in the
    answer shows that the resolver makes answers up.
    """

    kind: ClassVar[str] = "made_up_name"
    resolver: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"a name that does not exist, at {self.resolver}"


@dataclass(frozen=True, slots=True)
class NetworkAt:
    """The most specific network around an address, by RDAP (RFC 9082, section 3.1.1)."""

    kind: ClassVar[str] = "network_at"
    address: Address

    @property
    def text(self) -> str:
        """The question in words."""
        return f"ip {self.address}"


@dataclass(frozen=True, slots=True)
class NetworkAbove:
    """The network above one already known, by its link
    `up` or its parent's range at the same service.
    """

    kind: ClassVar[str] = "network_above"
    url: str
    first: Address
    """First address of the network below."""
    last: Address
    """Last address of the network below."""

    @property
    def text(self) -> str:
        """The question in words."""
        return f"the network above {self.first} - {self.last}: {self.url}"


@dataclass(frozen=True, slots=True)
class NationalNetwork:
    """The network around an address at a national registry's own RDAP service."""

    kind: ClassVar[str] = "national_network"
    registry: str
    address: Address
    base: str
    """The service's base URL, with a slash at its end."""

    @property
    def text(self) -> str:
        """The question in words."""
        return f"ip {self.address} at {self.registry}"


@dataclass(frozen=True, slots=True)
class EntityNamed:
    """A contact or organisation that an answer names by
    its handle only, at the registry that named it.
    """

    kind: ClassVar[str] = "entity"
    registry: str
    handle: str
    url: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"entity {self.handle} at {self.registry}"


@dataclass(frozen=True, slots=True)
class SystemNumbered:
    """An autonomous system, by RDAP."""

    kind: ClassVar[str] = "autnum"
    asn: int

    @property
    def text(self) -> str:
        """The question in words."""
        return f"autnum {self.asn}"


@dataclass(frozen=True, slots=True)
class WhoisAt:
    """An address on port 43, with the networks above it where
    the server gives them: from IANA's root, or one server.
    """

    kind: ClassVar[str] = "whois_at"
    address: Address
    server: str | None = None

    @property
    def text(self) -> str:
        """The question in words."""
        return f"whois {self.address}" + (f" at {self.server}" if self.server else "")


@dataclass(frozen=True, slots=True)
class WhoisAbove:
    """A network on port 43 by its exact block, where a
    server gives what lies above only by name (LACNIC).
    """

    kind: ClassVar[str] = "whois_above"
    block: str
    """The block in CIDR notation."""
    server: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"whois {self.block} at {self.server}"


@dataclass(frozen=True, slots=True)
class WhoisSystem:
    """An autonomous system on port 43 of one registry."""

    kind: ClassVar[str] = "whois_autnum"
    asn: int
    server: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"whois AS{self.asn} at {self.server}"


@dataclass(frozen=True, slots=True)
class OriginOf:
    """The AS that announces an address, by DNS (origin.asn.cymru.com)."""

    kind: ClassVar[str] = "origin"
    address: Address

    @property
    def text(self) -> str:
        """The question in words."""
        return f"origin {self.address}"


@dataclass(frozen=True, slots=True)
class NationalPage:
    """A page of a national registry about an address."""

    kind: ClassVar[str] = "national_page"
    registry: str
    address: Address
    page: Page

    @property
    def text(self) -> str:
        """The question in words."""
        fields = "".join(f" {key}={value}" for key, value in self.page.form)
        return f"page {self.registry} {self.page.url}{fields}"


@dataclass(frozen=True, slots=True)
class SuffixOf:
    """Where a name was registered, and whether it is a page of a platform of the tables."""

    kind: ClassVar[str] = "suffix"
    name: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"suffix {self.name}"


@dataclass(frozen=True, slots=True)
class ReverseProxyAt:
    """Whether published lists name the address as a proxy's,
    a cloud's, a sinkhole's or a parking page's.
    """

    kind: ClassVar[str] = "front"
    address: Address

    @property
    def text(self) -> str:
        """The question in words."""
        return f"front {self.address}"


@dataclass(frozen=True, slots=True)
class HotlinesAndAuthorityOf:
    """Which hotline and which authority take a case in a country (ISO 3166-1 alpha-2)."""

    kind: ClassVar[str] = "desk"
    country: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"hotline and authority of {self.country}"


@dataclass(frozen=True, slots=True)
class DomainNamed:
    """The registration of a domain: registrar, status,
    name servers; by RDAP, or by port-43 text.
    """

    kind: ClassVar[str] = "domain"
    name: str
    whois: bool = False

    @property
    def text(self) -> str:
        """The question in words."""
        return f"domain {self.name}" + (" by whois" if self.whois else "")


@dataclass(frozen=True, slots=True)
class MailTo:
    """Whether a domain takes mail: MX (RFC 7505:
    a null MX takes none), else A and AAAA (RFC 5321, section 5.1).
    """

    kind: ClassVar[str] = "mail"
    domain: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"mail {self.domain}"


@dataclass(frozen=True, slots=True)
class DisclosedOriginAt:
    """An address behind a proxy, as the proxy's operator or an analyst told it."""

    kind: ClassVar[str] = "told_origin"
    address: Address

    @property
    def text(self) -> str:
        """The question in words."""
        return f"told origin {self.address}"


@dataclass(frozen=True, slots=True)
class OriginsBehind:
    """Which origins somebody who may know them tells of a proxy's address."""

    kind: ClassVar[str] = "origins_behind"
    address: Address
    source: str

    @property
    def text(self) -> str:
        """The question in words."""
        return f"origins behind {self.address}, told by {self.source}"


@dataclass(frozen=True, slots=True)
class ServedFrom:
    """Which of the addresses that DNS gave a check or an analyst saw serve the content."""

    kind: ClassVar[str] = "served_from"
    address: Address

    @property
    def text(self) -> str:
        """The question in words."""
        return f"served from {self.address}"


@dataclass(frozen=True, slots=True)
class VouchedFor:
    """Whether a person of the hotline vouches for an
    organisation as accountable for what it hosts.
    """

    kind: ClassVar[str] = "vouched_for"
    provider: str
    """`handle space:HANDLE`."""

    @property
    def text(self) -> str:
        """The question in words."""
        return f"vouched for {self.provider}"

    @property
    def names_organisation(self) -> bool:
        """Whether it is about an organisation: a block without one has no identity to vouch for."""
        return ":network:" not in self.provider.lower()


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """An address of the site that is a registry's,
    a resolver's or the mail relay's, and so protects nobody.
    """

    kind: ClassVar[str] = "registry_address"
    address: Address

    @property
    def text(self) -> str:
        """The question in words."""
        return f"registry's own address {self.address}"


Question = (
    ResolveName
    | NonexistentName
    | NetworkAt
    | NetworkAbove
    | NationalNetwork
    | EntityNamed
    | SystemNumbered
    | WhoisAt
    | WhoisAbove
    | WhoisSystem
    | OriginOf
    | NationalPage
    | SuffixOf
    | ReverseProxyAt
    | HotlinesAndAuthorityOf
    | DomainNamed
    | MailTo
    | DisclosedOriginAt
    | OriginsBehind
    | ServedFrom
    | VouchedFor
    | RegistryAddress
)

_TYPES: dict[str, type[Any]] = {
    cls.kind: cls
    for cls in (
        ResolveName,
        NonexistentName,
        NetworkAt,
        NetworkAbove,
        NationalNetwork,
        EntityNamed,
        SystemNumbered,
        WhoisAt,
        WhoisAbove,
        WhoisSystem,
        OriginOf,
        NationalPage,
        SuffixOf,
        ReverseProxyAt,
        HotlinesAndAuthorityOf,
        DomainNamed,
        MailTo,
        DisclosedOriginAt,
        OriginsBehind,
        ServedFrom,
        VouchedFor,
        RegistryAddress,
    )
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "address": ipaddress.ip_address,
    "first": ipaddress.ip_address,
    "last": ipaddress.ip_address,
    "asn": int,
    "page": lambda value: Page(
        str(value["url"]), tuple((str(key), str(text)) for key, text in value["form"])
    ),
    "server": lambda value: None if value is None else str(value),
    "whois": bool,
}
"""How a field is read back from JSON; all others are text."""


def question_to_json(question: Question) -> dict[str, Any]:
    """Return the question's kind and fields as plain JSON values;
    fields that are None or false are left out.
    """
    values = {field.name: getattr(question, field.name) for field in dataclasses.fields(question)}
    plain = {
        name: _plain(value)
        for name, value in values.items()
        if value is not None and value is not False
    }
    return {"kind": question.kind, **plain}


def question_from_json(values: dict[str, Any]) -> Question:
    """Read what `question_to_json` wrote.
    Raises EvidenceError for an unknown kind, field or value.
    """
    fields = {name: value for name, value in values.items() if name != "kind"}
    try:
        cls = _TYPES[values["kind"]]
        question: Question = cls(
            **{name: _READERS.get(name, str)(value) for name, value in fields.items()}
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError(f"a question cannot be read: {type(error).__name__} {error}") from None
    return question


def _plain(value: Any) -> Any:
    if isinstance(value, Page):
        return {"url": value.url, "form": [list(field) for field in value.form]}
    return value if isinstance(value, str | int) else str(value)
