"""The clock, injected, so that tests need not wait."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """The system's clock."""

    def now(self) -> datetime:
        """Return the time in UTC, in whole seconds."""
        return datetime.now(UTC).replace(microsecond=0)

    def time(self) -> float:
        """Return seconds since 1970, with fractions; processes of one machine share it."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
