"""Which destinations may be connected to: listed servers, never a reported host, never an internal
address.

The order in which a destination is judged, and why:

1. **Is the server listed** for this kind of question, by host name and port? Settings and the
   server table say so, never an answer. An unlisted server is refused before its name is resolved:
   resolving a name that an answer gave would show its owner that somebody investigates. (Where
   unlisted servers may be asked all the same, one whose name is a reported host's or lies below it
   is refused here.)
2. **Its addresses**, resolved from that name by our own resolvers, each:
   a. A listed server over TLS may have a reported host's address: companies share addresses, and
      its certificate proves who answers.
   b. A listed server on port 43 or plain http may not, except where the address is a registry's:
      what the name of a server of the packaged table leads to, or what the settings name. So a
      target that resolves to the address of RIPE's WHOIS server switches nothing off. What counts
      is where the name *of the table* leads, which no offender writes, and never what the target's
      zone says or which of the two was seen first. A server that IANA's WHOIS names for a top-level
      domain is listed and not of the table (that answer comes without TLS): it is compared, and its
      name may be no reported host's.
   c. An unlisted server may never have one, a registry's address or not: a name in an answer that
      leads to the offender's own address gets no connection.
   d. No server but a configured one may have a special-purpose address.
3. A **kept connection** is judged again by 2a to 2c before each request that is written to it.

Addresses are compared in their normal form (`attribution.net.addresses.normal`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from attribution.lookup.transport.errors import DestinationRefused, UnknownServer, Unreachable
from attribution.lookup.transport.reported import ReportedAddresses, as_normal, plain_host
from attribution.net.addresses import Address, is_address, is_loopback, special_purpose
from attribution.settings import Settings, split_host_port

Kind = Literal[
    "ip", "autnum", "entity", "domain", "bootstrap", "publisher", "origin_source", "time_stamp"
]
"""Kinds of questions that servers are listed for."""
Resolve = Callable[[str], Awaitable[list[str]]]
"""Returns the addresses of a server's name, by the configured resolvers."""

_PORTS = {"http": 80, "https": 443, "whois": 43, "rwhois": 4321}
_WHOIS_KINDS: frozenset[Kind] = frozenset(["ip", "autnum", "entity", "domain"])
_MOST_ADDRESSES_OF_A_SERVER = 64


class ServerTable(Protocol):
    """Which servers are asked what."""

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        """Whether a server is asked this kind of question. `host`: lower case, no root dot."""

    def is_fixed(self, host: str, port: int) -> bool:
        """Whether a packaged table names the server; what an answer names is not fixed."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A server that is to be asked."""

    host: str
    """Lower case, without the root's dot; or an address."""
    port: int
    tls: bool
    """The server proves its name by a certificate that is verified."""
    listed: bool
    """The settings or the server table name it for this kind of question."""
    configured: bool
    """The settings name it: its address may be special."""
    fixed: bool = False
    """The settings or the packaged table name it: the addresses of its name are a registry's."""


