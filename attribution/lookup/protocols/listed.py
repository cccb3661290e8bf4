"""Which servers are listed for which kinds of questions: by the packaged table and IANA's files.

No other answer adds to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from attribution.lookup.transport import Kind
from attribution.lookup.transport.reported import plain_host
from attribution.net.addresses import is_loopback
from attribution.registry import servers
from attribution.settings import Settings

_NUMBERS: tuple[Kind, ...] = ("ip", "autnum", "entity")
"""Kinds of questions for a service that IANA's files name for addresses or AS numbers."""
_TABLED: frozenset[Kind] = frozenset(["ip", "autnum", "entity", "domain"])
"""Kinds of questions in the packaged table of servers."""
_MOST_NAMED = 10_000


class ListedServers:
    """The servers that may be asked. Names are in lower case, without the root's dot."""

    def __init__(self, settings: Settings) -> None:
        self._loopback = settings.allow_loopback_registries
        self._named: dict[Kind, set[tuple[str, int]]] = {}

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        """Whether a server is asked this kind of question."""
        if kind == "origin_source":
            return port == 443
        if (host, port) in self._named.get(kind, ()):
            return True
        return self.is_tabled(host, port, kind)

    def is_fixed(self, host: str, port: int) -> bool:
        """Whether the packaged table names the server, for any kind of question."""
        return any(self.is_tabled(host, port, kind) for kind in _TABLED)

    def is_tabled(self, host: str, port: int, kind: Kind) -> bool:
        """Whether the packaged table lists the server for a kind of question."""
        if is_loopback(host):
            return self._loopback
        return kind in _TABLED and servers.is_listed(host, port, servers.Kind(kind))

    def name_services(self, urls: Iterable[str], kind: Kind) -> None:
        """List the services that IANA's bootstrap files name for a kind of question."""
        kinds = ("domain",) if kind == "domain" else _NUMBERS
        for url in urls:
            parts = urlsplit(url)
            if parts.hostname:
                self._name(
                    parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), kinds
                )

    def name_domain_server(self, host: str) -> None:
        """List the WHOIS server that IANA's own answer names for a top-level domain."""
        self._name(host, 43, ("domain",))

    def _name(self, host: str, port: int, kinds: Iterable[Kind]) -> None:
        for kind in kinds:
            named = self._named.setdefault(kind, set())
            if len(named) < _MOST_NAMED:
                named.add((plain_host(host), port))
