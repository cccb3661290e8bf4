"""Where a mail comes from, as far as our own relay vouches for it.

The relay notes what it checked in `Authentication-Results` (RFC 8601) under its own authserv-id. A
sender can write such a field too, so only the topmost with our id counts, and none that stands
below a server that is not ours: what stands there was in the mail when it arrived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from attribution.codes import Code
from attribution.mail.parts import Fields
from attribution.net.addresses import is_address, is_loopback

SHARED_DOMAINS = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com aol.com
    icloud.com me.com gmx.de gmx.net gmx.com web.de t-online.de freenet.de mail.com mail.ru inbox.ru
    list.ru bk.ru yandex.ru yandex.com ya.ru rambler.ru qq.com 163.com 126.com sina.com foxmail.com
    naver.com daum.net protonmail.com proton.me tutanota.com zoho.com seznam.cz abv.bg wp.pl o2.pl
    onet.pl orange.fr free.fr laposte.net libero.it
    """.split()  # noqa: SIM905 - a table
)
"""Domains in which anybody has a mailbox: their word proves nothing of a neighbour's mailbox."""
_COMMENT = re.compile(r"\([^()]{0,2000}\)")
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|[();\s]|[^"();\s]+', re.DOTALL)
"""A quoted text, also one that does not end; a sign that divides; or anything else up to one."""
_RESULT = re.compile(r"(spf|dkim)(?:/\d{1,3})?=(\w{1,20})", re.IGNORECASE)
_PROPERTY = re.compile(
    r"(smtp\.mailfrom|smtp\.mfrom|smtp\.helo|header\.d|header\.i)=(.{1,340})", re.IGNORECASE
)
_DOMAIN = re.compile(r"[\w.-]{1,253}")
_AROUND_EQUALS = re.compile(r"\s{0,5}=\s{0,5}")
_BY = re.compile(r"\bby\s{1,20}([\w.:\[\]-]{1,253})", re.IGNORECASE)
_NUMBERS = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d)|(?<![\w.:])[0-9a-f]{0,4}:[0-9a-f:.]{1,40}",
    re.IGNORECASE,
)
"""What may be an address, with or without brackets."""
_MOST_FIELDS = 200


class Method(Code):
    """How a mail's origin was checked by our relay."""

    SPF = "spf", "The server may send for the domain of the return path (RFC 7208)."
    SPF_HELO = (
        "spf_helo",
        "The same for the name that the server gave, where the return path is null.",
    )
    DKIM = "dkim", "A domain signed the mail (RFC 6376)."
    OWN_RELAY = "own_relay", "Our own relay made the mail."


@dataclass(frozen=True, slots=True)
class Pass:
    """A check that a mail passed, and for which domain."""

    method: Method
    domain: str


@dataclass(frozen=True, slots=True)
class Relay:
    """The hotline's own mail relay, as its settings name it."""

    authserv_id: str = ""
    """The authserv-id of its `Authentication-Results`; without it no mail has a proven origin."""
    hosts: frozenset[str] = frozenset()
    """Names and addresses of its hosts, lower case, as they stand in `Received`."""


def passes(fields: Fields, relay: Relay) -> tuple[Pass, ...]:
    """Return the checks that a mail passed, by our relay's word."""
    if not relay.authserv_id:
        return ()
    for name, value in fields.rows[:_MOST_FIELDS]:
        if name == "received" and relay.hosts and not _taken_in_by(value, relay):
            return ()
        if name == "authentication-results":
            identity, *clauses = _clauses(value)
            if identity and identity[0].lower() == relay.authserv_id.lower():
                return _passed(clauses)
    return ()


def is_made_by(fields: Fields, reporting_server: str | None, relay: Relay) -> bool:
    """Say whether our own relay made a mail: no server of anybody else handed it on.

    Who hands a mail to our relay cannot keep it from writing `Received` with the address it saw.
    """
    received = [value for name, value in fields.rows if name == "received"][:_MOST_FIELDS]
    if not relay.hosts or (reporting_server or "").lower() not in relay.hosts:
        return False
    return all(_taken_in_by(value, relay) and _stayed_inside(value, relay) for value in received)


