"""Other libraries, asked what a reported URL's host is: each as its own documentation shows, on the
laboratory's servers.

Nothing is changed in them but the addresses of their servers. None of them resolves names: the
first IPv4 address is looked up before, with dnspython, as tools that use them do.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

_SERVER, _, _PORT = os.environ.get("ATTRIBUTION_NAMESERVERS", "127.0.0.1:5300").partition(":")
_BOOTSTRAP = os.environ.get("ATTRIBUTION_RDAP_BOOTSTRAP_URL", "http://127.0.0.1:8300/bootstrap/")
BASE = _BOOTSTRAP.removesuffix("bootstrap/")

LookUp = Callable[[str], Awaitable[Any]]
"""Looks one URL up."""
Peer = Callable[[], Awaitable[LookUp]]
"""Makes a client as new: no connection, no bootstrap file, nothing kept."""


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


async def address_of(host: str) -> str:
    import dns.asyncresolver

    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [_SERVER], int(_PORT)
    return str((await resolver.resolve(host, "A"))[0])


async def ipwhois() -> LookUp:
    """ipwhois asks in threads: AS by DNS, then RDAP of the registry that the AS's record names."""
    import dns.resolver
    import ipwhois
    import ipwhois.asn
    import ipwhois.net
    import ipwhois.rdap

    class Resolver(dns.resolver.Resolver):
        def __init__(self) -> None:
            super().__init__(configure=False)
            self.nameservers, self.port = [_SERVER], int(_PORT)

    ipwhois.net.dns.resolver.Resolver = Resolver
    for name, urls in ipwhois.rdap.RIR_RDAP.items():
        registry = name.replace("ripencc", "ripe")
        urls["ip_url"] = f"{BASE}{registry}/ip/{{0}}"
        urls["entity_url"] = f"{BASE}{registry}/entity/{{0}}"

    def in_thread(address: str) -> Any:
        return ipwhois.IPWhois(address).lookup_rdap()

    async def look_up(url: str) -> Any:
        return await asyncio.to_thread(in_thread, await address_of(_host(url)))

    return look_up


async def whoisit() -> LookUp:
    """Whoisit is given its bootstrap data, as its documentation shows, from the laboratory's IPv4
    file.

    By itself it reads five files one after the other, and refuses the laboratory's empty ones: it
    has four trips less here.
    """
    import httpx
    import whoisit

    client = httpx.AsyncClient(
        limits=httpx.Limits(max_connections=None), timeout=60, follow_redirects=True
    )
    ipv4 = (await client.get(f"{_BOOTSTRAP}ipv4.json")).json()
    url = [f"{BASE}arin/"]
    others = {
        "ipv6": {"services": [[["2001:db8::/32"], url]]},
        "asn": {"services": [[["64496-64511"], url]]},
        "dns": {"services": [[["example"], url]]},
        "object": {"services": [[["contact@site.example"], ["ARIN"], url]]},
    }
    whoisit.clear_bootstrapping()
    whoisit.load_bootstrap_data(
        {"timestamp": 1, "ipv4": ipv4, **others}, allow_insecure=True, from_json=False
    )

    async def look_up(url: str) -> Any:
        return await whoisit.ip_async(await address_of(_host(url)), async_client=client)

    return look_up


async def whodap() -> LookUp:
    """Whodap reads IANA's bootstrap file first, then asks RDAP."""
    import httpx2
    import whodap

    module = __import__("whodap.client", fromlist=["IPv4Client"])
    module.IPv4Client._iana_uri = f"{_BOOTSTRAP}ipv4.json"
    http_client = httpx2.AsyncClient(
        limits=httpx2.Limits(max_connections=None), timeout=60, follow_redirects=True
    )
    client = await whodap.IPv4Client.new_aio_client(httpx_client=http_client)

    async def look_up(url: str) -> Any:
        return (await client.aio_lookup(await address_of(_host(url)))).to_dict()

    return look_up


async def asyncwhois() -> LookUp:
    """Asyncwhois over RDAP, which is whodap's client under its own."""
    import asyncwhois as library
    import httpx2
    import whodap

    module = __import__("whodap.client", fromlist=["IPv4Client"])
    module.IPv4Client._iana_uri = f"{_BOOTSTRAP}ipv4.json"
    http_client = httpx2.AsyncClient(
        limits=httpx2.Limits(max_connections=None), timeout=60, follow_redirects=True
    )
    below = await whodap.IPv4Client.new_aio_client(httpx_client=http_client)
    client = library.NumberClient(whodap_client=below)

    async def look_up(url: str) -> Any:
        return await client.aio_rdap(await address_of(_host(url)))

    return look_up


PEERS: dict[str, Peer] = {
    "ipwhois": ipwhois,
    "whoisit": whoisit,
    "asyncwhois": asyncwhois,
    "whodap": whodap,
}
