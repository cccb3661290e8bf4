"""Room for targets that are worked on at once; one that has to wait for a registry makes room."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar


class Slot:
    """The room of one target. It is given back once:
    when the target first waits for a registry, or is done.

    It is not taken again after the wait. Others may be waiting for this very target's answer, and
    hold all the room.
    """

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room
        self._held = True

    def leave(self) -> None:
        """Give the room back, if that was not done before."""
        if self._held:
            self._held = False
            self._room.release()


SLOT: ContextVar[Slot | None] = ContextVar("slot", default=None)
"""The room of the target that this task works on; None where there is no limit."""


def make_room() -> None:
    """Let others begin: this task's target waits for a registry's turn."""
    slot = SLOT.get()
    if slot is not None:
        slot.leave()
