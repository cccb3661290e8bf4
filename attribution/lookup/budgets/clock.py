"""Time, injected, so that tests need not wait for it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """The real one."""

    def now(self) -> datetime:
        """Return the time of day in UTC, whole seconds: what an answer's reader needs."""
        return datetime.now(UTC).replace(microsecond=0)

    def time(self) -> float:
        """Return seconds since 1970, with fractions: what processes of one machine share."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