class Guard:
    """Judges destinations, and resolves servers' names to addresses that may be connected to."""

    def __init__(
        self,
        settings: Settings,
        servers: ServerTable,
        reported: ReportedAddresses,
        *,
        ask_unlisted: bool = False,
    ) -> None:
        self._servers, self._reported, self._ask_unlisted = servers, reported, ask_unlisted
        self._loopback = settings.allow_loopback_registries
        self._configured = _configured(settings)
        self._own: dict[str, frozenset[Address]] = {}
        """Addresses of listed names, and addresses in the settings, by name."""
        for host, _ in self._configured:
            if is_address(host):
                self.trust(host, [host])
        self._resolve: Resolve = _no_names

    def resolve_names_by(self, resolve: Resolve) -> None:
        """Set how names of servers become addresses."""
        self._resolve = resolve

    def destination(self, host: str, port: int, kind: Kind, *, tls: bool) -> Destination:
        """Judge a server before its name is resolved. Raises DestinationRefused."""
        host = plain_host(host)
        kinds = self._configured.get((host, port))
        listed = bool(kinds and kind in kinds) or self._servers.is_listed(host, port, kind)
        if not listed:
            self._check_unlisted(host, port, kind, configured=kinds is not None)
        fixed = kinds is not None or self._servers.is_fixed(host, port)
        if not fixed and self._reported.is_host(host):
            raise DestinationRefused(f"{host} is the name of a reported site itself, or below it")
        return Destination(host, port, tls, listed, kinds is not None, fixed)

    async def addresses_of(self, destination: Destination) -> list[str]:
        """Resolve a server's name; refuse it if any address is refused.

        Raises DestinationRefused, UnknownServer or Unreachable.
        """
        host = destination.host
        if is_address(host):
            addresses = [host]
        else:
            addresses = (await self._resolve(host))[:_MOST_ADDRESSES_OF_A_SERVER]
            if destination.fixed:
                self.trust(host, addresses)
        if not addresses:
            raise UnknownServer(f"the name {host} does not resolve")
        for address in addresses:
            self.check_address(destination, address)
        return addresses

    async def addresses_of_own(self, host: str) -> list[str]:
        """Resolve the name of the proxy of the settings; no address is refused.

        Raises UnknownServer or Unreachable.
        """
        addresses = [host] if is_address(host) else await self._resolve(host)
        if not addresses:
            raise UnknownServer(f"the name {host} does not resolve")
        self.trust(host, addresses)
        return addresses

    def check_address(self, destination: Destination, address: Address | str) -> None:
        """Refuse an address after the name was resolved, so that no name can point inside.

        Raises DestinationRefused.
        """
        normalised = as_normal(address)
        self.check_not_reported(destination, normalised)
        if destination.configured or (self._loopback and normalised.is_loopback):
            return
        special = special_purpose(normalised)
        if special:
            raise DestinationRefused(
                f"{destination.host} leads to {address}, which is special: {special}"
            )

    def check_not_reported(self, destination: Destination, address: Address) -> None:
        """Refuse a reported host's address, given in normal form. Raises DestinationRefused."""
        if destination.listed and destination.tls:
            return
        if address not in self._reported:
            return
        if destination.listed and self.is_registry_address(address):
            return
        raise DestinationRefused(
            f"{destination.host} has the address {address} of a reported site itself"
        )

    def trust(self, host: str, addresses: Iterable[Address | str]) -> None:
        """Note the addresses of a listed name, a resolver, the proxy or the mail relay."""
        self._own[plain_host(host)] = frozenset(as_normal(address) for address in addresses)

    def is_registry_address(self, address: Address) -> bool:
        """Whether an address in normal form is a listed server's or one of our own."""
        return any(address in addresses for addresses in self._own.values())

    def registry_addresses(self, addresses: Iterable[Address | str]) -> frozenset[Address]:
        """Return which of a target's addresses are not compared as reported, in normal form.

        They are the addresses that listed names last resolved to, and those in the settings.
        """
        return frozenset(filter(self.is_registry_address, map(as_normal, addresses)))

    def _check_unlisted(self, host: str, port: int, kind: Kind, *, configured: bool) -> None:
        if not self._ask_unlisted:
            raise DestinationRefused(
                f"{host}:{port} is no listed server for questions about {kind}"
            )
        if self._reported.is_host(host):
            raise DestinationRefused(f"{host} is the name of a reported site itself, or below it")
        if not (configured or port in _PORTS.values() or (self._loopback and is_loopback(host))):
            raise DestinationRefused(f"port {port} of {host} is no port of RDAP or WHOIS")


def _configured(settings: Settings) -> dict[tuple[str, int], frozenset[Kind]]:
    """Return the servers that the settings name, and for what."""
    bootstrap = urlsplit(settings.rdap_bootstrap_url)
    whois = [settings.whois_root, *settings.whois_overrides.values()]
    servers: dict[tuple[str, int], frozenset[Kind]] = {}
    for host, port in (split_host_port(text, _PORTS["whois"]) for text in whois):
        servers[plain_host(host), port] = _WHOIS_KINDS
    key = plain_host(bootstrap.hostname or ""), bootstrap.port or _PORTS[bootstrap.scheme]
    servers[key] = servers.get(key, frozenset()) | {"bootstrap"}
    if settings.time_stamp_url:
        authority = urlsplit(settings.time_stamp_url)
        key = plain_host(authority.hostname or ""), authority.port or _PORTS[authority.scheme]
        servers[key] = servers.get(key, frozenset()) | {"time_stamp"}
    return servers


async def _no_names(host: str) -> list[str]:
    raise Unreachable(f"the name {host} cannot be resolved without resolvers")
