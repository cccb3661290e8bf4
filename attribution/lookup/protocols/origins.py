"""Asking origin sources what is behind a proxy;
what one of them raises is a record of its failure.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from attribution.evidence import Record
from attribution.evidence.question import OriginsBehind
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.protocols.origin import OriginSource, ReverseProxy
from attribution.net.addresses import read_address

_REMEMBERED = 4096


class OriginDesk:
    """Asks each source once for a site in front,
    and remembers what it told while the process runs.
    """

    def __init__(self, sources: Sequence[OriginSource], clock: Clock, limit: float) -> None:
        self._sources, self._clock, self._limit = sources, clock, limit
        self._told: OrderedDict[tuple[str, str, ReverseProxy], asyncio.Task[list[Record]]] = (
            OrderedDict()
        )

    async def ask(self, host: str, fronts: Iterable[ReverseProxy]) -> list[Record]:
        """Return what the sources told of the origins of a host behind these proxies."""
        records: list[Record] = []
        for source in self._sources:
            for front in fronts:
                records += await self._once(source, host, front)
        return records

    async def close(self) -> None:
        """End questions that nobody waits for any more."""
        for task in self._told.values():
            task.cancel()
        await asyncio.gather(*self._told.values(), return_exceptions=True)
        self._told.clear()

    async def _once(self, source: OriginSource, host: str, front: ReverseProxy) -> list[Record]:
        key = (source.name, host, front)
        task = self._told.get(key)
        if task is None:
            task = self._told[key] = asyncio.create_task(self._ask(source, host, front))
            while len(self._told) > _REMEMBERED and next(iter(self._told.values())).done():
                self._told.popitem(last=False)
        records = await asyncio.shield(task)
        if any(one.outcome == "unreachable" for one in records):
            self._told.pop(key, None)
        return records

    async def _ask(self, source: OriginSource, host: str, front: ReverseProxy) -> list[Record]:
        try:
            async with asyncio.timeout(self._limit):
                return [one.as_record() for one in await source.origins(host, front)]
        except Exception as error:  # whatever a partner's code does, the answer goes on
            note = f"{type(error).__name__}: {error}".rstrip(": ")
            question = OriginsBehind(read_address(front.address), source.name)
            return [
                Record(
                    "told_origin",
                    question,
                    source.name,
                    self._clock.now(),
                    "unreachable",
                    note=note,
                )
            ]
