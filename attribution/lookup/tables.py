"""Answers of tables on this machine; they are evidence like any other."""

from __future__ import annotations

import asyncio
import gc
import json
from dataclasses import asdict

from attribution.data.authorities import hotlines_and_authority
from attribution.data.platforms import platform_of, platforms
from attribution.data.reverse_proxies import reverse_proxy_table
from attribution.evidence import Kind, Question, Record
from attribution.evidence.question import HotlinesAndAuthorityOf, ReverseProxyAt, SuffixOf
from attribution.lookup.budgets.clock import Clock
from attribution.net.domains import domain_of, list_version
from attribution.settings import Settings


class Tables:
    """The public-suffix list, the lists of reverse proxies, and the user's own tables."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._folder, self._clock = settings.data_path, clock
        self._platforms = platforms(self._folder)
        self._loading: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the tables once, in a thread: that takes as long as a round trip."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._read))
        if not self._loading.done():
            await asyncio.shield(self._loading)

    async def close(self) -> None:
        """Wait for the thread that reads: it cannot be ended."""
        if self._loading is not None:
            await asyncio.gather(self._loading, return_exceptions=True)

    def _read(self) -> None:
        # Each full collection would walk the 100,000 objects of the tables, for 70 ms in which no
        # event loop of the process turns.
        gc.freeze()
        domain_of("www.site.example")
        reverse_proxy_table(self._folder)
        gc.freeze()

    async def suffix_of(self, question: SuffixOf) -> list[Record]:
        """Return where a name was registered, and the platform whose page it is."""
        await self.load()
        domain = domain_of(question.name)
        platform = platform_of(question.name, self._platforms)
        body: dict[str, object] = {
            "registrable": domain.registrable,
            "platform_suffix": platform.suffix if platform else domain.platform_suffix,
            "company": platform.company if platform else None,
            "provider": platform.provider if platform else None,
            "contact": platform.contact if platform else None,
            "source": platform.source if platform else f"public-suffix list of {list_version()}",
        }
        return [self._record("suffix", question, "public-suffix list", body)]

    async def reverse_proxy_lists(self, question: ReverseProxyAt) -> list[Record]:
        """Return a record of the published lists that hold the address; empty where none does."""
        await self.load()
        lists = [
            {
                "prefix": prefix,
                "kind": listing.kind,
                "company": listing.company,
                "source": listing.source,
                "published": listing.published,
            }
            for prefix, listing in reverse_proxy_table(self._folder).find(question.address)
        ]
        return (
            [self._record("front", question, "published lists", {"lists": lists})] if lists else []
        )

    async def hotlines_and_authority(self, question: HotlinesAndAuthorityOf) -> list[Record]:
        """Return the hotlines and the authority that take a case in a country."""
        body = asdict(hotlines_and_authority(question.country, self._clock.now().date()))
        return [self._record("desk", question, "tables of hotlines and authorities", body)]

    def _record(
        self, kind: Kind, question: Question, server: str, body: dict[str, object]
    ) -> Record:
        raw = json.dumps(body, ensure_ascii=False, sort_keys=True).encode("utf-8")
        return Record(kind, question, server, self._clock.now(), "answered", raw)
