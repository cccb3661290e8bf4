"""Who may be connected to: resolvers and registries, never a reported host, never the inside of a network."""

from __future__ import annotations

import ipaddress
from contextvars import ContextVar
from urllib.parse import urlsplit

from attribution.addresses import responsible_address, special_purpose
from attribution.settings import Settings, split_host_port

REPORTED: ContextVar[frozenset[str]] = ContextVar("reported", default=frozenset())
"""Addresses of the site that is being looked up in this task: no server of ours may be one of them."""

_PORTS = {"http": 80, "https": 443, "whois": 43, "rwhois": 4321}


class DestinationRefused(Exception):  # noqa: N818 - it says what happened
    """The destination may not be connected to; the message says why."""


class Guard:
    """The rule for destinations. Servers that the settings name are trusted; servers that an answer names are not."""

    def __init__(self, settings: Settings) -> None:
        self._loopback = settings.allow_loopback_registries
        bootstrap = urlsplit(settings.rdap_bootstrap_url)
        self._configured = {
            (bootstrap.hostname or "", bootstrap.port or _PORTS[bootstrap.scheme]),
            split_host_port(settings.whois_root, 43),
            *(split_host_port(target, 43) for target in settings.whois_overrides.values()),
        }

    def check_server(self, host: str, port: int) -> None:
        """Refuse a port that no registry uses. Raises DestinationRefused."""
        if (host, port) in self._configured or port in _PORTS.values():
            return
        if not (self._loopback and _is_loopback(host)):
            raise DestinationRefused(f"port {port} of {host} is no port of RDAP or WHOIS")

    def check_address(self, host: str, address: str, port: int) -> None:
        """Refuse an address after the name was resolved, so that no name can point inside. Raises DestinationRefused."""
        if address in REPORTED.get():
            raise DestinationRefused(f"{host} has the address {address} of the reported site itself")
        if (host, port) in self._configured or (self._loopback and _is_loopback(address)):
            return
        special = special_purpose(responsible_address(ipaddress.ip_address(address)))
        if special:
            raise DestinationRefused(f"{host} leads to {address}, which is special: {special}")


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
