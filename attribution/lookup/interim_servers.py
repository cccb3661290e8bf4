"""Which servers are listed, until `attribution.registry.servers` says so: an interim adapter.

With `Transport(..., ask_unlisted=True)` everything is asked that was asked before there was a table. Only what
is listed here may have a reported host's address, so the list holds nothing that an answer could add to.
"""

from __future__ import annotations

from attribution.lookup.transport import Kind
from attribution.registry.registries import registry_of_server

_PORTS = frozenset([43, 443])


class InterimServers:
    """Lists the servers of the registries' own table, and whatever an origin source of the settings asks by TLS."""

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        """Say whether a server is asked this kind of question."""
        if kind == "origin_source":
            return port == 443
        return port in _PORTS and registry_of_server(host) is not None
