"""Hands each kind of question to the client that can ask it, and returns the records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

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
        self._pages = NationalPages(self._transport, listed, attempts, clock)

    async def ask(self, question: Question) -> list[Record]:
        """Ask, and return every step as a record; a failure is a record too, the last one."""
        match question:
            case NetworkAt():
                return await self._rdap.network_at(question)
            case NetworkAbove():
                return await self._rdap.network_above(question)
            case NationalNetwork():
                return await self._rdap.network_at_service(question)
            case EntityNamed():
                return await self._rdap.entity(question)
            case SystemNumbered():
                return await self._rdap.system(question)
            case WhoisAt():
                return await self._whois.network_at(question)
            case WhoisAbove():
                return await self._whois.network_above(question)
            case WhoisSystem():
                return await self._whois.system(question)
            case NationalPage():
                return await self._pages.fetch(question)
            case DomainNamed(whois=False):
                return await self._rdap.domain(question)
            case DomainNamed():
                return await self._whois.domain(question)
            case _:
                return await self._ask_names_and_tables(question)

    async def _ask_names_and_tables(self, question: Question) -> list[Record]:
        match question:
            case ResolveName():
                return await self._dns.resolve(question.host)
            case MailTo():
                return await self._dns.mail_exchange(question)
            case OriginOf():
                return await ask_origin(self._dns, question)
            case SuffixOf():
                await self._tables.load()
                return [self._tables.suffix_of(question)]
            case ReverseProxyAt():
                await self._tables.load()
                return self._tables.reverse_proxy_lists(question)
            case HotlinesAndAuthorityOf():
                return [self._tables.hotlines_and_authority(question)]
            case _:  # a statement of a person
                raise TypeError(f"{question.kind} is no question to a server")

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
