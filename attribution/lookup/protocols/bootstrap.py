"""Which RDAP server is responsible: IANA's bootstrap files (RFC 9224), refreshed in the background.

Until they were fetched once, the packaged table of IANA's delegations (dated) serves instead, and
the answer notes that.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from attribution.data import packaged_rows, packaged_text
from attribution.evidence import Record
from attribution.evidence.question import NetworkAt
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.transport import HttpRequest, Transport, TransportError
from attribution.net.addresses import Address
from attribution.net.prefixes import PrefixTable
from attribution.registry.documents import read_document
from attribution.registry.lenient import as_list
from attribution.registry.registration import UnreadableAnswer
from attribution.settings import Settings

_FRESH = timedelta(hours=24)
_RETRY_AFTER = 60.0
_KINDS = {4: "ipv4", 6: "ipv6"}


class KeptFiles(Protocol):
    """Where bootstrap files are kept between runs."""

    def get_file(self, name: str) -> tuple[str, datetime] | None:
        """Return a file's text and when it was fetched, or None."""

    def put_file(self, name: str, text: str, fetched_at: datetime) -> None:
        """Keep a file."""


@dataclass(frozen=True, slots=True)
class Services:
    """One bootstrap file, ready for longest-prefix match."""

    publication: str
    blocks: PrefixTable[tuple[str, ...]]
    fallback: bool = False


class Bootstrap:
    """Finds the service for an address, AS number or domain; `close` ends refreshes."""

    def __init__(
        self, settings: Settings, transport: Transport, clock: Clock, kept: KeptFiles
    ) -> None:
        self._base = settings.rdap_bootstrap_url
        self._transport, self._clock, self._kept = transport, clock, kept
        self._failed_at: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._refreshing: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """End refreshes that are under way."""
        for task in self._refreshing.values():
            task.cancel()
        await asyncio.gather(*self._refreshing.values(), return_exceptions=True)
        self._refreshing.clear()

    async def prepare(self) -> None:
        """Fetch the file that most lookups need, if it was never fetched."""
        await self._file(_KINDS[4])

    async def for_address(self, address: Address) -> tuple[Record, tuple[str, ...]]:
        """Return the record of the match, and the service URLs, https first, if any."""
        text, fetched_at = await self._file(_KINDS[address.version])
        services = (
            _parsed_networks(text, address.version) if text else packaged_services(address.version)
        )
        prefix, service_urls = services.blocks.find(address) or (None, ())
        urls = self._usable(service_urls)
        note = None
        if services.fallback:
            note = (
                "IANA's bootstrap could not be fetched; the packaged table of "
                f"{services.publication} was used"
            )
        span = services.blocks.span(address)
        body = {
            "match": prefix,
            "delegated": [str(span[0]), str(span[1])] if span else None,
            "urls": urls,
            "publication": services.publication,
        }
        record = Record(
            "bootstrap",
            NetworkAt(address),
            "packaged" if services.fallback else _host(self._base),
            fetched_at,
            "answered" if urls else "not_found",
            json.dumps(body).encode(),
            note=note,
        )
        return record, urls

    async def for_system(self, asn: int) -> tuple[str, ...]:
        """Return the service URLs for an AS number; empty while IANA's file is missing."""
        text, _ = await self._file("asn")
        return self._usable(_find_system(text, asn)) if text else ()

    async def for_domain(self, domain: str) -> tuple[str, ...]:
        """Return the service URLs for a domain by its longest suffix (RFC 9224, section 4)."""
        text, _ = await self._file("dns")
        if not text:
            return ()
        suffixes = _parsed_suffixes(text)
        labels = domain.split(".")
        tails = (".".join(labels[start:]) for start in range(len(labels)))
        return self._usable(next((suffixes[tail] for tail in tails if tail in suffixes), ()))

    async def _file(self, name: str) -> tuple[str | None, datetime]:
        """Return a file's text; waits for the network only if the file was never fetched."""
        kept = self._kept.get_file(self._base + name)
        if kept is None:
            async with self._locks.setdefault(name, asyncio.Lock()):
                kept = self._kept.get_file(self._base + name)
                if kept is None and self._may_try(name):
                    await self._fetch(name)
                    kept = self._kept.get_file(self._base + name)
        elif (
            self._clock.now() - kept[1] > _FRESH
            and name not in self._refreshing
            and self._may_try(name)
        ):
            task = asyncio.create_task(self._fetch(name))
            self._refreshing[name] = task
            task.add_done_callback(lambda _: self._refreshing.pop(name, None))
        return kept if kept else (None, self._clock.now())

    def _may_try(self, name: str) -> bool:
        failed = self._failed_at.get(name)
        return failed is None or self._clock.monotonic() - failed > _RETRY_AFTER

    async def _fetch(self, name: str) -> None:
        try:
            url = f"{self._base}{name}.json"
            answer = await self._transport.fetch(
                HttpRequest(url, kind="bootstrap", accept="application/json")
            )
            document = read_document(answer.body) if answer.status == 200 else {}
        except (TransportError, TimeoutError, UnreadableAnswer):
            document = {}
        if not isinstance(document.get("services"), list):
            self._failed_at[name] = self._clock.monotonic()
            return
        self._kept.put_file(self._base + name, json.dumps(document), self._clock.now())

    def _usable(self, urls: Iterable[str]) -> tuple[str, ...]:
        ordered = sorted(urls, key=lambda url: not url.startswith("https:"))
        return tuple(url if url.endswith("/") else url + "/" for url in ordered)


@cache
def packaged_services(version: int) -> Services:
    """Read the packaged table of IANA's delegations: a dated stand-in for the bootstrap files."""
    dates = re.findall(r"-(?:space|assignments)/ of (\S+)", packaged_text("delegations.csv"))
    rows = [
        (row["prefix"], (row["rdap"],))
        for row in packaged_rows("delegations.csv")
        if (":" in row["prefix"]) == (version == 6)
    ]
    return Services(dates[version == 6], PrefixTable.of(rows, version), fallback=True)


@cache
def _parsed_networks(text: str, version: int) -> Services:
    document = json.loads(text)
    rows = [
        (prefix, tuple(url for url in as_list(service[1]) if isinstance(url, str)))
        for service in document["services"]
        if isinstance(service, list) and len(service) == 2
        for prefix in as_list(service[0])
        if isinstance(prefix, str)
    ]
    return Services(str(document.get("publication")), PrefixTable.of(rows, version))


@cache
def _parsed_suffixes(text: str) -> dict[str, tuple[str, ...]]:
    return {
        suffix.lower(): tuple(url for url in as_list(service[1]) if isinstance(url, str))
        for service in json.loads(text)["services"]
        if isinstance(service, list) and len(service) == 2
        for suffix in as_list(service[0])
        if isinstance(suffix, str)
    }


def _find_system(text: str, asn: int) -> tuple[str, ...]:
    best: tuple[int, tuple[str, ...]] | None = None
    for service in json.loads(text)["services"]:
        if not isinstance(service, list) or len(service) != 2:
            continue
        for span in as_list(service[0]):
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", str(span))
            if match and int(match[1]) <= asn <= int(match[2] or match[1]):
                width = int(match[2] or match[1]) - int(match[1])
                if best is None or width < best[0]:
                    best = width, tuple(url for url in as_list(service[1]) if isinstance(url, str))
    return best[1] if best else ()


def _host(url: str) -> str:
    return url.split("/")[2]
