"""Asking RDAP servers (RFC 7480, 9082, 9224): bootstrap, redirects across registries, limits."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from attribution.addresses import Address
from attribution.evidence import Record
from attribution.lookup.attempt import LATER, MUCH_LATER, SOON, Attempts
from attribution.lookup.bootstrap import Bootstrap
from attribution.lookup.clock import Clock
from attribution.lookup.pace import Service
from attribution.lookup.transport import HttpAnswer, HttpRequest, Kind, Transport
from attribution.registry.domain_answer import read_domain
from attribution.registry.rdap_answer import read_autnum, read_entity, read_network
from attribution.registry.refusal import read_http_outcome
from attribution.registry.registration import UnreadableAnswer

_MOST_REDIRECTS = 5
_ACCEPT = "application/rdap+json, application/json;q=0.9"
_REDIRECTS = frozenset([301, 302, 303, 307, 308])

Check = Callable[[bytes, str], None]
"""Judges an answer's body, from a server. Raises UnreadableAnswer."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is asked, along redirects and at every URL of a service."""

    question: str
    kind: Kind
    check: Check
    most_patience: float | None = None
    """Seconds to wait for a registry that asks to come back; None for the settings'."""


class RdapClient:
    """Puts questions to the responsible RDAP server and returns every step as a record."""

    def __init__(self, transport: Transport, bootstrap: Bootstrap, attempts: Attempts, clock: Clock) -> None:
        self._transport, self._bootstrap, self._attempts, self._clock = transport, bootstrap, attempts, clock

    async def network_at(self, address: Address, question: str) -> list[Record]:
        """Ask for the most specific network around an address; the address itself is asked, never a CIDR."""
        found, urls = await self._bootstrap.for_address(address)
        if not urls:
            note = "no RDAP server is known for this address"
            return [found, Record("rdap", question, found.server, self._clock.now(), "not_found", note=note)]
        urls_asked = [f"{url}ip/{address}" for url in urls]
        return [found, *await self._first_answer(urls_asked, _Errand(question, "ip", _about_address(address)))]

    async def network_at_service(self, base: str, address: Address, question: str) -> list[Record]:
        """Ask one service, named by its base URL, for the most specific network around an address."""
        return await self._follow(f"{base}ip/{address}", _Errand(question, "ip", _about_address(address)))

    async def network_above(self, url: str, below: tuple[Address, Address], question: str) -> list[Record]:
        """Ask for the network above another one."""

        def above(body: bytes, server: str) -> None:
            network = read_network(body, server)
            if not (network.covers(below[0]) and network.covers(below[1])):
                raise UnreadableAnswer("the answer is not about a network above")

        return await self._follow(url, _Errand(question, "ip", above))

    async def entity(self, url: str, question: str) -> list[Record]:
        """Ask for a contact or organisation by its handle."""

        def readable(body: bytes, server: str) -> None:
            read_entity(body)

        return await self._follow(url, _Errand(question, "entity", readable))

    async def system(self, asn: int, question: str) -> list[Record]:
        """Ask for an autonomous system."""

        def about_system(body: bytes, server: str) -> None:
            if read_autnum(body, server).asn != asn:
                raise UnreadableAnswer("the answer is about another AS")

        urls = await self._bootstrap.for_system(asn)
        if not urls:
            note = "no RDAP server is known for this AS"
            return [Record("rdap", question, "bootstrap", self._clock.now(), "not_found", note=note)]
        return await self._first_answer(
            [f"{url}autnum/{asn}" for url in urls], _Errand(question, "autnum", about_system)
        )

    async def domain(self, name: str, question: str) -> list[Record]:
        """Ask for a domain at the registry of its suffix."""

        def about_domain(body: bytes, server: str) -> None:
            if read_domain(body).name != name:
                raise UnreadableAnswer("the answer is about another domain")

        urls = await self._bootstrap.for_domain(name)
        if not urls:
            note = "no RDAP server is known for this domain"
            return [Record("rdap", question, "bootstrap", self._clock.now(), "not_found", note=note)]
        # The registrar is good to know, and nobody's notice waits for it.
        errand = _Errand(question, "domain", about_domain, most_patience=3.0)
        return await self._first_answer([f"{url}domain/{name}" for url in urls], errand)

    async def _first_answer(self, urls: list[str], errand: _Errand) -> list[Record]:
        """Try the service's URLs in turn; https ones come first."""
        records: list[Record] = []
        for url in urls:
            records = await self._follow(url, errand)
            if records[-1].outcome in ("answered", "not_found", "rate_limited"):
                break
        return records

    async def _follow(self, url: str, errand: _Errand) -> list[Record]:
        records: list[Record] = []
        seen: set[str] = set()
        for _ in range(_MOST_REDIRECTS + 1):
            blank = self._blank(errand.question, url)
            if url in seen:
                note = "the redirects run in a circle"
                records.append(self._attempts.failed(blank, "malformed", note))
                return records
            seen.add(url)
            record = await self._ask(url, errand)
            records.append(record)
            if record.outcome != "redirected" or record.location is None:
                return records
            url = record.location
        note = f"more than {_MOST_REDIRECTS} redirects"
        blank = self._blank(errand.question, url)
        records.append(self._attempts.failed(blank, "malformed", note))
        return records

    async def _ask(self, url: str, errand: _Errand) -> Record:
        async def send() -> Record:
            request = HttpRequest(url, kind=errand.kind, accept=_ACCEPT)
            answer = await self._transport.fetch(request)
            return self._read(answer, url, errand.question, errand.check)

        blank = self._blank(errand.question, url)
        return await self._attempts.ask(_service(url), blank, send, errand.most_patience, _people_in)

    def _read(self, answer: HttpAnswer, url: str, question: str, check: Check) -> Record:
        now = self._clock.now()
        if answer.status in _REDIRECTS and answer.location:
            target = urljoin(url, answer.location)
            return Record(
                "rdap",
                question,
                _host(url),
                now,
                "redirected",
                answer.body,
                url,
                answer.status,
                answer.tls,
                location=target,
            )
        outcome, note, permanent = read_http_outcome(answer.status, answer.content_type, answer.body)
        if outcome == "answered":
            try:
                check(answer.body, _host(url))
            except UnreadableAnswer as error:
                outcome, note = "malformed", str(error)
        retry_at = None
        if outcome == "rate_limited":
            retry_at = now + MUCH_LATER if permanent else _retry_after(answer.retry_after, now)
        elif outcome in ("unreachable", "malformed"):
            retry_at = now + (SOON if outcome == "unreachable" else LATER)
        return Record(
            "rdap", question, _host(url), now, outcome, answer.body, url, answer.status, answer.tls, retry_at, note
        )

    def _blank(self, question: str, url: str) -> Record:
        return Record("rdap", question, _host(url), self._clock.now(), "unreachable", url=url)


def _about_address(address: Address) -> Check:
    def check(body: bytes, server: str) -> None:
        if not read_network(body, server).covers(address):
            raise UnreadableAnswer("the answer is about another network")

    return check


def _retry_after(value: str | None, now: datetime) -> datetime | None:
    """Read Retry-After (RFC 9110, section 10.2.3): seconds or a date; None when there is none to trust."""
    if not value:
        return None
    if value.strip().isdigit():
        return now + timedelta(seconds=min(int(value), 86400))
    try:
        at = parsedate_to_datetime(value)
        return min(at, now + MUCH_LATER) if at.tzinfo else None
    except ValueError:
        return None


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _people_in(record: Record) -> int:
    """Count the entities of people in an answer, of which registries let one have so many a day."""
    return record.body.count(b'"individual"') if record.outcome == "answered" else 0


def _service(url: str) -> Service:
    """Return the service that a URL belongs to, which has one budget; several may share a laboratory's host."""
    head, found, _ = url.partition("/ip/")
    for path in ("/autnum/", "/entity/", "/domain/"):
        if not found:
            head, found, _ = url.partition(path)
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Service("rdap", host)
    return Service("rdap", head)
