"""How much one client may ask: a sliding count over a minute, by this process, without a thread
beside it.

The count of the minute before weighs as much as of it still lies within the last sixty seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from attribution.web.http.problems import ProblemError

_WINDOW = 60.0
_MOST_CLIENTS = 50_000


class Limiter:
    """Counts what each client asks. `now` gives seconds that only grow."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = per_minute, now
        self._counts: dict[str, list[int]] = {}
        """By client: the minute, how many it asked in it, and how many in the minute before."""

    def take(self, client: str) -> None:
        """Count one request. Raises ProblemError (429) saying when to come back."""
        minute, into = divmod(self._now(), _WINDOW)
        held = self._counts.get(client)
        if held is None or held[0] != minute:
            before = held[1] if held is not None and held[0] == minute - 1 else 0
            held = self._counts[client] = [int(minute), 0, before]
            if len(self._counts) > _MOST_CLIENTS:
                self._forget(int(minute))
        if held[1] + held[2] * (1 - into / _WINDOW) >= self._most:
            raise self._refusal(held, into)
        held[1] += 1

    def _refusal(self, held: list[int], into: float) -> ProblemError:
        over = self._most - held[1]
        # Until enough of the minute before has passed, or until the next minute.
        wait = _WINDOW * (1 - over / held[2]) - into if over > 0 else _WINDOW - into
        seconds = math.floor(wait + 1e-6) + 1
        problem = ProblemError(
            429,
            "rate-limited",
            f"{self._most} requests a minute are the limit. Come back in {seconds} seconds.",
        )
        problem.headers = {"Retry-After": str(seconds)}
        return problem

    def _forget(self, minute: int) -> None:
        self._counts = {
            client: held for client, held in self._counts.items() if held[0] >= minute - 1
        }