def speaks_for(domain: str, mailbox_domain: str, *, below: bool = False) -> bool:
    """Say whether who controls a domain answers for mail of another: the same, or one above it.

    `below` also takes a name below the mailbox's domain, such as its mail server's. A receipt is
    not proven by such a name: hosts give names of their own domain to customers.
    """
    domain, mailbox_domain = domain.lower().rstrip("."), mailbox_domain.lower().rstrip(".")
    if not mailbox_domain or "." not in domain:
        return False
    if domain == mailbox_domain or mailbox_domain.endswith(f".{domain}"):
        return True
    return below and domain.endswith(f".{mailbox_domain}")


def _clauses(results: str) -> list[list[str]]:
    """Return the parts of each clause of `Authentication-Results`, comments left out.

    Quoted texts are one with the part that they stand in: the sender chooses the return path, and
    with it what stands in quotation marks and brackets there (RFC 8601, section 2.2).
    """
    clauses: list[list[str]] = [[]]
    part, depth = "", 0
    for match in _PIECE.finditer(_AROUND_EQUALS.sub("=", results)):
        piece = match[0]
        if piece in ("(", ")"):
            depth = max(depth + (1 if piece == "(" else -1), 0)
        elif not depth and piece != ";" and not piece.isspace():
            part += piece
            continue
        elif depth:
            continue
        if part:
            clauses[-1].append(part)
        part = ""
        if piece == ";":
            clauses.append([])
    if part:
        clauses[-1].append(part)
    return clauses


def _passed(clauses: list[list[str]]) -> tuple[Pass, ...]:
    """Return the checks that the clauses say were passed."""
    return tuple(check for clause in clauses[:50] if (check := _check_passed(clause)))


def _check_passed(clause: list[str]) -> Pass | None:
    result = _RESULT.fullmatch(clause[0]) if clause else None
    if result is None or result[2].lower() != "pass":
        return None
    properties: dict[str, str] = {}
    for match in map(_PROPERTY.fullmatch, clause[1:50]):
        if match:
            properties.setdefault(match[1].lower(), match[2].lower())
    if result[1].lower() == "dkim":
        domain = _domain(properties.get("header.d") or properties.get("header.i", ""))
        return Pass(Method.DKIM, domain) if domain else None
    domain = _domain(properties.get("smtp.mailfrom") or properties.get("smtp.mfrom") or "")
    if domain:
        return Pass(Method.SPF, domain)
    helo = properties.get("smtp.helo")
    return Pass(Method.SPF_HELO, helo.strip("[]")) if helo else None


def _domain(mailbox: str) -> str:
    """Return the domain of `a@b.example`, `@b.example` or `b.example`; none of a null path."""
    domain = mailbox.strip('<>"').rpartition("@")[2]
    return domain if _DOMAIN.fullmatch(domain) else ""


def _taken_in_by(received: str, relay: Relay) -> bool:
    by = _BY.findall(_COMMENT.sub(" ", received))
    # Two of them: the name that the other server gave itself has one in it.
    return len(by) == 1 and by[0].lower().strip("[]") in relay.hosts


def _stayed_inside(received: str, relay: Relay) -> bool:
    """Say whether a mail came to one of our hosts from one of ours, by every address noted.

    The other server chooses the name that it gives itself, which may be an address: so each counts,
    however it is written.
    """
    before = _BY.split(received, maxsplit=1)[0].strip()
    if not before.lower().startswith("from"):
        return not before  # `by HOST`: it was made there
    plain = re.sub("ipv6:", " ", before, flags=re.IGNORECASE)
    addresses = list(filter(is_address, _NUMBERS.findall(plain)))
    return bool(addresses) and all(
        address in relay.hosts or is_loopback(address) for address in addresses
    )
