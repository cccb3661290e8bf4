"""The answer, as other tools read it: field names and values here are the contract.

Pydantic stands only here and in the settings, at the border to JSON. Times are UTC.
"""

from __future__ import annotations

import reprlib
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from attribution.codes import DoubtCode

Status = Literal[
    "attributed", "partial", "not_attributable", "not_resolved", "retry_later", "invalid_input"
]
Role = Literal[
    "platform",
    "cdn",
    "hosting",
    "reseller",
    "tenant",
    "allocation_holder",
    "network",
    "registrar",
    "dns_operator",
]
ContactStatus = Literal[
    "found", "redacted", "not_published", "rate_limited", "unreachable", "malformed"
]
Accountability = Literal[
    "direct_allocation",
    "direct_assignment",
    "legacy",
    "member",
    "redistribution",
    "holds_as",
    "vouched",
    "listed",
]
"""Why a company answers for what it hosts: who else than itself vouches for it."""
Deliverable = Literal["accepts_mail", "undeliverable", "unknown"]
Scope = Literal["network", "organisation", "parent_network", "autonomous_system"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Provider(_Model):
    """A company as a registry names it."""

    id: str
    """`registry:HANDLE`; where the registry gives no organisation handle,
    `registry:network:HANDLE`.
    """
    name: str
    country: str | None = None
    """ISO 3166-1 alpha-2, from the holder's own registration."""
    provisional: bool = False
    """True where the registry names no organisation: the id is only that of the block."""


class FallbackContact(_Model):
    """A mailbox that is not published for abuse, and why it may still be worth trying."""

    email: str
    why: str


class AbuseContact(_Model):
    """Where this party takes abuse notices, or why that is not known."""

    status: ContactStatus
    email: str | None = None
    scope: Scope | None = None
    source: str | None = None
    """`rdap:ripe`, `whois:lacnic`, ...: the kind of answer and the registry that published it."""
    form: str | None = None
    """A web form for abuse notices that the registry publishes."""
    deliverable: Deliverable | None = None
    """Whether the mailbox's domain takes mail, by DNS; None when it was not asked."""
    fallback: list[FallbackContact] = []
    retry_at: datetime | None = None


class Party(_Model):
    """A company in one role, with the addresses of the site that it answers for."""

    role: Role
    provider: Provider
    abuse_contact: AbuseContact
    addresses: list[str] = []
    accountable: Accountability | None = None
    """In which way others than itself vouch for the company;
    None for parties of whom nothing hangs on that.
    """
    addressee: bool = True
    """Whether a notice goes to it. False for evidence only:
    a customer (`tenant`) may be the offender.
    """


class WriteStep(_Model):
    """Whom to write to, in their turn, and what to ask for."""

    to: str
    role: Role | Literal["authority"]
    contact: str | None = None
    """Mailbox or web form; of an authority its web page; None when it is not known."""
    ask: str
    when: Literal["now", "if_silent"] = "if_silent"
    """`now`: one of the companies that some address of the site is at; `if_silent`: when those
    before do not act.
    """


class NetworkRef(_Model):
    """The most specific registered network around an address."""

    handle: str
    range: str
    registry: str
    type: str | None = None
    name: str | None = None
    geofeed: str | None = None
    """Where the holder publishes the places of its addresses (RFC 8805, found by RFC 9632)."""


class Origin(_Model):
    """What the routing system says of the prefix: evidence, never the host."""

    asn: int
    prefix: str | None = None
    country: str | None = None
    registry: str | None = None


class AddressAnswer(_Model):
    """One address of the site."""

    ip: str
    via: list[str] = []
    """What led to it: `ALIAS CNAME TARGET` each, or `told by SOURCE` of a disclosed origin."""
    network: NetworkRef | None = None
    origin: Origin | None = None
    role: Role | None = None
    provider: str | None = None
    """The id of the company that can act on this address."""


class Country(_Model):
    """Three different facts, each apart; they often differ."""

    registered: str | None = None
    holder: str | None = None
    origin_as: str | None = None
    hotline: str | None = None
    """The hotlines that take reports of content in the country: of the block's registration, else
    of its holder.
    """
    authority: str | None = None
    """The authority there that a hotline can turn to when the companies stay silent."""


class Doubt(_Model):
    """Something that a reader must know before acting."""

    code: str
    """A value of `attribution.codes.DoubtCode`; one of a newer version may be unknown here."""
    text: str


class Failure(_Model):
    """A question that was not answered."""

    server: str
    kind: str
    retry_at: datetime | None = None
    text: str | None = None


class EvidenceRef(_Model):
    """One answer that the decision rests on; the bytes are in the bundle."""

    kind: str
    server: str
    fetched_at: datetime
    sha256: str
    cached: bool = False
    stale: bool = False


class Attribution(_Model):
    """Who can take the content down, where they take notices, and how that is known."""

    input: str
    host: str | None
    status: Status
    observed_at: datetime
    addresses: list[AddressAnswer] = []
    primary: Party | None = None
    parties: list[Party] = []
    candidates: list[Provider] = []
    """The companies at which the site's addresses are,
    where DNS alone leads to several: then `primary` is null.
    """
    served_from: str | None = None
    """The address, of those that DNS gave, that a check or an analyst saw serve the content."""
    write_order: list[WriteStep] = []
    """Whom to write to, first to last, and what to ask of each."""
    country: Country = Country()
    fronted: bool = False
    """Whether some address of the site is a reverse proxy's."""
    doubts: list[Doubt] = []
    failures: list[Failure] = []
    """Questions that were not answered, each with its last failure."""
    evidence: list[EvidenceRef] = []
    """Every answer that the decision rests on, in the order in which they came."""

    @classmethod
    def of_no_text(cls, value: object, observed_at: datetime) -> Attribution:
        """Return the answer for a target that is no str:
        `invalid_input`, whose `input` is its value and type in short.
        """
        shown = f"{reprlib.repr(value)} ({type(value).__name__})"
        why = f"target {shown} is no text. Give a URL, a host name or an IP address as a str"
        doubts = [Doubt(code=DoubtCode.INVALID_INPUT, text=why)]
        return cls(
            input=shown, host=None, status="invalid_input", observed_at=observed_at, doubts=doubts
        )


def is_text(target: object) -> bool:
    """Say whether a target is a str, also where its
    type promises so: lists from elsewhere hold None.
    """
    return isinstance(target, str)
