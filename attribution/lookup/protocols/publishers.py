"""Fetches address ranges from the companies that publish them."""

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
    """Lists of the publishers, and which failed."""

    lists: Lists
    failures: dict[str, str]
    """Why a list is missing, by its name."""


class _PublishersListed:
    """Lists the servers of the packaged table of publishers, over TLS."""

    def __init__(self) -> None:
        self._hosts = {urlsplit(row["url"]).hostname for row in _publishers()}

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        """Whether a publisher's list is fetched from this server."""
        return kind == "publisher" and port == 443 and host in self._hosts

    def is_fixed(self, host: str, port: int) -> bool:
        """Whether the packaged table names the server."""
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
            listings[name] = Listing(
                name,
                row["kind"],
                row["company"],
                f"list that {host} publishes",
                clock.now().date().isoformat(),
            )
            try:
                request = HttpRequest(
                    row["url"], kind="publisher", accept="*/*", most_bytes=_MOST_BYTES
                )
                answer = await transport.fetch(request)
                if answer.status != 200:
                    raise Unreachable(f"HTTP {answer.status}")
                prefixes.setdefault(name, []).extend(_prefixes(answer.body, row["take"]))
            except (TransportError, TimeoutError, ValueError) as error:
                failures[name] = f"{host}: {error or type(error).__name__}"
    finally:
        await transport.close()
    lists: Lists = {}
    for name, published in prefixes.items():
        if name not in failures and not published:
            failures[name] = "the publisher's answer holds no address range"
        if name not in failures:
            lists[name] = listings[name], fewest(published)
    return Fetched(lists, failures)


def _publishers() -> list[dict[str, str]]:
    table = resources.files("attribution.data").joinpath("publishers.csv").read_text("utf-8")
    return list(csv.DictReader(line for line in table.splitlines() if not line.startswith("#")))


def _prefixes(body: bytes, take: str) -> list[str]:
    """Return the prefixes in a publisher's answer. Raises ValueError for anything else."""
    how, _, condition = take.partition(" ")
    if how == "lines":
        texts = body.decode("utf-8").split()
        if any(_prefix(text) is None for text in texts):
            raise ValueError("the answer holds something other than address ranges")
        return texts
    key, _, value = condition.partition("=")
    document = json.loads(body)
    objects = [node for node in _objects(document) if not key or node.get(key) == value]
    texts = [
        text
        for node in objects
        for item in node.values()
        for text in (item if isinstance(item, list) else [item])
    ]
    return [text for text in texts if isinstance(text, str) and _prefix(text)]


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON document."""
    stack = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack += node.values()
        elif isinstance(node, list):
            stack += node


def _prefix(text: str) -> str | None:
    """Return the text if it is an address range that one company can have."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return None
    return text if network.prefixlen >= _WIDEST[network.version] and network.is_global else None
