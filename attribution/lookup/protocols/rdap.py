"""RDAP client (RFC 7480, 9082, 9224): bootstrap, and redirects between listed registries."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from attribution.evidence import Question, Record
from attribution.evidence.question import (
    DomainNamed,
    EntityNamed,
    NationalNetwork,
    NetworkAbove,
    NetworkAt,
    SystemNumbered,
)
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.pace import Service
from attribution.lookup.concurrency.attempt import LATER, MUCH_LATER, Attempts, wait_after
from attribution.lookup.protocols.bootstrap import Bootstrap
from attribution.lookup.protocols.listed import ListedServers
from attribution.lookup.transport import HttpAnswer, HttpRequest, Kind, Transport
from attribution.net.addresses import Address
from attribution.registry.domain_answer import read_domain
from attribution.registry.readers import read_autnum, read_entity, read_networks
from attribution.registry.refusals import read_refusal
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.servers import Server, server_for_url
from attribution.registry.stubs import is_registry_object

_MOST_REDIRECTS = 5
_ACCEPT = "application/rdap+json, application/json;q=0.9"
_REDIRECTS = frozenset([301, 302, 303, 307, 308])
_ENDED = frozenset(["answered", "not_found", "rate_limited"])
_QUERY_PATH = re.compile("/(?:ip|autnum|entity|domain)/")

Check = Callable[[bytes, Server], None]
"""Judges an answer's body, from a server. Raises UnreadableAnswer."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """A question, which is asked along redirects and at every URL of a service."""

    question: Question
    kind: Kind
    check: Check
    most_patience: float | None = None
    """Seconds to wait for a registry that asks to come back; None: as the settings say."""


class RdapClient:
    """Asks the responsible RDAP server, and returns every step as a record."""

    def __init__(
        self,
        transport: Transport,
        bootstrap: Bootstrap,
        listed: ListedServers,
        attempts: Attempts,
        clock: Clock,
    ) -> None:
        self._transport, self._bootstrap, self._listed = transport, bootstrap, listed
        self._attempts, self._clock = attempts, clock

    async def network_at(self, question: NetworkAt) -> list[Record]:
        """Ask for the most specific network of an address; never by CIDR."""
        match, urls = await self._bootstrap.for_address(question.address)
        if not urls:
            return [
                match,
                self._no_server(question, match.server, "no RDAP server is known for this address"),
            ]
        self._listed.name_services(urls, "ip")
        check = _about_address(
            question.address, _delegated(match), {server_for_url(url).registry for url in urls}
        )
        errand = _Errand(question, "ip", check)
        return [match, *await self._first_answer(_paths(urls, f"ip/{question.address}"), errand)]

    async def network_at_service(self, question: NationalNetwork) -> list[Record]:
        """Ask a national registry's service for the most specific network of an address."""
        errand = _Errand(question, "ip", _about_address(question.address, None, set()))
        return await self._follow(f"{question.base}ip/{question.address}", errand)

    async def network_above(self, question: NetworkAbove) -> list[Record]:
        """Ask for the network above another one."""

        def above(body: bytes, server: Server) -> None:
            network = read_networks(body, server)[0]
            if not (network.covers(question.first) and network.covers(question.last)):
                raise UnreadableAnswer("the answer is not about a network above")

        return await self._follow(question.url, _Errand(question, "ip", above))

    async def entity(self, question: EntityNamed) -> list[Record]:
        """Ask for a contact or organisation by its handle."""

        def readable(body: bytes, server: Server) -> None:
            read_entity(body, server)

        return await self._follow(question.url, _Errand(question, "entity", readable))

    async def system(self, question: SystemNumbered) -> list[Record]:
        """Ask for an autonomous system."""

        def about_system(body: bytes, server: Server) -> None:
            read_autnum(body, server, question.asn)

        urls = await self._bootstrap.for_system(question.asn)
        if not urls:
            return [self._no_server(question, "bootstrap", "no RDAP server is known for this AS")]
        self._listed.name_services(urls, "autnum")
        errand = _Errand(question, "autnum", about_system)
        return await self._first_answer(_paths(urls, f"autnum/{question.asn}"), errand)

    async def domain(self, question: DomainNamed) -> list[Record]:
        """Ask for a domain at the registry of its suffix."""

        def about_domain(body: bytes, _: Server) -> None:
            if read_domain(body).name != question.name:
                raise UnreadableAnswer("the answer is about another domain")

        urls = await self._bootstrap.for_domain(question.name)
        if not urls:
            return [
                self._no_server(question, "bootstrap", "no RDAP server is known for this domain")
            ]
        self._listed.name_services(urls, "domain")
        # No notice waits for the registrar.
        errand = _Errand(question, "domain", about_domain, most_patience=3.0)
        return await self._first_answer(_paths(urls, f"domain/{question.name}"), errand)

    def _no_server(self, question: Question, server: str, note: str) -> Record:
        return Record("rdap", question, server, self._clock.now(), "not_found", note=note)

    async def _first_answer(self, urls: list[str], errand: _Errand) -> list[Record]:
        """Try the service's URLs in turn; https ones come first."""
        records: list[Record] = []
        for url in urls:
            records = await self._follow(url, errand)
            if records[-1].outcome in _ENDED:
                break
        return records

    async def _follow(self, url: str, errand: _Errand) -> list[Record]:
        """Ask one URL, and follow redirects to listed servers for the same kind of question."""
        records: list[Record] = []
        seen: set[str] = set()
        for _ in range(_MOST_REDIRECTS + 1):
            if url in seen:
                return [*records, self._failed(errand, url, "the redirects run in a circle")]
            seen.add(url)
            record = await self._ask(url, errand)
            records.append(record)
            if record.outcome != "redirected" or record.location is None:
                return records
            url = record.location
        return [*records, self._failed(errand, url, f"more than {_MOST_REDIRECTS} redirects")]

    def _failed(self, errand: _Errand, url: str, note: str) -> Record:
        return self._attempts.failed(self._blank(errand.question, url), "malformed", note)

    async def _ask(self, url: str, errand: _Errand) -> Record:
        async def send() -> Record:
            answer = await self._transport.fetch(HttpRequest(url, kind=errand.kind, accept=_ACCEPT))
            return await self._attempts.read(answer.body, lambda: self._read(answer, url, errand))

        blank = self._blank(errand.question, url)
        return await self._attempts.ask(
            _service(url), blank, send, errand.most_patience, _persons_in
        )

    def _read(self, answer: HttpAnswer, url: str, errand: _Errand) -> Record:
        """Return the record of an answer, redirect or refusal."""
        record = replace(
            self._blank(errand.question, url),
            body=answer.body,
            http_status=answer.status,
            tls=answer.tls,
        )
        if answer.status in _REDIRECTS and answer.location:
            return self._redirected(record, urljoin(url, answer.location), errand)
        server = server_for_url(url)
        reading = read_refusal(
            server, answer.body, status=answer.status, content_type=answer.content_type
        )
        outcome, note = reading.outcome, reading.note
        if outcome == "answered":
            try:
                errand.check(answer.body, server)
            except UnreadableAnswer as error:
                outcome, note = "malformed", str(error)
        wait = wait_after(outcome, permanent=reading.permanent)
        retry_at = record.fetched_at + wait if wait else None
        if outcome == "rate_limited" and not wait:
            retry_at = _retry_after(answer.retry_after, record.fetched_at)
        return replace(record, outcome=outcome, note=note, retry_at=retry_at)

    def _redirected(self, record: Record, location: str, errand: _Errand) -> Record:
        if self._transport.may_ask(location, errand.kind):
            return replace(record, outcome="redirected", location=location)
        return replace(
            record,
            outcome="refused",
            note=f"it redirects to {_host(location)}, no listed server: not followed",
            location=location,
            retry_at=record.fetched_at + LATER,
        )

    def _blank(self, question: Question, url: str) -> Record:
        return Record("rdap", question, _host(url), self._clock.now(), "unreachable", url=url)


