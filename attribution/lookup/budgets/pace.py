"""Patience with registries: each is asked within
its budget, and left alone when it asks for that.
"""

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
"""Seconds: a turn further off than this is not waited for, whatever the patience. Text is asked for
where RDAP failed, of servers that let one ask slowly: while a registry is down, its lines do better
to come back later.
"""
_BUSY = "many questions wait for this registry already"
_FLIGHT = 60.0
"""Seconds after which a question of another process,
which may have died, counts as in the air no more.
"""
_LOOK_AGAIN = 0.1
"""Seconds between looks at a budget whose room other processes have taken."""


@dataclass(frozen=True, slots=True)
class Service:
    """A registry's service, which has one budget: `rdap` or `whois` at a host, or a web `page`."""

    kind: str
    name: str

    @property
    def key(self) -> str:
        """Under which name its budget is kept."""
        return f"{self.kind} {self.name}"

    @property
    def limits(self) -> Limits:
        """What it is asked at most."""
        # A laboratory has several registries on one host, each under a path of its own name.
        last = self.name.rpartition("/")[2]
        return limits_of(
            self.kind, registry_of_server(self.name) or (last if last in registries() else None)
        )

    @property
    def longest_queue(self) -> float:
        """How many seconds a turn may be off to be waited for."""
        return _LONGEST_QUEUE.get(self.kind, _LONGEST_OTHER_QUEUE)


class NotNow(Exception):  # noqa: N818 - it says what to do
    """The registry is to be left alone until `retry_at`."""

    def __init__(self, why: str, retry_at: datetime, kind: str) -> None:
        super().__init__(why)
        self.retry_at = retry_at
        self.kind = kind


class Pace:
    """Lets questions at a registry through in their turn.
    A pause that it asks for is waited for up to `patience` seconds.

    `most_concurrent` bounds what is in the air at one registry, below what its own limits allow.
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
        self._rooms: dict[str, asyncio.Semaphore] = {}
        self._queued: Counter[str] = Counter()
        self._numbers = count(1)

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    async def ask(
        self,
        service: Service,
        attempt: Callable[[], Awaitable[Record]],
        people: Callable[[Record], int],
        most_patience: float | None = None,
    ) -> Record:
        """Ask when the registry may be asked; again when it
        says later. Raises NotNow when that is too late.

        `people` counts whose data an answer holds. `most_patience`, in seconds, is for questions
        whose answer others need not wait for long.
        """
        limits = service.limits
        room = self._rooms.setdefault(
            service.key, asyncio.Semaphore(min(limits.concurrent, self._most))
        )
        patience = self._patience if most_patience is None else min(self._patience, most_patience)
        ends = self._clock.time() + patience
        while True:
            await self._enter(service, limits, room)
            try:
                flight, asked_at = await self._turn(service, limits, ends)
                try:
                    record = await attempt()
                except BaseException:
                    self._land(service, limits, flight)
                    raise
            finally:
                room.release()
            record, again = self._learn(service, limits, record, flight, asked_at, people(record))
            if not again or again > ends:
                return record

    async def _enter(self, service: Service, limits: Limits, room: asyncio.Semaphore) -> None:
        """Wait for room among the questions in the air.
        Raises NotNow where too many wait for it already.
        """
        queued = self._queued[service.key]
        if queued / limits.rate > service.longest_queue:
            raise NotNow(_BUSY, _at(self._clock.time() + queued / limits.rate), "rate_limited")
        if room.locked():
            make_room()
        self._queued[service.key] += 1
        try:
            await room.acquire()
        finally:
            self._queued[service.key] -= 1

    async def _turn(self, service: Service, limits: Limits, ends: float) -> tuple[str, float]:
        """Wait for the turn; return the name under which the question is in the air, and since
        when.

        That is when the budget let it through: one that waits for its turn among this loop's tasks
        while a rest begins says nothing new of the registry.
        """
        flight = f"{os.getpid()}-{next(self._numbers)}"
        longest = service.longest_queue

        def take(budget: Budget) -> tuple[Budget, Closed | float | None]:
            now = self._clock.time()
            closed = budget.closed(now)
            if closed:
                return budget, closed
            if budget.in_the_air(now) >= limits.concurrent:
                return budget, None
            return budget.turn(limits, now, flight, now + _FLIGHT, longest)

        while True:
            verdict = self._ledger.change(service.key, limits, take)
            now = self._clock.time()
            if verdict is None:
                verdict = _LOOK_AGAIN
            elif isinstance(verdict, Closed):
                if verdict.kind != "rate_limited" or verdict.until > ends:
                    raise NotNow(verdict.note, _at(verdict.until), verdict.kind)
                verdict = verdict.until - now
            else:
                if verdict > longest:
                    raise NotNow(_BUSY, _at(now + verdict), "rate_limited")
                try:
                    await self._wait(verdict)
                except BaseException:
                    self._land(service, limits, flight)
                    raise
                return flight, now
            await self._wait(verdict)

    def _land(self, service: Service, limits: Limits, flight: str) -> None:
        """Give back the room of a question that was given up."""
        self._ledger.change(service.key, limits, lambda budget: (budget.landed(flight), None))

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            make_room()
            await self._clock.sleep(seconds)
        await self._turns.take()

    def _learn(
        self,
        service: Service,
        limits: Limits,
        record: Record,
        flight: str,
        asked_at: float,
        people: int,
    ) -> tuple[Record, float | None]:
        """Let the budget learn from what came;
        return the record, and for a refusal when to ask again.
        """
        now = self._clock.time()
        told = (
            record.retry_at.timestamp() - self._clock.now().timestamp() if record.retry_at else None
        )

        def learn(budget: Budget) -> tuple[Budget, float | None]:
            budget = budget.landed(flight)
            if record.outcome == "rate_limited":
                changed = budget.after_refusal(
                    limits, now, asked_at, told, record.note or "asked to come back later"
                )
                return changed, max(changed.not_before, now)
            if record.outcome == "unreachable":
                return budget.after_failure(
                    now, asked_at, record.note or "could not be reached"
                ), None
            return budget.after_answer(limits, now, people), None

        again = self._ledger.change(service.key, limits, learn)
        if again is None:
            return record, None
        at = _at(again)
        return replace(record, retry_at=max(at, record.retry_at or at)), again


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
