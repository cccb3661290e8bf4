"""Fetching published address ranges from the companies that publish them."""

from __future__ import annotations

import csv
import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from attribution.data.reverse_proxies import Listing, Lists, fewest
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.transport import HttpRequest, Kind, Transport, TransportError, Unreachable
from attribution.settings import Settings

_MOST_BYTES = 16 * 1024 * 1024
_WIDEST = {4: 8, 6: 16}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the publishers gave."""

    lists: Lists
    failures: dict[str, str]
    """Why a list could not be had, by its name."""


class _PublishersListed:
    """Lists the servers of the packaged table of publishers, over TLS."""

    def __init__(self) -> None:
        self._hosts = {urlsplit(row["url"]).hostname for row in _publishers()}

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        """Say whether a publisher's list is fetched from this server."""
        return kind == "publisher" and port == 443 and host in self._hosts

    def is_fixed(self, host: str, port: int) -> bool:
        """Say whether the packaged table names the server."""
        return self.is_listed(host, port, "publisher")


async def fetch_published(settings: Settings, clock: Clock) -> Fetched:
    """Fetch every list that has a publisher. A list of which one part fails is not returned."""
    transport = Transport(settings, _PublishersListed())
    prefixes: dict[str, list[str]] = {}
    listings: dict[str, Listing] = {}
    failures: dict[str, str] = {}
    try:
        from attribution.lookup.protocols.dns import DnsClient

        transport.resolve_names_by(DnsClient(settings, transport, clock).addresses_of)
        for row in _publishers():
            name, host = row["name"], urlsplit(row["url"]).netloc
            published = clock.now().date().isoformat()
            listings[name] = Listing(
                name, row["kind"], row["company"], f"list that {host} publishes", published
            )
            try:
                request = HttpRequest(
                    row["url"], kind="publisher", accept="*/*", most_bytes=_MOST_BYTES
                )
                answer = await transport.fetch(request)
                if answer.status != 200:
                    raise Unreachable(f"HTTP {answer.status}")
                prefixes.setdefault(name, []).extend(_taken(answer.body, row["take"]))
            except (TransportError, TimeoutError, ValueError) as error:
                failures[name] = f"{host}: {error or type(error).__name__}"
    finally:
        await transport.close()
    lists: Lists = {}
    for name, found in prefixes.items():
        if name in failures:
            continue
        if not found:
            failures[name] = "the publisher's answer holds no address range"
            continue
        lists[name] = listings[name], fewest(found)
    return Fetched(lists, failures)


def _publishers() -> list[dict[str, str]]:
    table = resources.files("attribution.data").joinpath("publishers.csv").read_text("utf-8")
    return list(csv.DictReader(line for line in table.splitlines() if not line.startswith("#")))


def _taken(body: bytes, take: str) -> list[str]:
    """Take the prefixes out of a publisher's answer.
    Raises ValueError when it is no such answer.
    """
    how, _, condition = take.partition(" ")
    if how == "lines":
        texts = body.decode("utf-8").split()
        if any(_prefix(text) is None for text in texts):
            raise ValueError("the answer holds something else than address ranges")
        return texts
    key, _, value = condition.partition("=")
    document = json.loads(body)
    objects = [one for one in _objects(document) if not key or one.get(key) == value]
    texts = [
        text
        for one in objects
        for item in one.values()
        for text in (item if isinstance(item, list) else [item])
    ]
    return [text for text in texts if isinstance(text, str) and _prefix(text)]


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            yield one
        stack += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()


def _prefix(text: str) -> str | None:
    """Return an address range that a company can have; half the Internet is none."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return None
    return text if network.prefixlen >= _WIDEST[network.version] and network.is_global else None
