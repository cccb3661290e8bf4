"""Hands each kind of question to the client that can ask it, and returns the records."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

from attribution.evidence import Question, Record
from attribution.evidence.question import (
    DomainNamed,
    EntityNamed,
    HotlinesAndAuthorityOf,
    MailTo,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    OriginOf,
    ResolveName,
    ReverseProxyAt,
    SuffixOf,
    SystemNumbered,
    WhoisAbove,
    WhoisAt,
    WhoisSystem,
)
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.ledger import Ledger
from attribution.lookup.budgets.pace import Pace
from attribution.lookup.concurrency.attempt import Attempts
from attribution.lookup.concurrency.turns import FairTurns
from attribution.lookup.protocols.bootstrap import Bootstrap, KeptFiles
from attribution.lookup.protocols.dns import DnsClient
from attribution.lookup.protocols.listed import ListedServers
from attribution.lookup.protocols.nir_pages import NationalPages
from attribution.lookup.protocols.origin_as import ask_origin
from attribution.lookup.protocols.rdap import RdapClient
from attribution.lookup.protocols.whois import WhoisClient
from attribution.lookup.tables import Tables
from attribution.lookup.transport import (
    HttpAnswer,
    HttpRequest,
    OnConnect,
    ReportedAddresses,
    Transport,
)
from attribution.net.addresses import Address
from attribution.settings import Settings


class Asker:
    """Owns the transport and every client; `close` ends what is open.

    `reported` are the hosts that no connection may go to; `on_connect` is called before every
    connection.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        kept: KeptFiles,
        reported: ReportedAddresses,
        on_connect: OnConnect | None = None,
    ) -> None:
        listed = ListedServers(settings)
        self.turns = FairTurns()
        """Turns of every task of this event loop that asks, reads or decides."""
        self._transport = Transport(
            settings, listed, reported=reported, on_connect=on_connect, turns=self.turns
        )
        self._dns = DnsClient(settings, self._transport, clock)
        self._transport.resolve_names_by(self._dns.addresses_of)
        self._pace = Pace(
            settings.registry_concurrency,
            settings.patience,
            clock,
            Ledger(settings.cache_path),
            self.turns,
        )
        attempts = Attempts(self._pace, clock)
        self._bootstrap = Bootstrap(settings, self._transport, clock, kept)
        self._rdap = RdapClient(self._transport, self._bootstrap, listed, attempts, clock)
        self._whois = WhoisClient(settings, self._transport, listed, attempts, clock)
        self._tables = Tables(settings, clock)
        self._preparing: asyncio.Task[None] | None = None
        self._handlers: dict[type[Question], Callable[[Any], Awaitable[list[Record]]]] = {
            NetworkAt: self._rdap.network_at,
            NetworkAbove: self._rdap.network_above,
            NationalNetwork: self._rdap.network_at_service,
            EntityNamed: self._rdap.entity,
            SystemNumbered: self._rdap.system,
            WhoisAt: self._whois.network_at,
            WhoisAbove: self._whois.network_above,
            WhoisSystem: self._whois.system,
            NationalPage: NationalPages(self._transport, listed, attempts, clock).fetch,
            DomainNamed: self._domain,
            ResolveName: self._dns.resolve,
            MailTo: self._dns.mail_exchange,
            OriginOf: partial(ask_origin, self._dns),
            SuffixOf: self._tables.suffix_of,
            ReverseProxyAt: self._tables.reverse_proxy_lists,
            HotlinesAndAuthorityOf: self._tables.hotlines_and_authority,
        }

    async def ask(self, question: Question) -> list[Record]:
        """Ask, and return every step as a record; a failure is a record too, the last one.

        Raises TypeError for a statement of a person, which no server answers.
        """
        handler = self._handlers.get(type(question))
        if handler is None:
            raise TypeError(f"{question.kind} is no question to a server")
        return await handler(question)

    async def _domain(self, question: DomainNamed) -> list[Record]:
        client = self._whois if question.whois else self._rdap
        return await client.domain(question)

    def prepare(self) -> None:
        """Start to load what every lookup needs first; call it once."""
        self._preparing = asyncio.create_task(self._prepare())

    async def _prepare(self) -> None:
        await asyncio.gather(self._tables.load(), self._bootstrap.prepare())

    async def fetch(self, url: str, *, accept: str, headers: Mapping[str, str]) -> HttpAnswer:
        """Get a URL for an origin source, through the one transport. Raises TransportError."""
        request = HttpRequest(url, kind="origin_source", accept=accept, headers=headers)
        return await self._transport.fetch(request)

    def registry_addresses(self, addresses: Iterable[Address]) -> frozenset[Address]:
        """Return which of a site's addresses belong to a listed server, a resolver or the relay."""
        return self._transport.registry_addresses(addresses)

    async def close(self) -> None:
        """Close connections and end refreshes."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        await self._tables.close()
        await self._bootstrap.close()
        await self._transport.close()
        self._pace.close()
