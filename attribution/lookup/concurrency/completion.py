"""Many targets at once, with each result as soon as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
)
from typing import TypeVar

from attribution.lookup.concurrency.slots import SLOT, Slot

_WAITING_FOR_EACH = 4
"""Targets that may wait for registries, for each one that is worked on."""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


async def in_order_of_completion(
    items: Iterable[_Item] | AsyncIterable[_Item],
    jobs: int,
    work: Callable[[_Item], Awaitable[_Result]],
) -> AsyncGenerator[_Result, None]:
    """Do `work` on each item, at most `jobs` at once; items are read only as fast as they are done.

    An item that waits for a registry makes room for others, up to four times `jobs` in all. Closing
    the iterator, or cancelling its reader, cancels every task.
    """
    slots, room = asyncio.Semaphore(jobs), asyncio.Semaphore(jobs * _WAITING_FOR_EACH)
    done: asyncio.Queue[asyncio.Task[_Result] | asyncio.Task[None]] = asyncio.Queue()
    working: set[asyncio.Task[_Result]] = set()

    async def on(item: _Item, slot: Slot) -> _Result:
        SLOT.set(slot)
        try:
            return await work(item)
        finally:
            slot.leave()

    async def feed() -> None:
        async for item in items if isinstance(items, AsyncIterable) else _stream(items):
            await room.acquire()
            await slots.acquire()
            task = asyncio.create_task(on(item, Slot(slots)))
            working.add(task)
            task.add_done_callback(done.put_nowait)

    feeder = asyncio.create_task(feed())
    feeder.add_done_callback(done.put_nowait)
    try:
        while working or not feeder.done() or not done.empty():
            finished = await done.get()
            if finished is feeder:
                feeder.result()
                continue
            working.discard(finished)
            room.release()
            yield finished.result()  # type: ignore[misc]
    finally:
        for unfinished in (feeder, *working):
            unfinished.cancel()
        await asyncio.gather(feeder, *working, return_exceptions=True)


async def _stream(items: Iterable[_Item]) -> AsyncIterator[_Item]:
    for item in items:
        yield item
