"""What runs inside the laboratory for one figure: `python inside.py FIGURE ...` prints one JSON
line.

Every figure is measured in a process of its own, on servers that were just started.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from peers import PEERS


def urls_of(folder: str, most: int | None = None) -> list[str]:
    """Read the world's list."""
    return (Path(folder) / "urls.txt").read_text("utf-8").splitlines()[:most]


def attributor(cache: str) -> Any:
    """Make this project's client. The registrar is a question of its own, which no peer asks."""
    from attribution import Attributor, load_settings

    return Attributor(load_settings(cache_folder=Path(cache), ask_registrar=False))


_LOADED_LATE = {
    "attribution": (
        "attribution.attributor",
        "attribution.lookup.asker",
        "diskcache",
        "tldextract",
        "h2.connection",
    ),
    "httpx": ("httpx", "h2.connection"),
}


def load(library: str) -> None:
    """Load a library and what it loads late, so that a figure measures looking up."""
    for module in _LOADED_LATE.get(library, (library,)):
        importlib.import_module(module)
    importlib.import_module("dns.asyncresolver")


async def single(library: str, url: str, before: str, cache: str) -> float:
    """Look one URL up with a new client; return seconds, the client's own start included.

    `before` is a URL of another company: this project looked it up in an earlier run, so that it
    has the bootstrap files that it keeps. Empty for the first look ever.
    """
    load(library)
    if library == "attribution":
        if before:
            async with attributor(cache) as earlier:
                await earlier.attribute(before)
        began = time.perf_counter()
        async with attributor(cache) as client:
            await client.attribute(url)
            return time.perf_counter() - began
    began = time.perf_counter()
    look_up = await PEERS[library]()
    await look_up(url)
    return time.perf_counter() - began


async def many(library: str, urls: list[str], at_once: int, cache: str) -> tuple[float, int]:
    """Look a list up, so many at once; return seconds, and how many failed."""
    load(library)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(at_once))
    began = time.perf_counter()
    failed = 0
    if library == "attribution":
        async with attributor(cache) as client:
            async for answer in client.attribute_many(urls, jobs=at_once):
                failed += answer.primary is None
        return time.perf_counter() - began, failed
    look_up = await PEERS[library]()
    room = asyncio.Semaphore(at_once)

    async def go(url: str) -> None:
        nonlocal failed
        async with room:
            try:
                await look_up(url)
            except Exception:
                failed += 1

    await asyncio.gather(*(go(url) for url in urls))
    return time.perf_counter() - began, failed


async def least(library: str, questions: list[str], hosts: list[str], at_once: int) -> float:
    """Send the same questions with nothing but an HTTP library and dnspython, read no answer;
    return seconds.

    What a batch cannot be faster than while these are its libraries: names first, since a question
    needs its address.
    """
    load(library)
    http = importlib.import_module(library)
    from peers import BASE, address_of

    room = asyncio.Semaphore(at_once)

    async def alone(work: Awaitable[Any]) -> None:
        async with room:
            await work

    async with http.AsyncClient(limits=http.Limits(max_connections=None), timeout=60) as client:
        client.headers["Accept"] = "application/rdap+json"
        began = time.perf_counter()
        await asyncio.gather(*(alone(address_of(host)) for host in hosts))
        await asyncio.gather(*(alone(client.get(BASE + question)) for question in questions))
        return time.perf_counter() - began


async def names(library: str, hosts: list[str], at_once: int) -> float:
    """Resolve fresh names, A and AAAA of each; return seconds."""
    server, _, port = os.environ["ATTRIBUTION_NAMESERVERS"].partition(":")
    look_up: Callable[[str], Awaitable[Any]]
    if library == "attribution":
        from attribution.lookup.interim_servers import InterimServers

        from attribution import load_settings
        from attribution.lookup.budgets.clock import Clock
        from attribution.lookup.protocols.dns import DnsClient
        from attribution.lookup.transport import Transport

        settings = load_settings()
        transport = Transport(settings, InterimServers(settings))
        look_up = DnsClient(settings, transport, Clock()).query_addresses
    elif library == "aiodns":
        import aiodns

        resolver = aiodns.DNSResolver(nameservers=[f"{server}:{port}"], timeout=5, tries=2)

        async def both(host: str) -> Any:
            return await asyncio.gather(
                resolver.query(host, "A"), resolver.query(host, "AAAA"), return_exceptions=True
            )

        look_up = both
    else:
        import dns.asyncresolver

        plain = dns.asyncresolver.Resolver(configure=False)
        plain.nameservers, plain.port = [server], int(port)

        async def both_plain(host: str) -> Any:
            return await asyncio.gather(
                plain.resolve(host, "A"), plain.resolve(host, "AAAA"), return_exceptions=True
            )

        look_up = both_plain
    room = asyncio.Semaphore(at_once)

    async def go(host: str) -> None:
        async with room:
            await look_up(host)

    began = time.perf_counter()
    await asyncio.gather(*(go(host) for host in hosts))
    return time.perf_counter() - began


def main() -> None:
    """Measure one figure and print it."""
    figure, library, world, *rest = sys.argv[1:]
    cache = tempfile.mkdtemp(prefix="attribution-bench-")
    result: dict[str, Any] = {}
    try:
        if figure == "one":
            result["seconds"] = asyncio.run(single(library, rest[0], rest[1], cache))
        elif figure == "many":
            urls = urls_of(world, int(rest[0]))
            result["seconds"], result["failed"] = asyncio.run(
                many(library, urls, int(rest[1]), cache)
            )
        elif figure == "least":
            hosts = list(dict.fromkeys(url.split("/")[2] for url in urls_of(world, int(rest[0]))))
            questions = Path(rest[2]).read_text("utf-8").split()
            result["seconds"] = asyncio.run(least(library, questions, hosts, int(rest[1])))
        elif figure == "names":
            hosts = [url.split("/")[2] for url in urls_of(world)]
            result["seconds"] = asyncio.run(
                names(library, list(dict.fromkeys(hosts))[: int(rest[0])], int(rest[1]))
            )
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
