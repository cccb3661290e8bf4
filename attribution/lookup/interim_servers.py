"""Which servers are listed, until `attribution.registry.servers` says so: an interim adapter.

With `Transport(..., ask_unlisted=True)` everything is asked that was asked before there was a
table. Only what is listed here may have a reported host's address, so the list holds nothing that
an answer could add to.
"""

from __future__ import annotations

import ipaddress

from attribution.lookup.transport import Kind
from attribution.registry.registries import registry_of_server
from attribution.settings import Settings

_PORTS = frozenset([43, 443])


class InterimServers:
    """Lists the servers of the registries' own table, and partners' that are asked for origins.

    In a laboratory also whatever is on loopback.
    """

    def __init__(self, settings: Settings) -> None:
        self._loopback = settings.allow_loopback_registries

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        """Say whether a server is asked this kind of question."""
        if kind == "origin_source":
            return port == 443
        if port in _PORTS and registry_of_server(host) is not None:
            return True
        return self._loopback and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
