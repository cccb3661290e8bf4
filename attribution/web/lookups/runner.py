"""Looks the lines of batches up: in this process, a few batches at a time.

After a restart, the next process goes on with the lines that have no answer yet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

from attribution.attributor import Attributor
from attribution.casework.findings import host_evidence
from attribution.errors import StoreError
from attribution.evidence import Record
from attribution.lookup.concurrency.completion import in_order_of_completion
from attribution.settings import Settings
from attribution.store import Store
from attribution.store.queries.service_batches import (
    BatchState,
    LineAnswer,
    State,
    batch_state,
    running_batches,
)
from attribution.web.lookups import batches

_LOG = logging.getLogger("attribution.web")
_AT_ONCE = 4
"""Long batches that are worked on at once; they share the registries' budgets."""
_SHORT = 20
"""Lines up to which a batch waits for no other: somebody looks at the page."""
_MOST_JOBS = 64
_WRITE_SECONDS = 0.5
_MOST_UNWRITTEN = 200
_FOLLOW_SECONDS = 2.0
"""How often the store is asked how far a batch is that another process works on."""
_RETRY_LATER = "retry_later"


class _StoppedError(Exception):
    """Somebody stopped the batch."""


@dataclass(slots=True)
class Progress:
    """How far a batch is, for those who watch it."""

    total: int
    counts: dict[str, int] = field(default_factory=dict)
    """How many lines have which status, of those that have an answer."""
    state: State = State.RUNNING
    records: list[Record] = field(default_factory=list)
    """What resolvers and registries answered so far, of a batch with one line."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when anything above changes; then there is a new event."""

    def update(self, state: BatchState) -> None:
        """Take over how far the store says that it is."""
        self.counts, self.state = dict(state.counts), state.state

    def notify(self) -> None:
        """Wake everybody who watches."""
        self.changed.set()
        self.changed = asyncio.Event()


