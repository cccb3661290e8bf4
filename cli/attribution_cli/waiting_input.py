"""Items of a pipe or a terminal, read by a thread that the end of the program does not wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

_Item = TypeVar("_Item")


async def as_they_come(items: Iterator[_Item]) -> AsyncIterator[_Item]:
    """Yield items, each read only when the caller is ready for it.

    The thread ends with the program. One of asyncio's would be waited for at the end, so that an
    interrupted command hung until its input ended.
    """
    loop = asyncio.get_running_loop()
    requests: SimpleQueue[asyncio.Future[_Item | None]] = SimpleQueue()

    def read() -> None:
        while True:
            future = requests.get()
            try:
                item, error = next(items, None), None
            except Exception as raised:
                item, error = None, raised
            with suppress(RuntimeError):  # the loop is closed: the caller has gone
                loop.call_soon_threadsafe(_settle, future, item, error)

    threading.Thread(target=read, name="input", daemon=True).start()
    while True:
        future: asyncio.Future[_Item | None] = loop.create_future()
        requests.put(future)
        item = await future
        if item is None:
            return
        yield item


def _settle(
    future: asyncio.Future[_Item | None], item: _Item | None, error: Exception | None
) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(item)