def _paths(urls: tuple[str, ...], path: str) -> list[str]:
    return [f"{url}{path}" for url in urls]


def _delegated(match: Record) -> tuple[Address, Address] | None:
    """Return the range around the address that IANA delegated, of a bootstrap record."""
    ends = json.loads(match.body).get("delegated")
    return (ipaddress.ip_address(ends[0]), ipaddress.ip_address(ends[1])) if ends else None


def _about_address(
    address: Address, delegated: tuple[Address, Address] | None, registries: set[str]
) -> Check:
    """Check that a network contains the address and is no wider than what IANA delegated.

    The width is checked for the delegated `registries` only: a registry that another one redirects
    to may have the space by a transfer.
    """

    def check(body: bytes, server: Server) -> None:
        network = read_networks(body, server)[0]
        if is_registry_object(network):
            return
        if not network.covers(address):
            raise UnreadableAnswer("the answer is about another network")
        if delegated is None or server.registry not in registries:
            return
        if int(network.first) < int(delegated[0]) or int(delegated[1]) < int(network.last):
            raise UnreadableAnswer("the network is wider than what IANA delegated to the registry")

    return check


def _retry_after(value: str | None, now: datetime) -> datetime | None:
    """Read Retry-After (RFC 9110, section 10.2.3), seconds or a date, bounded by a day."""
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


def _persons_in(record: Record) -> int:
    """Count the entities of persons in an answer: registries limit them by day."""
    return record.body.count(b'"individual"') if record.outcome == "answered" else 0


def _service(url: str) -> Service:
    """Return the service of a URL, which has one budget; a laboratory has several on one host."""
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Service("rdap", host)
    return Service("rdap", _QUERY_PATH.split(url, maxsplit=1)[0])
