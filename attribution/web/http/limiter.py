"""The rate limit of each client: a sliding count over a minute, by this process.

The count of the minute before weighs as much as of it still lies within the last sixty seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from attribution.codes import Problem
from attribution.web.http.problems import ProblemError

_WINDOW = 60.0
_MOST_CLIENTS = 50_000


@dataclass(slots=True)
class _Count:
    """Requests of one client."""

    minute: int
    now: int
    """Requests in that minute."""
    before: int
    """Requests in the minute before it."""


class Limiter:
    """Counts each client's requests. `now` gives seconds of a clock that never goes back."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = per_minute, now
        self._counts: dict[str, _Count] = {}

    def take(self, client: str) -> None:
        """Count one request. Raises ProblemError (429) with the seconds to wait."""
        minute, into = divmod(self._now(), _WINDOW)
        count = self._counts.get(client)
        if count is None or count.minute != minute:
            before = count.now if count is not None and count.minute == minute - 1 else 0
            count = self._counts[client] = _Count(int(minute), 0, before)
            if len(self._counts) > _MOST_CLIENTS:
                self._forget(int(minute))
        if count.now + count.before * (1 - into / _WINDOW) >= self._most:
            raise self._refusal(count, into)
        count.now += 1

    def _refusal(self, count: _Count, into: float) -> ProblemError:
        left = self._most - count.now
        # Until enough of the minute before has passed, or until the next minute.
        wait = _WINDOW * (1 - left / count.before) - into if left > 0 else _WINDOW - into
        seconds = math.floor(wait + 1e-6) + 1
        return ProblemError(
            Problem.RATE_LIMITED,
            f"{self._most} requests a minute are the limit. Come back in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )

    def _forget(self, minute: int) -> None:
        self._counts = {
            client: count for client, count in self._counts.items() if count.minute >= minute - 1
        }
