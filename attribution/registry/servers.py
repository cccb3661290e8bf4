"""The table of servers: whose each is, which reader its answers need, and what it may be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Literal
from urllib.parse import unquote, urlsplit

from attribution.data import packaged_rows
from attribution.net.addresses import is_loopback
from attribution.registry.registries import registries

ServerProtocol = Literal["rdap", "whois", "dns"]

_PROTOCOLS: dict[int, ServerProtocol] = {443: "rdap", 43: "whois", 53: "dns"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Kind(StrEnum):
    """What is asked about."""

    IP = "ip"
    AUTNUM = "autnum"
    ENTITY = "entity"
    DOMAIN = "domain"
    ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Server:
    """One server of a registry; an unlisted one's answers are claims, and decide nothing."""

    host: str
    port: int
    """443 or 43; in a laboratory whatever the bootstrap or an override names."""
    registry: str
    """An id of registries.csv; for a host that is in no table the host name itself."""
    handle_space: str
    """Registry whose handles the server prints, where no object says otherwise."""
    protocol: ServerProtocol
    dialect: str
    """The module in `dialects/` that reads its answers; empty where none does."""
    kinds: frozenset[Kind]
    query: str
    """Port 43: the line that asks about `{address}`."""
    query_above: str | None
    """Port 43: the line that also returns the networks above `{address}`, or just `{cidr}`."""
    query_autnum: str
    """Port 43: the line that asks about AS `{asn}`."""
    listed: bool


def server_for_url(url: str) -> Server:
    """Return the RDAP server of a URL: by host name and port, never by path or text.

    On loopback (laboratory, demo) several registries share a host: there the first path segment
    names the registry. Whether loopback may be asked at all is the transport's guard's decision.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return _unlisted("", 0, "rdap")
    if _is_loopback(host):
        return _of_laboratory(host, port, unquote(parts.path).strip("/").partition("/")[0])
    listed = _table().get((host, port)) if parts.scheme == "https" else None
    return listed or _unlisted(host, port, "rdap")


def whois_server(host: str) -> Server:
    """Return the port-43 server of this name, which is the real one also where it is overridden."""
    name, _, port = host.strip().lower().rstrip(".").partition(":")
    listed = _table().get((name, 43)) if port in ("", "43") else None
    return listed or _unlisted(name, int(port) if port.isdecimal() else 43, "whois")


def servers_of(registry: str) -> list[Server]:
    """Return the registry's servers in the order of the table, RDAP first."""
    return [server for server in _table().values() if server.registry == registry]


def registry_of_server(host: str) -> str | None:
    """Return the id of the registry that runs this server, or None."""
    name = host.lower().partition(":")[0]
    return next((server.registry for server in _table().values() if server.host == name), None)


def is_listed(host: str, port: int, kind: Kind) -> bool:
    """Say whether the server is listed for this kind; of loopback see `server_for_url`."""
    name = host.lower().rstrip(".")
    if _is_loopback(name):
        return True
    server = _table().get((name, port))
    return server is not None and kind in server.kinds


@cache
def _table() -> dict[tuple[str, int], Server]:
    rows = packaged_rows("servers.csv")
    return {
        (row["host"], int(row["port"])): Server(
            host=row["host"],
            port=int(row["port"]),
            registry=row["registry"],
            handle_space=row["handle_space"],
            protocol=_PROTOCOLS[int(row["port"])],
            dialect=row["dialect"],
            kinds=frozenset(Kind(kind) for kind in row["kinds"].split()),
            query=row["query"],
            query_above=row["query_above"] or None,
            query_autnum=row["query_autnum"],
            listed=True,
        )
        for row in rows
    }


def _unlisted(host: str, port: int, protocol: ServerProtocol) -> Server:
    return Server(
        host=host,
        port=port,
        registry=host,
        handle_space=host,
        protocol=protocol,
        dialect="rdap" if protocol == "rdap" else "",
        kinds=frozenset(),
        query="{address}",
        query_above=None,
        query_autnum="AS{asn}",
        listed=False,
    )


def _of_laboratory(host: str, port: int, segment: str) -> Server:
    if segment not in registries():
        return _unlisted(host, port, "rdap")
    real = next((server for server in servers_of(segment) if server.protocol == "rdap"), None)
    if real is None:
        kinds = frozenset([Kind.IP, Kind.AUTNUM, Kind.ENTITY])
        unlisted = _unlisted(host, port, "rdap")
        return replace(unlisted, registry=segment, handle_space=segment, kinds=kinds, listed=True)
    return replace(real, host=host, port=port)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or is_loopback(host)
