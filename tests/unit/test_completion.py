"""Many targets at once: room, order of completion, and who waits for a registry makes room for
others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from attribution.lookup.concurrency.completion import in_order_of_completion
from attribution.lookup.concurrency.slots import make_room


async def test_at_most_so_many_at_once_and_each_as_it_is_done() -> None:
    busy, most = 0, 0

    async def work(number: int) -> int:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep((10 - number) / 1000)
        busy -= 1
        return number

    found = [one async for one in in_order_of_completion(range(10), 3, work)]
    assert sorted(found) == list(range(10))
    assert most == 3


async def test_targets_that_wait_for_a_registry_hold_nobody_up() -> None:
    gate = asyncio.Event()

    async def work(number: int) -> int:
        if number < 8:  # all of the room, and more
            make_room()
            await gate.wait()
        return number

    answers = in_order_of_completion(range(12), 3, work)
    first = [await anext(answers) for _ in range(4)]
    assert sorted(first) == [8, 9, 10, 11]
    gate.set()
    assert sorted([one async for one in answers]) == list(range(8))


async def test_waiting_targets_are_bounded() -> None:
    begun = 0

    async def work(number: int) -> int:
        nonlocal begun
        begun += 1
        make_room()
        await asyncio.Event().wait()
        return number

    answers = in_order_of_completion(range(1000), 2, work)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await anext(answers)
    assert begun == 8


async def test_fault_of_the_source_reaches_who_iterates_and_ends_the_work() -> None:
    ended = asyncio.Event()

    async def source() -> AsyncIterator[int]:
        yield 1
        raise OSError("the list cannot be read")

    async def work(number: int) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return number

    with pytest.raises(OSError, match="cannot be read"):
        async for _ in in_order_of_completion(source(), 4, work):
            pass
    assert ended.is_set()
