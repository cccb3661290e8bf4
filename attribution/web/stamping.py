"""Stamps the log's head once a day, where a time-stamp authority is set."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from attribution.casework.stamping import StampHead, stamp_head
from attribution.errors import AttributionError
from attribution.settings import Settings
from attribution.store import Store

_LOG = logging.getLogger("attribution.service")
DAY_SECONDS = 24 * 3600
RETRY_SECONDS = 3600
"""Until another try after a failure."""


class DailyStamps:
    """Stamps at the start, then once a day; a failure is logged and tried again after an hour."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, where an authority is set."""
        if self._settings.time_stamp_url:
            self._task = asyncio.create_task(self._stamp_daily())

    async def close(self) -> None:
        """Stop stamping."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _stamp_daily(self) -> None:
        while True:
            is_stamped = await self._stamp()
            await asyncio.sleep(DAY_SECONDS if is_stamped else RETRY_SECONDS)

    async def _stamp(self) -> bool:
        """Stamp the log's head; return whether it is stamped."""
        try:
            stamped = await run_in_threadpool(stamp_head, self._store, self._settings, StampHead())
        except AttributionError as error:
            _LOG.warning("the log was not stamped: %s", error)
            return False
        _LOG.info("event %s of the log is stamped: %s", stamped.head.seq, stamped.path.name)
        return True
