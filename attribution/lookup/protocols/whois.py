"""WHOIS client (RFC 3912): from IANA's root along the referrals between listed registries.

A referral to any other server (a network's own rwhois, a customer's) is kept with the answer and
not followed: its owner would learn which address is investigated, and its answer decides nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from attribution.evidence import Outcome, Question, Record
from attribution.evidence.question import DomainNamed, WhoisAbove, WhoisAt, WhoisSystem
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.pace import Service
from attribution.lookup.concurrency.attempt import Attempts, wait_after
from attribution.lookup.protocols.listed import ListedServers
from attribution.lookup.transport import Kind, Transport
from attribution.net.addresses import Address
from attribution.registry.domain_answer import read_domain_text
from attribution.registry.readers import (
    read_autnum,
    read_networks,
    read_referral,
    read_refusal,
    referred_registry,
)
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import registries
from attribution.registry.servers import Server, whois_server
from attribution.registry.stubs import is_registry_object
from attribution.registry.text import decode
from attribution.settings import Settings, split_host_port

_MOST_HOPS = 5
IANA = "whois.iana.org"
"""Where every walk without a registry begins; the settings may name another server for it."""
_CHAIN_FLAGS = ("-L", "+")
"""Flags of a query that returns the networks above an address in the same answer."""
_PERSON = re.compile(rb"^person:", re.IGNORECASE | re.MULTILINE)
Judge = Callable[[bytes, Server], tuple[Outcome, str | None]]
"""Outcome and note of an answer that is no refusal."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """A question, how each server on the way is asked, and how its answer is judged."""

    question: Question
    kind: Kind
    line: Callable[[Server], str]
    judge: Judge
    next_server: Callable[[Record], str | None]
    """The server that an answer leads to; None where it leads to none that may be asked."""


class WhoisClient:
    """Asks one WHOIS server after another; each answer is a record."""

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        listed: ListedServers,
        attempts: Attempts,
        clock: Clock,
    ) -> None:
        self._transport, self._listed, self._attempts, self._clock = (
            transport,
            listed,
            attempts,
            clock,
        )
        targets = {IANA: settings.whois_root, **settings.whois_overrides}
        self._targets = {
            name.lower(): split_host_port(target, 43) for name, target in targets.items()
        }

    async def network_at(self, question: WhoisAt) -> list[Record]:
        """Ask the server named, else IANA's root, for an address; follow referrals."""

        def line(server: Server) -> str:
            chain = (
                server.query_above
                if server.query_above and _gives_chain(server.query_above)
                else None
            )
            return (chain or server.query).format(address=question.address)

        errand = _Errand(question, "ip", line, _about(question.address), _registry_server)
        return await self._walk(question.server or IANA, errand)

    async def network_above(self, question: WhoisAbove) -> list[Record]:
        """Ask one server for the network of an exact block."""
        address = ipaddress.ip_network(question.block)[0]

        def line(server: Server) -> str:
            return (server.query_above or "{cidr}").format(cidr=question.block, address=address)

        errand = _Errand(question, "ip", line, _about(address), lambda _: None)
        return await self._walk(question.server, errand)

    async def system(self, question: WhoisSystem) -> list[Record]:
        """Ask one registry for an autonomous system."""

        def judge(body: bytes, server: Server) -> tuple[Outcome, str | None]:
            try:
                read_autnum(body, server, question.asn)
            except UnreadableAnswer as error:
                return "not_found", str(error)
            return "answered", None

        def line(server: Server) -> str:
            return server.query_autnum.format(asn=question.asn)

        return await self._walk(
            question.server, _Errand(question, "autnum", line, judge, lambda _: None)
        )

    async def domain(self, question: DomainNamed) -> list[Record]:
        """Ask IANA's root and the registry of the top-level domain, never a registrar's server."""

        def judge(body: bytes, server: Server) -> tuple[Outcome, str | None]:
            if read_domain_text(decode(body), question.name):
                return "answered", None
            return (
                ("redirected", None)
                if read_referral(body, server)
                else ("not_found", "the domain is not in it")
            )

        def next_server(record: Record) -> str | None:
            """Follow IANA's referral to the top-level domain's server, and no other."""
            if record.outcome != "redirected" or record.server != IANA:
                return None
            host = read_referral(record.body, whois_server(record.server))
            if host:
                self._listed.name_domain_server(host)
            return host

        errand = _Errand(question, "domain", lambda _: question.name, judge, next_server)
        return await self._walk(IANA, errand)

    async def _walk(self, first: str, errand: _Errand) -> list[Record]:
        records: list[Record] = []
        seen: set[str] = set()
        host: str | None = first
        while host is not None:
            if host in seen:
                return [*records, self._failed(errand, host, "the referrals run in a circle")]
            if len(records) >= _MOST_HOPS:
                return [*records, self._failed(errand, host, f"more than {_MOST_HOPS} referrals")]
            seen.add(host)
            record = await self._ask(host, errand)
            records.append(record)
            host = (
                errand.next_server(record)
                if record.outcome in ("redirected", "not_found")
                else None
            )
        return records

    def _failed(self, errand: _Errand, host: str, note: str) -> Record:
        return self._attempts.failed(self._blank(errand, host), "malformed", note)

    async def _ask(self, host: str, errand: _Errand) -> Record:
        server = whois_server(host)
        address, port = self._targets.get(host, (host, 43))

        async def send() -> Record:
            body = await self._transport.ask_line(
                address, port, errand.line(server), kind=errand.kind
            )
            return await self._attempts.read(body, lambda: self._read(body, server, host, errand))

        return await self._attempts.ask(
            Service("whois", host), self._blank(errand, host), send, count_persons=_persons_in
        )

    def _read(self, body: bytes, server: Server, host: str, errand: _Errand) -> Record:
        now = self._clock.now()
        reading = read_refusal(server, body)
        outcome, note = reading.outcome, reading.note
        try:
            if outcome == "answered" or (
                outcome in ("malformed", "not_found") and read_referral(body, server)
            ):
                outcome, note = errand.judge(body, server)
        except UnreadableAnswer as error:
            outcome, note = "malformed", str(error)
        wait = wait_after(outcome, permanent=reading.permanent)
        retry_at = now + wait if wait else None
        return Record(
            "whois", errand.question, host, now, outcome, body, retry_at=retry_at, note=note
        )

    def _blank(self, errand: _Errand, host: str) -> Record:
        return Record("whois", errand.question, host, self._clock.now(), "unreachable")


def _gives_chain(query: str) -> bool:
    return any(flag in query.split() for flag in _CHAIN_FLAGS)


def _about(address: Address) -> Judge:
    """Judge an answer about an address: a network in it contains it, or it refers elsewhere."""

    def judge(body: bytes, server: Server) -> tuple[Outcome, str | None]:
        networks = read_networks(body, server)
        if any(network.covers(address) and not is_registry_object(network) for network in networks):
            return "answered", None
        if referred_registry(body, server):
            return "redirected", None
        if any(is_registry_object(network) for network in networks):
            return "answered", None
        if networks:
            return "malformed", "the answer is about another network"
        return "not_found", "no network in it"

    return judge


def _registry_server(record: Record) -> str | None:
    """Return the WHOIS server of the listed registry that an answer refers to, or None."""
    name = referred_registry(record.body, whois_server(record.server))
    registry = registries().get(name or "")
    return registry.whois if registry else None


def _persons_in(record: Record) -> int:
    """Count the `person` objects in an answer: registries limit them by day."""
    return len(_PERSON.findall(record.body))
