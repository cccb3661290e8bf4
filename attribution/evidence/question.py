"""What can be asked, as fields: each question stands in
the records of its answers, and in bundles as JSON.

A question is the key under which its answer is shared between tasks, cached, and looked up in
evidence. `text` is for people only; nothing is decided from it.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

from attribution.errors import EvidenceError
from attribution.net.addresses import Address


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a national registry: its URL, and the fields of the form that is posted to it."""

    url: str
    form: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Question:
    kind: ClassVar[str]
    """Its name in bundles."""
    wording: ClassVar[str] = ""
    """The question as text; `{0}` stands for the question."""

    @property
    def text(self) -> str:
        """The question as text, for people only."""
        return self.wording.format(self)


@dataclass(frozen=True, slots=True)
class ResolveName(_Question):
    """One address type of a host name, at the resolvers.
    Asking for `A` asks for `AAAA` beside it.
    """

    kind = "resolve_name"
    wording = "{0.host} {0.rdtype}"
    host: str
    rdtype: str = "A"


@dataclass(frozen=True, slots=True)
class NonexistentName(_Question):
    """A name that does not exist: an address in the
    answer shows that the resolver makes answers up.
    """

    kind = "made_up_name"
    wording = "a name that does not exist, at {0.resolver}"
    resolver: str


@dataclass(frozen=True, slots=True)
class NetworkAt(_Question):
    """The most specific network around an address, by RDAP (RFC 9082, section 3.1.1)."""

    kind = "network_at"
    wording = "ip {0.address}"
    address: Address


@dataclass(frozen=True, slots=True)
class NetworkAbove(_Question):
    """The network above one already known, by its link
    `up` or its parent's range at the same service.
    """

    kind = "network_above"
    wording = "the network above {0.first} - {0.last}: {0.url}"
    url: str
    first: Address
    """First address of the network below."""
    last: Address
    """Last address of the network below."""


@dataclass(frozen=True, slots=True)
class NationalNetwork(_Question):
    """The network around an address at a national registry's own RDAP service."""

    kind = "national_network"
    wording = "ip {0.address} at {0.registry}"
    registry: str
    address: Address
    base: str
    """The service's base URL, with a slash at its end."""


@dataclass(frozen=True, slots=True)
class EntityNamed(_Question):
    """A contact or organisation that an answer names by
    its handle only, at the registry that named it.
    """

    kind = "entity"
    wording = "entity {0.handle} at {0.registry}"
    registry: str
    handle: str
    url: str


@dataclass(frozen=True, slots=True)
class SystemNumbered(_Question):
    """An autonomous system, by RDAP."""

    kind = "autnum"
    wording = "autnum {0.asn}"
    asn: int


@dataclass(frozen=True, slots=True)
class WhoisAt(_Question):
    """An address on port 43, with the networks above it where
    the server gives them: from IANA's root, or one server.
    """

    kind = "whois_at"
    address: Address
    server: str | None = None

    @property
    def text(self) -> str:
        """The question as text."""
        return f"whois {self.address}" + (f" at {self.server}" if self.server else "")


@dataclass(frozen=True, slots=True)
class WhoisAbove(_Question):
    """A network on port 43 by its exact block, where a
    server gives what lies above only by name (LACNIC).
    """

    kind = "whois_above"
    wording = "whois {0.block} at {0.server}"
    block: str
    """The block in CIDR notation."""
    server: str


@dataclass(frozen=True, slots=True)
class WhoisSystem(_Question):
    """An autonomous system on port 43 of one registry."""

    kind = "whois_autnum"
    wording = "whois AS{0.asn} at {0.server}"
    asn: int
    server: str


@dataclass(frozen=True, slots=True)
class OriginOf(_Question):
    """The AS that announces an address, by DNS (origin.asn.cymru.com)."""

    kind = "origin"
    wording = "origin {0.address}"
    address: Address


@dataclass(frozen=True, slots=True)
class NationalPage(_Question):
    """A page of a national registry about an address."""

    kind = "national_page"
    registry: str
    address: Address
    page: Page

    @property
    def text(self) -> str:
        """The question as text."""
        fields = "".join(f" {key}={value}" for key, value in self.page.form)
        return f"page {self.registry} {self.page.url}{fields}"


@dataclass(frozen=True, slots=True)
class SuffixOf(_Question):
    """Where a name was registered, and whether it is a page of a platform of the tables."""

    kind = "suffix"
    wording = "suffix {0.name}"
    name: str


@dataclass(frozen=True, slots=True)
class ReverseProxyAt(_Question):
    """Whether published lists name the address as a proxy's,
    a cloud's, a sinkhole's or a parking page's.
    """

    kind = "front"
    wording = "front {0.address}"
    address: Address


@dataclass(frozen=True, slots=True)
class HotlinesAndAuthorityOf(_Question):
    """Which hotline and which authority take a case in a country (ISO 3166-1 alpha-2)."""

    kind = "desk"
    wording = "hotline and authority of {0.country}"
    country: str


@dataclass(frozen=True, slots=True)
class DomainNamed(_Question):
    """The registration of a domain: registrar, status,
    name servers; by RDAP, or by port-43 text.
    """

    kind = "domain"
    name: str
    whois: bool = False

    @property
    def text(self) -> str:
        """The question as text."""
        return f"domain {self.name}" + (" by whois" if self.whois else "")


@dataclass(frozen=True, slots=True)
class MailTo(_Question):
    """Whether a domain takes mail: MX (RFC 7505:
    a null MX takes none), else A and AAAA (RFC 5321, section 5.1).
    """

    kind = "mail"
    wording = "mail {0.domain}"
    domain: str


@dataclass(frozen=True, slots=True)
class DisclosedOriginAt(_Question):
    """An address behind a reverse proxy, as the proxy's operator or an analyst disclosed it."""

    kind = "told_origin"
    wording = "told origin {0.address}"
    address: Address


@dataclass(frozen=True, slots=True)
class OriginsBehind(_Question):
    """Which origins a source discloses of a reverse proxy's address."""

    kind = "origins_behind"
    wording = "origins behind {0.address}, told by {0.source}"
    address: Address
    source: str


@dataclass(frozen=True, slots=True)
class ServedFrom(_Question):
    """Which of the addresses that DNS gave a check or an analyst saw serve the content."""

    kind = "served_from"
    wording = "served from {0.address}"
    address: Address


@dataclass(frozen=True, slots=True)
class VouchedFor(_Question):
    """Whether a person of the hotline vouches for an
    organisation as accountable for what it hosts.
    """

    kind = "vouched_for"
    wording = "vouched for {0.provider}"
    provider: str
    """`handle space:HANDLE`."""

    @property
    def names_organisation(self) -> bool:
        """Whether it is about an organisation: a block without one has no identity to vouch for."""
        return ":network:" not in self.provider.lower()


@dataclass(frozen=True, slots=True)
class RegistryAddress(_Question):
    """An address of the site that is a registry's,
    a resolver's or the mail relay's, and so protects nobody.
    """

    kind = "registry_address"
    wording = "registry's own address {0.address}"
    address: Address


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

_TYPES: dict[str, type[Any]] = {question.kind: question for question in get_args(Question)}
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
