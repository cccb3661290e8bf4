"""Asks each question once: from the cache where that is fresh, else in a single flight."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from weakref import WeakValueDictionary

from attribution.cache.answers import AnswerCache, Kept, Neighbourhoods, key_of
from attribution.cache.scope import object_named
from attribution.evidence import UNANSWERED, Question, Record
from attribution.evidence.question import (
    HotlinesAndAuthorityOf,
    NetworkAbove,
    NetworkAt,
    ResolveName,
    ReverseProxyAt,
    SuffixOf,
)
from attribution.lookup.asker import Asker
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.transport import TargetInWork
from attribution.net.addresses import Address
from attribution.registry.dns_answer import read_dns

_OFFLINE = "no answer is kept, and offline no server is asked"
LOCAL_QUESTIONS = SuffixOf | ReverseProxyAt | HotlinesAndAuthorityOf
"""Questions that tables on this machine answer: nothing is shared or kept."""


class CachedAsker:
    """Answers questions of many tasks of one event loop.

    `max_age` bounds the age of kept answers of earlier runs; `offline` gives what is kept, stale
    answers too, and asks no server.
    """

    def __init__(
        self,
        asker: Asker,
        cache: AnswerCache,
        clock: Clock,
        *,
        max_age: timedelta | None,
        offline: bool,
    ) -> None:
        self._asker, self._cache, self._clock = asker, cache, clock
        self._max_age, self._offline = max_age, offline
        self._flights: dict[str, asyncio.Future[list[Record]]] = {}
        self._near = Neighbourhoods()
        self._leaves: dict[Address, list[asyncio.Event]] = {}
        self._neighbourhoods: WeakValueDictionary[tuple[int, int], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def answers(self, questions: list[Question], site: TargetInWork) -> list[list[Record]]:
        """Return the records of each question's answer; addresses of `site` count as reported."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._resolve(question, site)
                    if isinstance(question, ResolveName)
                    else self._answer(question)
                )
                for question in questions
            ]
        return [
            [_as_asked(question, record) for record in task.result()]
            for question, task in zip(questions, tasks, strict=True)
        ]

    async def _resolve(self, question: ResolveName, site: TargetInWork) -> list[Record]:
        """Resolve a reported name, and note at once that its addresses are reported."""
        records = await self._answer(question)
        for record in records:
            site.add(_addresses_in(record))
        return records

    async def _answer(self, question: Question) -> list[Record]:
        if isinstance(question, LOCAL_QUESTIONS):
            return await self._asker.ask(question)
        await self._asker.turns.take()
        kept = self._kept(question)
        if kept:
            return kept
        if isinstance(question, NetworkAbove):
            await self._let_leaves_answer(question)
            kept = self._kept(question)
            if kept:
                return kept
        if not isinstance(question, NetworkAt):
            return await self._once(key_of(question), lambda: self._ask(question))
        with self._asking_leaf(question.address):
            return await self._answer_leaf(question)

    async def _answer_leaf(self, question: NetworkAt) -> list[Record]:
        while True:
            place = self._near.of(question.address)
            async with self._alone_in(place):
                if place != self._near.of(question.address):
                    continue  # an answer meanwhile showed that the block is sparse
                kept = self._kept(question)
                if kept:
                    return kept
                records = await self._once(key_of(question), lambda: self._ask(question))
                if not self._cache.serves_others(question.address):
                    self._near.note_sparse(question.address)
                return records

    @contextmanager
    def _asking_leaf(self, address: Address) -> Iterator[None]:
        """Note that the network of an address is being asked for."""
        answered = asyncio.Event()
        self._leaves.setdefault(address, []).append(answered)
        try:
            yield
        finally:
            answered.set()
            waiting = self._leaves[address]
            waiting.remove(answered)
            if not waiting:
                del self._leaves[address]

    async def _let_leaves_answer(self, question: NetworkAbove) -> None:
        """Wait for questions about addresses within the network above: one may answer this too."""
        named = object_named(question)
        if named is None:
            return
        low, high = int(named.first), int(named.last)
        pending = [
            answered.wait()
            for address, waiting in self._leaves.items()
            if address.version == named.first.version and low <= int(address) <= high
            for answered in waiting
        ]
        await asyncio.gather(*pending)

    def _kept(self, question: Question) -> list[Record] | None:
        """Return the answer from the cache if it may be given without asking."""
        kept = self._cache.find(question)
        if kept and self._cache.is_fresh(kept) and self._is_young_enough(kept):
            return kept.marked(stale=False)
        if not self._offline:
            return None
        return kept.marked(stale=True) if kept else [self._unasked(question)]

    def _is_young_enough(self, kept: Kept) -> bool:
        if self._max_age is None or kept.from_this_run:
            return True
        return self._clock.now() - kept.asked_at < self._max_age

    def _unasked(self, question: Question) -> Record:
        if isinstance(question, ResolveName):
            return Record("dns", question, "cache", self._clock.now(), "timeout", note=_OFFLINE)
        return Record("rdap", question, "cache", self._clock.now(), "unreachable", note=_OFFLINE)

    async def _ask(self, question: Question) -> list[Record]:
        records = await self._asker.ask(question)
        self._cache.keep(question, records)
        if records[-1].outcome in UNANSWERED and not isinstance(question, ResolveName):
            kept = self._cache.find(question)
            if kept:
                return [*records, *kept.marked(stale=True)]
        return records

    async def _once(self, key: str, ask: Callable[[], Awaitable[list[Record]]]) -> list[Record]:
        """Let one task ask while others wait; if it is cancelled, another one asks."""
        while True:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._flights[key] = asyncio.get_running_loop().create_future()
                try:
                    records = await ask()
                except BaseException:
                    flight.cancel()
                    raise
                else:
                    flight.set_result(records)
                    return records
                finally:
                    del self._flights[key]
            await asyncio.wait([flight])
            if not flight.cancelled():
                return flight.result()

    @asynccontextmanager
    async def _alone_in(self, place: tuple[int, int]) -> AsyncIterator[None]:
        """Let one task at a time ask about a neighbourhood: its answer often serves the next."""
        lock = self._neighbourhoods.setdefault(place, asyncio.Lock())
        async with lock:
            yield


def _addresses_in(record: Record) -> tuple[str, ...]:
    """Return all addresses of a DNS answer, also those that are too many to look up."""
    if record.kind != "dns" or record.outcome != "answered":
        return ()
    assert isinstance(record.question, ResolveName)
    return read_dns(record.body, record.question.host, record.question.rdtype).values


def _as_asked(question: Question, record: Record) -> Record:
    """Return a record of a shared answer as one of this question."""
    return record.about(question) if isinstance(question, NetworkAbove) else record
