"""One question in, the records of its answer out: hands each kind of question to the client that can ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from attribution.evidence import Record
from attribution.lookup.attempt import Attempts
from attribution.lookup.bootstrap import Bootstrap, KeptFiles
from attribution.lookup.clock import Clock
from attribution.lookup.dns import DnsClient
from attribution.lookup.interim_servers import InterimServers
from attribution.lookup.ledger import Ledger
from attribution.lookup.nir_pages import NationalPages
from attribution.lookup.origin_as import ask_origin
from attribution.lookup.pace import Pace
from attribution.lookup.rdap import RdapClient
from attribution.lookup.tables import Tables
from attribution.lookup.transport import HttpAnswer, HttpRequest, OnConnect, ReportedAddresses, Transport
from attribution.lookup.whois import WhoisClient
from attribution.questions import (
    DeskOf,
    DomainNamed,
    EntityNamed,
    FrontOf,
    MailTo,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    OriginOf,
    Question,
    ResolveName,
    SuffixOf,
    SystemNumbered,
    WhoisAt,
)
from attribution.settings import Settings


class Asker:
    """Owns the transport and every client. `close` ends what is open.

    `reported` are the hosts that no connection may go to; `on_connect` is told of every connection.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        kept: KeptFiles,
        reported: ReportedAddresses,
        on_connect: OnConnect | None = None,
    ) -> None:
        self._transport = Transport(
            settings, InterimServers(settings), reported=reported, ask_unlisted=True, on_connect=on_connect
        )
        self._dns = DnsClient(settings, self._transport, clock)
        self._transport.resolve_names_by(self._dns.addresses_of)
        self._pace = Pace(settings.registry_concurrency, settings.patience, clock, Ledger(settings.cache_path))
        attempts = Attempts(self._pace, clock)
        self._bootstrap = Bootstrap(settings, self._transport, clock, kept)
        self._rdap = RdapClient(self._transport, self._bootstrap, attempts, clock)
        self._whois = WhoisClient(settings, self._transport, attempts, clock)
        self._tables = Tables(settings, clock)
        self._beginning: asyncio.Task[None] | None = None
        self._pages = NationalPages(self._transport, attempts, clock)

    async def ask(self, question: Question) -> list[Record]:
        """Ask, and return every step as a record; a failure is a record too, the last one."""
        match question:
            case MailTo():
                return await self._dns.mail_exchange(question.domain, question.text)
            case SuffixOf():
                await self._tables.load()
                return [self._tables.suffix_of(question.name, question.text)]
            case FrontOf():
                await self._tables.load()
                return self._tables.front_of(question.address, question.text)
            case DeskOf():
                return [self._tables.desk_of(question.country, question.text)]
            case DomainNamed(whois=False):
                return await self._rdap.domain(question.name, question.text)
            case DomainNamed():
                return await self._whois.domain(question.name, question.text)
            case ResolveName():
                return await self._dns.resolve(question.host)
            case NetworkAt():
                return await self._rdap.network_at(question.address, question.text)
            case NationalNetwork():
                return await self._rdap.network_at_service(question.base, question.address, question.text)
            case NetworkAbove():
                return await self._rdap.network_above(question.url, question.below, question.text)
            case EntityNamed():
                return await self._rdap.entity(question.url, question.text)
            case SystemNumbered():
                return await self._rdap.system(question.asn, question.text)
            case WhoisAt():
                return await self._whois.network_at(question.address, question.text, question.server)
            case OriginOf():
                return await ask_origin(self._dns, question.address, question.text)
            case NationalPage():
                return await self._pages.fetch(question)

    def prepare(self) -> None:
        """Begin with what every look needs first, beside the name's own resolution; called once."""
        self._beginning = asyncio.create_task(self._begin())

    async def _begin(self) -> None:
        await asyncio.gather(self._tables.load(), self._bootstrap.prepare())

    async def fetch(self, url: str, *, accept: str, headers: Mapping[str, str]) -> HttpAnswer:
        """Get a URL for an origin source, through the one transport. Raises TransportError."""
        request = HttpRequest(url, kind="origin_source", accept=accept, headers=headers)
        return await self._transport.fetch(request)

    async def close(self) -> None:
        """Close connections and end refreshes."""
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.gather(self._beginning, return_exceptions=True)
        await self._tables.close()
        await self._bootstrap.close()
        await self._transport.close()
        self._pace.close()
