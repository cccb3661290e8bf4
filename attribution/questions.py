"""What can be asked. A question's `text` stands in the record of its answer, and so joins the two."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.addresses import Address
from attribution.registry.nir_page import Page


@dataclass(frozen=True, slots=True)
class ResolveName:
    """Both address types of a host name, at the resolvers."""

    host: str

    @property
    def text(self) -> str:
        """The question's text is that of its first half; the other is the same with AAAA."""
        return f"{self.host} A"


@dataclass(frozen=True, slots=True)
class NetworkAt:
    """The most specific network around an address, by RDAP (RFC 9082, section 3.1.1)."""

    address: Address

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"ip {self.address}"


@dataclass(frozen=True, slots=True)
class NetworkAbove:
    """The network above one already known: by its link `up`, or by its range at the same server."""

    url: str
    below: tuple[Address, Address]

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"ip above {self.below[0]} - {self.below[1]}: {self.url}"

    @property
    def key(self) -> str:
        """What is asked, whoever asks: one network is above many, and is asked for once."""
        return f"ip above {self.url}"


@dataclass(frozen=True, slots=True)
class NationalNetwork:
    """The network around an address at a national registry's own RDAP service."""

    registry: str
    address: Address
    base: str

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"ip {self.address} at {self.registry}"


@dataclass(frozen=True, slots=True)
class EntityNamed:
    """A contact or organisation that an answer names by its handle only."""

    url: str
    handle: str

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"entity {self.handle}"


@dataclass(frozen=True, slots=True)
class SystemNumbered:
    """An autonomous system, by RDAP."""

    asn: int

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"autnum {self.asn}"


@dataclass(frozen=True, slots=True)
class WhoisAt:
    """An address on port 43: from IANA's root along the referrals, or at one server."""

    address: Address
    server: str | None = None

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"whois {self.address}" + (f" at {self.server}" if self.server else "")


@dataclass(frozen=True, slots=True)
class OriginOf:
    """The AS that announces an address, by DNS (origin.asn.cymru.com)."""

    address: Address

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"origin {self.address}"


@dataclass(frozen=True, slots=True)
class NationalPage:
    """A page of a national registry."""

    registry: str
    address: Address
    page: Page

    @property
    def text(self) -> str:
        """Text of the question: the page's URL and form fields, from which `page_of` makes the page again."""
        fields = "".join(f" {key}={value}" for key, value in self.page.form)
        return f"page {self.registry} {self.page.url}{fields}"


@dataclass(frozen=True, slots=True)
class SuffixOf:
    """Where a name was registered, and whether it is a customer page of a platform (public-suffix list)."""

    name: str

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"suffix {self.name}"


@dataclass(frozen=True, slots=True)
class FrontOf:
    """Whether published lists name the address as a proxy's, a cloud's, a sinkhole's or a parking page's."""

    address: Address

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"front {self.address}"


@dataclass(frozen=True, slots=True)
class DeskOf:
    """Which hotline and which authority take a case in a country (ISO 3166-1 alpha-2)."""

    country: str

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"desk {self.country}"


@dataclass(frozen=True, slots=True)
class DomainNamed:
    """The registration of a domain: registrar, status, name servers; by RDAP, or by port-43 text."""

    name: str
    whois: bool = False

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"domain {self.name}" + (" by whois" if self.whois else "")


@dataclass(frozen=True, slots=True)
class MailTo:
    """Whether a domain takes mail: MX (RFC 7505: a null MX takes none), else A and AAAA (RFC 5321, section 5.1)."""

    domain: str

    @property
    def text(self) -> str:
        """Text of the question."""
        return f"mail {self.domain}"


Question = (
    MailTo
    | SuffixOf
    | FrontOf
    | DeskOf
    | DomainNamed
    | ResolveName
    | NetworkAt
    | NationalNetwork
    | NetworkAbove
    | EntityNamed
    | SystemNumbered
    | WhoisAt
    | OriginOf
    | NationalPage
)


def key_of(question: Question) -> str:
    """Return under what a question's answer is shared and kept."""
    return question.key if isinstance(question, NetworkAbove) else question.text


def page_of(text: str) -> tuple[str, Page]:
    """Read back the text of a NationalPage question: (registry, page)."""
    _, registry, url, *fields = text.split(" ")
    form = tuple((key, value) for key, _, value in (field.partition("=") for field in fields))
    return registry, Page(url, form)
