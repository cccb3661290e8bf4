"""Fair turns: of tasks that wake together one goes on in each round of the event loop."""

from __future__ import annotations

import asyncio

from attribution.lookup.concurrency.turns import FairTurns


async def _rounds(tasks: int, cancelled: int | None = None) -> list[int]:
    """Return in which round of the loop each task went on, counted by a task that only yields."""
    turns, passed, now = FairTurns(), [], 0

    async def count() -> None:
        nonlocal now
        while True:
            now += 1
            await asyncio.sleep(0)

    async def work() -> None:
        await turns.take()
        passed.append(now)

    counting = asyncio.create_task(count())
    working = [asyncio.create_task(work()) for _ in range(tasks)]
    await asyncio.sleep(0)
    if cancelled is not None:
        working[cancelled].cancel()
    await asyncio.gather(*working, return_exceptions=True)
    counting.cancel()
    return passed


def test_one_task_goes_on_in_each_round() -> None:
    rounds = asyncio.run(_rounds(50))
    assert len(set(rounds)) == len(rounds) == 50


def test_task_that_was_cancelled_keeps_no_other_waiting() -> None:
    assert len(asyncio.run(_rounds(10, cancelled=5))) == 9


def test_task_alone_does_not_wait() -> None:
    async def alone() -> bool:
        turns = FairTurns()
        task = asyncio.create_task(turns.take())
        await asyncio.sleep(0)
        return task.done()

    assert asyncio.run(alone())
