"""Cooperative scheduling: tasks that become ready together run in different rounds of the loop."""

from __future__ import annotations

import asyncio
from collections import deque


class FairTurns:
    """Lets one task go on in each round of the event loop, in the order in which they came.

    A hundred tasks that a hundred answers wake at once would otherwise block the loop for a hundred
    times as long as one of them.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False

    async def take(self) -> None:
        """Return at once if no other task took a turn in this round, else in a later round."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            loop.call_soon(self._pass_on)
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _pass_on(self) -> None:
        """Wake the next task that still waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # a task that was cancelled waits no more
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._pass_on)
                return
        self._taken = False
