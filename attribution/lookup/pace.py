"""Patience with registries: how many questions at once, and when to leave one alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from attribution.evidence import Record
from attribution.lookup.clock import Clock

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 300.0
_FAILURES_TO_REST = 3
_REST = 15.0


class NotNow(Exception):  # noqa: N818 - it says what to do
    """The registry is to be left alone until `retry_at`."""

    def __init__(self, why: str, retry_at: datetime, kind: str) -> None:
        super().__init__(why)
        self.retry_at = retry_at
        self.kind = kind


@dataclass(slots=True)
class _State:
    slots: asyncio.Semaphore
    not_before: float = 0.0
    paused_at: float = 0.0
    refusals: int = 0
    failures: int = 0
    kind: str = "rate_limited"
    note: str = ""
    """What the last refusal or failure said: those who are turned away after it are told the same."""


class Pace:
    """One budget a registry. A registry that asks to wait is waited for up to `patience` seconds a question."""

    def __init__(self, concurrency: int, patience: float, clock: Clock) -> None:
        self._concurrency, self._patience, self._clock = concurrency, patience, clock
        self._states: dict[str, _State] = {}

    async def ask(
        self, registry: str, attempt: Callable[[], Awaitable[Record]], most_patience: float | None = None
    ) -> Record:
        """Ask when the registry may be asked; again when it says later. Raises NotNow when that is too late.

        `most_patience`, in seconds, is for questions whose answer others need not wait for long.
        """
        state = self._states.setdefault(registry, _State(asyncio.Semaphore(self._concurrency)))
        patience = self._patience if most_patience is None else min(self._patience, most_patience)
        ends = self._clock.monotonic() + patience
        while True:
            async with state.slots:
                await self._wait(state, ends)
                asked = self._clock.monotonic()
                record = await attempt()
            if record.outcome == "rate_limited":
                record = self._refused(state, record, asked)
                if ends < state.not_before:
                    return record
                continue
            self._answered(state, record)
            return record

    async def _wait(self, state: _State, ends: float) -> None:
        while (wait := state.not_before - self._clock.monotonic()) > 0:
            if state.kind != "rate_limited" or ends < state.not_before:
                raise NotNow(state.note, self._clock.now() + timedelta(seconds=wait), state.kind)
            await self._clock.sleep(wait)

    def _refused(self, state: _State, record: Record, asked: float) -> Record:
        """Learn from a refusal; questions already in the air when the pause began say nothing new."""
        now = self._clock.monotonic()
        if asked >= state.paused_at:
            state.refusals += 1
            own = min(_FIRST_PAUSE * 2 ** (state.refusals - 1), _LONGEST_PAUSE)
            told = (record.retry_at - self._clock.now()).total_seconds() if record.retry_at else own
            state.paused_at, state.not_before, state.kind = now, now + max(told, 0.05), "rate_limited"
            state.note = record.note or "asked to come back later"
        at = self._clock.now() + timedelta(seconds=max(state.not_before - now, 0))
        return replace(record, retry_at=max(at, record.retry_at or at))

    def _answered(self, state: _State, record: Record) -> None:
        if record.outcome == "unreachable":
            state.failures += 1
            if state.failures >= _FAILURES_TO_REST:
                state.not_before, state.kind = self._clock.monotonic() + _REST, "unreachable"
                state.note = record.note or "could not be reached"
                state.failures = _FAILURES_TO_REST - 1  # after the rest one more failure is enough
        else:
            state.failures = state.refusals = 0
