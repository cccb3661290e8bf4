"""The one place that opens sockets to answer a question: to resolvers and registries only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx

from attribution.lookup.concurrency.turns import FairTurns
from attribution.lookup.transport.dns import DnsConnector, OnConnect
from attribution.lookup.transport.errors import DestinationRefused
from attribution.lookup.transport.guard import Guard, Kind, Resolve, ServerTable
from attribution.lookup.transport.http import MOST_BYTES, HttpAnswer, HttpConnector, HttpRequest
from attribution.lookup.transport.reported import ReportedAddresses
from attribution.lookup.transport.whois import WhoisConnector
from attribution.net.addresses import Address
from attribution.settings import Settings

_PORTS = {"https": 443, "http": 80}


class Transport:
    """Opens connections to servers that the guard lets pass.

    `servers` lists which servers are asked what. `reported` are the hosts that may not be connected
    to; lookups that run at once share one object. `ask_unlisted` also allows servers that only an
    answer names. `on_connect` is called before every connection. After each answer the caller goes
    on when it has its turn among `turns`.
    """

    def __init__(  # noqa: PLR0913 - what the one transport depends on, each by its name
        self,
        settings: Settings,
        servers: ServerTable,
        *,
        reported: ReportedAddresses | None = None,
        ask_unlisted: bool = False,
        on_connect: OnConnect | None = None,
        turns: FairTurns | None = None,
    ) -> None:
        self._turns = turns or FairTurns()
        on_connect = on_connect or (lambda kind, address, port: None)
        self._settings = settings
        self._guard = Guard(
            settings, servers, reported or ReportedAddresses(), ask_unlisted=ask_unlisted
        )
        self._dns = DnsConnector(on_connect)
        self._http = HttpConnector(settings, self._guard, on_connect)
        self._whois = WhoisConnector(self._guard, on_connect, settings.connect_timeout)

    def resolve_names_by(self, resolve: Resolve) -> None:
        """Set how names of servers become addresses."""
        self._guard.resolve_names_by(resolve)

    def allow_resolver(self, server: str, port: int) -> None:
        """Allow a resolver of the settings, given as an address."""
        self._dns.allow(server, port)
        self._guard.trust(server, [server])

    def trust(self, host: str, addresses: Iterable[Address | str]) -> None:
        """Note addresses of the hotline's mail relay, which no target's zone may switch off."""
        self._guard.trust(host, addresses)

    def registry_addresses(self, addresses: Iterable[Address | str]) -> frozenset[Address]:
        """Return which of a target's addresses are a listed server's, a resolver's or the relay's.

        They are in normal form, and are not refused as reported. They are the addresses that listed
        names last resolved to, and those in the settings.
        """
        return self._guard.registry_addresses(addresses)

    async def close(self) -> None:
        """Close what is open."""
        self._dns.close()
        await self._http.close()

    async def exchange_dns(self, query: bytes, server: str, port: int, timeout: float) -> bytes:
        """Ask one resolver of the settings, over TCP where the answer does not fit.

        `timeout` is in seconds. Raises DestinationRefused, OSError or TimeoutError.
        """
        answer = await self._dns.exchange(query, server, port, timeout)
        await self._turns.take()
        return answer

    async def fetch(self, request: HttpRequest) -> HttpAnswer:
        """Send an HTTP request; no redirect is followed, so no header goes to another server.

        Raises TransportError (DestinationRefused, Unreachable, TooLarge, MalformedAnswer) or
        TimeoutError.
        """
        async with asyncio.timeout(self._settings.rdap_timeout):
            answer = await self._http.fetch(request)
        await self._turns.take()
        return answer

    def may_ask(self, url: str, kind: Kind) -> bool:
        """Whether a URL's server is asked this kind of question; its name is not resolved."""
        try:
            parts = httpx.URL(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
            self._guard.destination(parts.host, port, kind, tls=parts.scheme == "https")
        except (DestinationRefused, httpx.InvalidURL):
            return False
        return parts.scheme in _PORTS

    async def ask_line(
        self, host: str, port: int, line: str, *, kind: Kind, most_bytes: int = MOST_BYTES
    ) -> bytes:
        """Send one line and read until the server closes (RFC 3912).

        Raises TransportError (DestinationRefused, Unreachable, TooLarge) or TimeoutError.
        """
        destination = self._guard.destination(host, port, kind, tls=False)
        async with asyncio.timeout(self._settings.whois_timeout):
            answer = await self._whois.ask(destination, line, most_bytes)
        await self._turns.take()
        return answer
