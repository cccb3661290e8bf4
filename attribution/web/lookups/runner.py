"""Works on batches: in this process, a few at a time, going on after a restart where the last one
stopped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from attribution.attributor import Attributor
from attribution.casework.findings import host_evidence
from attribution.errors import StoreError
from attribution.evidence import Record
from attribution.lookup.concurrency.completion import in_order_of_completion
from attribution.settings import Settings
from attribution.store.store import Store
from attribution.web.lookups import batches
from attribution.web.lookups.batches import Found

_LOG = logging.getLogger("attribution.web")
_AT_ONCE = 4
"""Long batches that are worked on at once; what they ask shares the registries' budgets anyway."""
_SMALL = 20
"""Lines up to which a batch waits for no other: somebody looks at the page."""
_WRITE_EVERY = 0.5
_MOST_UNWRITTEN = 200
_FOLLOW_EVERY = 2.0


class _StoppedError(Exception):
    """Somebody stopped the batch."""


@dataclass(slots=True)
class Progress:
    """How far a batch is, for those who watch it."""

    total: int
    counts: dict[str, int] = field(default_factory=dict)
    state: str = "running"
    heard: list[Record] = field(default_factory=list)
    """What was learnt so far, of a batch of one."""
    version: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wake everybody who watches."""
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()


class Runner:
    """Takes batches of the store and looks their lines up. Use as `async with Runner(...)`."""

    def __init__(self, store: Store, attributor: Attributor, settings: Settings) -> None:
        self._store, self._attributor, self._settings = store, attributor, settings
        self._progress: dict[str, Progress] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._once_more: set[str] = set()
        self._closing = False

    async def start(self) -> None:
        """Go on with what an earlier process left."""
        for identity in await asyncio.to_thread(self._read, batches.running):
            self.work_on(identity)

    async def close(self) -> None:
        """Stop working; what was found is kept, and the next process goes on."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def work_on(self, identity: str) -> None:
        """Begin with a batch, or go on with it. From within the event loop."""
        if identity in self._tasks:
            self._once_more.add(identity)  # it may be ending just now
            return
        task = asyncio.get_running_loop().create_task(self._work(identity))
        self._tasks[identity] = task
        task.add_done_callback(lambda _: self._ended(identity))

    def _ended(self, identity: str) -> None:
        del self._tasks[identity]
        if identity in self._once_more and not self._closing:
            self._once_more.discard(identity)
            self.work_on(identity)

    def stop(self, identity: str) -> None:
        """Stop working on a batch that was noted as stopped. From within the event loop."""
        task = self._tasks.get(identity)
        if task:
            task.cancel()
        progress = self._progress.get(identity)
        if progress:
            progress.state = "stopped"
            progress.tell()

    async def watch(
        self, identity: str, *, least_pause: float = 0.25, silence: float = 15.0
    ) -> AsyncGenerator[Progress | None, None]:
        """Yield a batch's progress as it changes, at most every `least_pause` seconds, until it
        ends; None after each `silence` seconds without.

        It is always the same object. Many may watch: none asks the store.
        """
        progress = self._progress.get(identity)
        if progress is None:
            progress = await self._taken_up(identity)
        while True:
            changed = progress.changed
            yield progress
            if progress.state != "running":
                return
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), silence)
                except TimeoutError:
                    yield None
            if progress.state == "running" and least_pause:
                await asyncio.sleep(least_pause)

    async def _taken_up(self, identity: str) -> Progress:
        state = await asyncio.to_thread(
            self._read, lambda connection: batches.batch_state(connection, identity)
        )
        found = self._progress.get(identity)
        if found is None or (identity not in self._tasks and found.state == "running"):
            found = Progress(state.total, dict(state.counts), state.state)
            if state.state == "running":
                self._progress[identity] = found
                if identity not in self._tasks:
                    self.work_on(identity)
        return found

    async def _work(self, identity: str) -> None:
        progress = await self._taken_up(identity)
        async with self._slots if progress.total > _SMALL else nullcontext():
            try:
                if await self._taken(identity, progress):
                    await self._look_up(identity, progress, again=False)
                    if (
                        progress.counts.get("retry_later")
                        and progress.total > 1
                        and self._settings.wait
                    ):
                        await asyncio.sleep(self._settings.wait)
                        await self._look_up(identity, progress, again=True)
                    await asyncio.to_thread(batches.release, self._store, identity, "done")
                    progress.state = "done"
            except asyncio.CancelledError:
                # What was found is kept, and the next process takes what has no answer yet.
                await asyncio.shield(asyncio.to_thread(batches.release, self._store, identity))
                raise
            except _StoppedError:
                progress.state = "stopped"
            except Exception as error:
                _LOG.exception("a batch was stopped: %s", type(error).__name__)
                progress.state = "stopped"
                with suppress(StoreError):
                    await asyncio.to_thread(batches.release, self._store, identity, "stopped")
            finally:
                if self._progress.get(identity) is progress:
                    del self._progress[identity]
                progress.tell()

    async def _taken(self, identity: str, progress: Progress) -> bool:
        """Take a batch; while another process has it, tell how far that is. False when it ended
        there.
        """
        while not await asyncio.to_thread(batches.take, self._store, identity):
            state = await asyncio.to_thread(
                self._read, lambda connection: batches.batch_state(connection, identity)
            )
            progress.counts, progress.state = dict(state.counts), state.state
            progress.tell()
            if state.state != "running":
                return False
            await asyncio.sleep(_FOLLOW_EVERY)
        return True

    async def _look_up(self, identity: str, progress: Progress, *, again: bool) -> None:
        """Look up the lines that have no answer yet, or those that were to be asked again."""
        state = await asyncio.to_thread(
            self._read, lambda connection: batches.batch_state(connection, identity)
        )
        lines = await asyncio.to_thread(
            self._read,
            lambda connection: batches.open_lines(self._store, connection, identity, again=again),
        )
        hear = progress.heard.append if state.total == 1 else None

        def heard(record: Record) -> None:
            if hear:
                hear(record)
                progress.tell()

        async def one(line: tuple[int, str]) -> Found:
            number, target = line
            if not state.kept:
                return Found.of(number, await self._attributor.attribute(target))
            found = await self._attributor.investigate(target, heard=heard)
            host = found.attribution.host or ""
            return Found.of(
                number, found.attribution, host_evidence(found.evidence, host).to_bytes()
            )

        unwritten: list[Found] = []
        loop = asyncio.get_running_loop()
        written_at = loop.time()
        async for found in in_order_of_completion(lines, min(self._settings.jobs, 64), one):
            unwritten.append(found)
            if len(unwritten) >= _MOST_UNWRITTEN or loop.time() - written_at > _WRITE_EVERY:
                await self._write(identity, progress, unwritten, again=again)
                unwritten, written_at = [], loop.time()
        await self._write(identity, progress, unwritten, again=again)

    async def _write(
        self, identity: str, progress: Progress, found: list[Found], *, again: bool
    ) -> None:
        """Write answers, and only then tell that they are there."""
        if not await asyncio.to_thread(batches.keep_found, self._store, identity, found):
            raise _StoppedError
        counts = dict(progress.counts)
        for one in found:
            counts[one.status] = counts.get(one.status, 0) + 1
        if again:
            counts["retry_later"] -= len(found)
        progress.counts = {status: count for status, count in counts.items() if count}
        progress.tell()

    def _read(self, read: Callable[[Any], Any]) -> Any:
        with self._store.read() as connection:
            return read(connection)
