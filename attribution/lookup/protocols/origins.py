"""Asks origin sources about reverse proxies; what one of them raises is a record of its failure."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from attribution.evidence import Record
from attribution.evidence.question import OriginsBehind
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.protocols.origin import OriginSource, ReverseProxy
from attribution.lookup.transport.errors import reason
from attribution.net.addresses import read_address

_REMEMBERED = 4096


class OriginSources:
    """Asks each source once for a site and proxy, and remembers the answer while the process runs.

    `timeout` is in seconds, for one question to one source.
    """

    def __init__(self, sources: Sequence[OriginSource], clock: Clock, timeout: float) -> None:
        self._sources, self._clock, self._timeout = sources, clock, timeout
        self._answers: OrderedDict[tuple[str, str, ReverseProxy], asyncio.Task[list[Record]]] = (
            OrderedDict()
        )

    async def ask(self, host: str, proxies: Iterable[ReverseProxy]) -> list[Record]:
        """Return the origins of a host that the sources disclose behind these proxies."""
        return [
            record
            for source in self._sources
            for proxy in proxies
            for record in await self._ask_once(source, host, proxy)
        ]

    async def close(self) -> None:
        """Cancel questions that nobody waits for any more."""
        for task in self._answers.values():
            task.cancel()
        await asyncio.gather(*self._answers.values(), return_exceptions=True)
        self._answers.clear()

    async def _ask_once(self, source: OriginSource, host: str, proxy: ReverseProxy) -> list[Record]:
        key = (source.name, host, proxy)
        task = self._answers.get(key)
        if task is None:
            task = self._answers[key] = asyncio.create_task(self._ask(source, host, proxy))
            while len(self._answers) > _REMEMBERED and next(iter(self._answers.values())).done():
                self._answers.popitem(last=False)
        records = await asyncio.shield(task)
        if any(record.outcome == "unreachable" for record in records):
            self._answers.pop(key, None)
        return records

    async def _ask(self, source: OriginSource, host: str, proxy: ReverseProxy) -> list[Record]:
        try:
            async with asyncio.timeout(self._timeout):
                return [origin.as_record() for origin in await source.origins(host, proxy)]
        except Exception as error:  # a partner's code may raise anything: the lookup goes on
            question = OriginsBehind(read_address(proxy.address), source.name)
            now = self._clock.now()
            return [
                Record("told_origin", question, source.name, now, "unreachable", note=reason(error))
            ]
