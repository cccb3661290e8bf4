"""Asks a registry within its budget; a failure becomes a record, never an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from attribution.evidence import Outcome, Record
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.pace import NotNow, Pace, Service
from attribution.lookup.transport import (
    DestinationRefused,
    MalformedAnswer,
    TooLarge,
    TransportError,
    UnknownServer,
    Unreachable,
)
from attribution.lookup.transport.proxy import ProxyRefusedCredentials
from attribution.registry.readers import is_big

SOON = timedelta(seconds=15)
"""Wait after a failure that may be over in a moment: a connection that failed."""
LATER = timedelta(minutes=15)
"""Wait after a lasting failure: an answer that cannot be read, a name that does not resolve."""
MUCH_LATER = timedelta(days=1)
"""Wait for a registry that banned this host: somebody has to write to it first."""

_OF_ERROR: dict[type[TransportError], tuple[Outcome, timedelta]] = {
    DestinationRefused: ("refused", LATER),
    TooLarge: ("malformed", LATER),
    MalformedAnswer: ("malformed", LATER),
    UnknownServer: ("unreachable", LATER),
    Unreachable: ("unreachable", SOON),
    ProxyRefusedCredentials: ("unreachable", SOON),
}
"""Outcome and wait for each kind of error."""


def wait_after(outcome: Outcome, *, permanent: bool) -> timedelta | None:
    """Return how long to wait after an outcome; None where only the registry may know.

    `permanent` is a refusal that ends only when somebody writes to the registry.
    """
    if outcome == "rate_limited":
        return MUCH_LATER if permanent else None
    return {"unreachable": SOON, "malformed": LATER, "refused": LATER}.get(outcome)


def _no_persons(record: Record) -> int:
    return 0


class Attempts:
    """Makes attempts at registries, one budget each."""

    def __init__(self, pace: Pace, clock: Clock) -> None:
        self._pace, self._clock = pace, clock
        self._reading = asyncio.Lock()

    async def ask(
        self,
        service: Service,
        blank: Record,
        send: Callable[[], Awaitable[Record]],
        most_patience: float | None = None,
        count_persons: Callable[[Record], int] = _no_persons,
    ) -> Record:
        """Send when the service's budget allows, and return the record of what happened.

        `blank` is the record of the question without an answer; `count_persons` counts the records
        of persons in an answer. `most_patience` is in seconds.
        """

        async def attempt() -> Record:
            try:
                return await send()
            except TimeoutError:
                note = "no whole answer within the time limit"
                return self.failed(blank, "unreachable", note, SOON)
            except TransportError as error:
                outcome, later = _OF_ERROR[type(error)]
                return self.failed(blank, outcome, str(error), later)

        try:
            return await self._pace.ask(service, attempt, count_persons, most_patience)
        except NotNow as error:
            outcome: Outcome = "unreachable" if error.kind == "unreachable" else "rate_limited"
            return replace(self.failed(blank, outcome, str(error)), retry_at=error.retry_at)

    async def read(self, body: bytes, read: Callable[[], Record]) -> Record:
        """Read an answer; a big one in a thread, so that no event loop waits for it.

        One such thread at a time: each that runs takes its share of the interpreter from the loop.
        """
        if not is_big(body):
            return read()
        async with self._reading:
            return await asyncio.to_thread(read)

    def failed(
        self, blank: Record, outcome: Outcome, note: str, later: timedelta = LATER
    ) -> Record:
        """Return the record of a failure, with the time from which to ask again."""
        now = self._clock.now()
        return replace(blank, outcome=outcome, note=note, fetched_at=now, retry_at=now + later)
