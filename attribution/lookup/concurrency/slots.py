"""Slots for targets that are worked on at once; one that waits for a registry gives its slot up."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar


class Slot:
    """The slot of one target. It is given back once: when the target first waits for a registry, or
    is done.

    It is not taken again after the wait: those that have all slots may wait for this very target's
    answer.
    """

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._is_taken = True

    def leave(self) -> None:
        """Give the slot back, if that was not done before."""
        if self._is_taken:
            self._is_taken = False
            self._slots.release()


SLOT: ContextVar[Slot | None] = ContextVar("slot", default=None)
"""The slot of the target that this task works on; None where there is no limit."""


def make_room() -> None:
    """Let others begin: this task's target waits for a registry."""
    slot = SLOT.get()
    if slot is not None:
        slot.leave()
