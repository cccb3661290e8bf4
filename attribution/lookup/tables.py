"""Questions that tables on this machine answer; their answers are evidence like any other."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from attribution.addresses import Address
from attribution.data.desks import desk_of
from attribution.data.fronts import front_table, own_platforms
from attribution.domain import domain_of, list_version, platform_company
from attribution.evidence import Record
from attribution.lookup.clock import Clock
from attribution.settings import Settings


class Tables:
    """The public-suffix list, the lists of fronts, and the user's own tables."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._folder, self._clock = settings.data_path, clock
        self._platforms = own_platforms(self._folder)
        self._loading: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the tables once, beside what is going on: they take as long as a round trip."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._read))
        if not self._loading.done():
            await asyncio.shield(self._loading)

    async def close(self) -> None:
        """Wait for a reading that is under way: a thread cannot be ended."""
        if self._loading is not None:
            await asyncio.gather(self._loading, return_exceptions=True)

    def _read(self) -> None:
        domain_of("www.site.example")
        front_table(self._folder)

    def suffix_of(self, name: str, question: str) -> Record:
        """Say where a name was registered, and under which platform's suffix it is a customer page."""
        domain = domain_of(name)
        suffix, company = domain.platform_suffix, None
        source = f"public-suffix list of {list_version()}"
        if suffix:
            company = platform_company(suffix)
        labels = name.split(".")
        for start in range(1, len(labels)):
            own = ".".join(labels[start:])
            if own in self._platforms:
                suffix, company, source = own, self._platforms[own], "the user's own platforms.csv"
                break
        body: dict[str, object] = {
            "registrable": domain.registrable,
            "platform_suffix": suffix,
            "company": company,
            "source": source,
        }
        return self._record("suffix", question, "public-suffix list", body)

    def front_of(self, address: Address, question: str) -> list[Record]:
        """Return a record of the lists that the address is on; none when it is on none."""
        found = [
            {
                "prefix": prefix,
                "kind": one.kind,
                "company": one.company,
                "source": one.source,
                "published": one.published,
            }
            for prefix, one in front_table(self._folder).find(address)
        ]
        return [self._record("front", question, "published lists", {"lists": found})] if found else []

    def desk_of(self, country: str, question: str) -> Record:
        """Say which hotline and which authority take a case in a country."""
        return self._record("desk", question, "tables of hotlines and authorities", asdict(desk_of(country)))

    def _record(self, kind: str, question: str, server: str, body: dict[str, object]) -> Record:
        raw = json.dumps(body, ensure_ascii=False, sort_keys=True).encode("utf-8")
        return Record(kind, question, server, self._clock.now(), "answered", raw)  # type: ignore[arg-type]
