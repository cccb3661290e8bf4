"""How much one client may ask: a moving count of requests over a minute."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from attribution.web.problems import ProblemError


class Limiter:
    """Counts what each client asks, in this process."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, client: str) -> None:
        """Count one request. Raises ProblemError (429) saying when to come back."""
        if self._counter.hit(self._item, client):
            return
        wait = 1 + max(0, int(self._counter.get_window_stats(self._item, client).reset_time - time.time()))
        problem = ProblemError(
            429, "rate-limited", f"{self._item.amount} requests a minute are the limit. Come back in {wait} seconds."
        )
        problem.headers = {"Retry-After": str(wait)}
        raise problem
