"""Rate limiting of questions to registries: each is asked within its budget."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

from attribution.data.budgets import Limits, limits_of
from attribution.evidence import Record
from attribution.lookup.budgets.budget import Budget, Closed
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.ledger import Ledger
from attribution.lookup.concurrency.slots import make_room
from attribution.lookup.concurrency.turns import FairTurns
from attribution.registry.registries import registries
from attribution.registry.servers import registry_of_server

_LONGEST_QUEUE = {"rdap": 30.0}
_LONGEST_OTHER_QUEUE = 5.0
"""Seconds: a turn further off than this is not waited for, whatever the patience. WHOIS is asked
where RDAP failed, of servers with low limits: while a registry is down, its targets should be tried
again later.
"""
_BUSY = "many questions wait for this registry already"
_FLIGHT = 60.0
"""Seconds after which a question of another process, which may have died, counts as lost."""
_POLL = 0.1
"""Seconds between reads of a budget whose places other processes have taken."""


@dataclass(frozen=True, slots=True)
class Service:
    """A registry's service, which has one budget: `rdap` or `whois` at a host, or a web `page`."""

    kind: str
    name: str

    @property
    def key(self) -> str:
        """Name of its budget."""
        return f"{self.kind} {self.name}"

    @property
    def limits(self) -> Limits:
        """Its rate limits."""
        # A laboratory has several registries on one host, each under a path of its own name.
        last = self.name.rpartition("/")[2]
        return limits_of(
            self.kind, registry_of_server(self.name) or (last if last in registries() else None)
        )

    @property
    def longest_queue(self) -> float:
        """Seconds that a turn may be off to be waited for."""
        return _LONGEST_QUEUE.get(self.kind, _LONGEST_OTHER_QUEUE)


class NotNow(Exception):  # noqa: N818 - no error: the answer is to come back
    """The registry is to be left alone until `retry_at`."""

    def __init__(self, why: str, retry_at: datetime, kind: str) -> None:
        super().__init__(why)
        self.retry_at = retry_at
        self.kind = kind


@dataclass(frozen=True, slots=True)
class _Flight:
    """A question that the budget let through."""

    name: str
    asked_at: float
    """When it was let through, in seconds since 1970. A question that waits for its turn among this
    loop's tasks while a rest begins carries no news of the registry.
    """


class Pace:
    """Asks each registry within its budget, and again when it asks to come back within `patience`
    seconds.

    `most_concurrent` bounds the questions in flight at one registry, below its own limits.
    """

    def __init__(
        self,
        most_concurrent: int,
        patience: float,
        clock: Clock,
        ledger: Ledger | None = None,
        turns: FairTurns | None = None,
    ) -> None:
        self._most, self._patience, self._clock = most_concurrent, patience, clock
        self._ledger = ledger or Ledger(None)
        self._turns = turns or FairTurns()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._queued: Counter[str] = Counter()
        self._numbers = count(1)

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    async def ask(
        self,
        service: Service,
        attempt: Callable[[], Awaitable[Record]],
        count_persons: Callable[[Record], int],
        most_patience: float | None = None,
    ) -> Record:
        """Ask when the budget allows, and again when the registry asks to come back.

        `count_persons` counts the records of persons in an answer. `most_patience`, in seconds, is
        for answers that nothing waits for. Raises NotNow when the next turn is too far off.
        """
        slots = self._slots.setdefault(
            service.key, asyncio.Semaphore(min(service.limits.concurrent, self._most))
        )
        patience = self._patience if most_patience is None else min(self._patience, most_patience)
        deadline = self._clock.time() + patience
        while True:
            await self._enter(service, slots)
            try:
                flight = await self._turn(service, deadline)
                try:
                    record = await attempt()
                except BaseException:
                    self._land(service, flight.name)
                    raise
            finally:
                slots.release()
            again = self._learn(service, record, flight, count_persons(record))
            if again is not None:
                record = replace(record, retry_at=max(_at(again), record.retry_at or _at(again)))
            if again is None or again > deadline:
                return record

    async def _enter(self, service: Service, slots: asyncio.Semaphore) -> None:
        """Wait for a slot of this process. Raises NotNow where too many wait already."""
        wait = self._queued[service.key] / service.limits.rate
        if wait > service.longest_queue:
            raise NotNow(_BUSY, _at(self._clock.time() + wait), "rate_limited")
        if slots.locked():
            make_room()
        self._queued[service.key] += 1
        try:
            await slots.acquire()
        finally:
            self._queued[service.key] -= 1

    async def _turn(self, service: Service, deadline: float) -> _Flight:
        """Wait for a turn of the budget, which every process shares. Raises NotNow."""
        name = f"{os.getpid()}-{next(self._numbers)}"
        limits, longest = service.limits, service.longest_queue

        def take(budget: Budget) -> tuple[Budget, Closed | float | None]:
            now = self._clock.time()
            closed = budget.closed(now)
            if closed:
                return budget, closed
            if budget.in_flight(now) >= limits.concurrent:
                return budget, None
            return budget.turn(limits, now, name, now + _FLIGHT, longest)

        while True:
            verdict = self._ledger.change(service.key, limits, take)
            now = self._clock.time()
            if verdict is None:
                await self._wait(_POLL)
            elif isinstance(verdict, Closed):
                if verdict.kind != "rate_limited" or verdict.until > deadline:
                    raise NotNow(verdict.note, _at(verdict.until), verdict.kind)
                await self._wait(verdict.until - now)
            elif verdict > longest:
                raise NotNow(_BUSY, _at(now + verdict), "rate_limited")
            else:
                try:
                    await self._wait(verdict)
                except BaseException:
                    self._land(service, name)
                    raise
                return _Flight(name, now)

    def _land(self, service: Service, flight: str) -> None:
        """Free the place of a question that was given up."""
        self._ledger.change(
            service.key, service.limits, lambda budget: (budget.landed(flight), None)
        )

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            make_room()
            await self._clock.sleep(seconds)
        await self._turns.take()

    def _learn(
        self, service: Service, record: Record, flight: _Flight, persons: int
    ) -> float | None:
        """Update the budget; return when to ask again after a refusal, else None."""
        limits, now = service.limits, self._clock.time()
        wait = (
            record.retry_at.timestamp() - self._clock.now().timestamp() if record.retry_at else None
        )

        def learn(budget: Budget) -> tuple[Budget, float | None]:
            budget = budget.landed(flight.name)
            if record.outcome == "rate_limited":
                note = record.note or "asked to come back later"
                refused = budget.after_refusal(limits, now, flight.asked_at, wait, note)
                return refused, max(refused.not_before, now)
            if record.outcome == "unreachable":
                note = record.note or "could not be reached"
                return budget.after_failure(now, flight.asked_at, note), None
            return budget.after_answer(limits, now, persons), None

        return self._ledger.change(service.key, limits, learn)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