class Runner:
    """Works on the store's batches. Its methods are called within the event loop."""

    def __init__(self, store: Store, attributor: Attributor, settings: Settings) -> None:
        self._store, self._attributor, self._settings = store, attributor, settings
        self._progress: dict[str, Progress] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._once_more: set[str] = set()
        """Batches to work on again, since they were resumed while their task may have been ending.
        """
        self._closing = False

    async def start(self) -> None:
        """Go on with what an earlier process left."""
        for batch_id in await asyncio.to_thread(self._running_batches):
            self.work_on(batch_id)

    async def close(self) -> None:
        """Stop working; answers are kept, and the next process goes on."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def work_on(self, batch_id: str) -> None:
        """Begin with a batch, or go on with it."""
        if batch_id in self._tasks:
            self._once_more.add(batch_id)
            return
        task = asyncio.get_running_loop().create_task(self._work(batch_id))
        self._tasks[batch_id] = task
        task.add_done_callback(lambda _: self._ended(batch_id))

    def _ended(self, batch_id: str) -> None:
        del self._tasks[batch_id]
        if batch_id in self._once_more and not self._closing:
            self._once_more.discard(batch_id)
            self.work_on(batch_id)

    def stop(self, batch_id: str) -> None:
        """Stop working on a batch that was noted as stopped."""
        task = self._tasks.get(batch_id)
        if task:
            task.cancel()
        progress = self._progress.get(batch_id)
        if progress:
            progress.state = State.STOPPED
            progress.notify()

    async def watch(
        self, batch_id: str, *, least_pause: float = 0.25, silence: float = 15.0
    ) -> AsyncGenerator[Progress | None, None]:
        """Yield a batch's progress as it changes until it ends, at most every `least_pause`
        seconds; None after each `silence` seconds without a change.

        It is the same object each time. Watching does not read the store.
        """
        progress = self._progress.get(batch_id) or await self._take_up(batch_id)
        while True:
            changed = progress.changed
            yield progress
            if progress.state is not State.RUNNING:
                return
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), silence)
                except TimeoutError:
                    yield None
            if progress.state is State.RUNNING and least_pause:
                await asyncio.sleep(least_pause)

    async def _take_up(self, batch_id: str) -> Progress:
        """Return the progress of a batch; one that is to run, and does not, is begun."""
        state = await asyncio.to_thread(self._state, batch_id)
        progress = self._progress.get(batch_id)
        if progress is None or (batch_id not in self._tasks and progress.state is State.RUNNING):
            progress = Progress(state.total)
            progress.update(state)
            if state.state is State.RUNNING:
                self._progress[batch_id] = progress
                if batch_id not in self._tasks:
                    self.work_on(batch_id)
        return progress

    async def _work(self, batch_id: str) -> None:
        progress = await self._take_up(batch_id)
        async with self._slots if progress.total > _SHORT else nullcontext():
            try:
                if await self._has_lease(batch_id, progress):
                    await self._look_up_all(batch_id, progress)
            except asyncio.CancelledError:
                # Answers are kept, and the next process takes the lines that have none yet.
                await asyncio.shield(asyncio.to_thread(batches.release, self._store, batch_id))
                raise
            except _StoppedError:
                progress.state = State.STOPPED
            except Exception as error:
                _LOG.exception("a batch was stopped: %s", type(error).__name__)
                progress.state = State.STOPPED
                with suppress(StoreError):
                    await self._release(batch_id, State.STOPPED)
            finally:
                if self._progress.get(batch_id) is progress:
                    del self._progress[batch_id]
                progress.notify()

    async def _has_lease(self, batch_id: str, progress: Progress) -> bool:
        """Wait for the lease, and follow meanwhile how far the process is that has it.

        Return False where the batch ended there.
        """
        while not await asyncio.to_thread(batches.take, self._store, batch_id):
            state = await asyncio.to_thread(self._state, batch_id)
            progress.update(state)
            progress.notify()
            if state.state is not State.RUNNING:
                return False
            await asyncio.sleep(_FOLLOW_SECONDS)
        return True

    async def _look_up_all(self, batch_id: str, progress: Progress) -> None:
        """Look every line up; after a pause once more those whose registry asked to wait."""
        await self._look_up(batch_id, progress, status=None)
        if progress.counts.get(_RETRY_LATER) and progress.total > 1 and self._settings.wait:
            await asyncio.sleep(self._settings.wait)
            await self._look_up(batch_id, progress, status=_RETRY_LATER)
        await self._release(batch_id, State.DONE)
        progress.state = State.DONE

    async def _look_up(self, batch_id: str, progress: Progress, *, status: str | None) -> None:
        """Look the lines up whose answer has a status, None for those without an answer."""
        state = await asyncio.to_thread(self._state, batch_id)
        lines = await asyncio.to_thread(batches.unanswered_targets, self._store, batch_id, status)

        def keep_record(record: Record) -> None:
            if state.total == 1:
                progress.records.append(record)
                progress.notify()

        async def look_up(line: tuple[int, str]) -> LineAnswer:
            number, target = line
            if not state.kept:
                return batches.answer_of(number, await self._attributor.attribute(target))
            investigation = await self._attributor.investigate(target, heard=keep_record)
            answer = investigation.attribution
            evidence = host_evidence(investigation.evidence, answer.host or "")
            return batches.answer_of(number, answer, evidence.to_bytes())

        unwritten: list[LineAnswer] = []
        loop = asyncio.get_running_loop()
        written_at = loop.time()
        jobs = min(self._settings.jobs, _MOST_JOBS)
        async for answer in in_order_of_completion(lines, jobs, look_up):
            unwritten.append(answer)
            if len(unwritten) >= _MOST_UNWRITTEN or loop.time() - written_at > _WRITE_SECONDS:
                await self._write(batch_id, progress, unwritten, status=status)
                unwritten, written_at = [], loop.time()
        await self._write(batch_id, progress, unwritten, status=status)

    async def _write(
        self, batch_id: str, progress: Progress, answers: list[LineAnswer], *, status: str | None
    ) -> None:
        """Write answers of lines that had a status before, and then notify those who watch."""
        if not await asyncio.to_thread(batches.keep_answers, self._store, batch_id, answers):
            raise _StoppedError
        counts = dict(progress.counts)
        for answer in answers:
            counts[answer.status] = counts.get(answer.status, 0) + 1
        if status is not None:
            counts[status] -= len(answers)
        progress.counts = {status: count for status, count in counts.items() if count}
        progress.notify()

    async def _release(self, batch_id: str, state: State) -> None:
        await asyncio.to_thread(batches.release, self._store, batch_id, state)

    def _state(self, batch_id: str) -> BatchState:
        with self._store.read() as reader:
            return batch_state(reader, batch_id)

    def _running_batches(self) -> list[str]:
        with self._store.read() as reader:
            return running_batches(reader)
