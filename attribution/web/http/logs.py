"""The service's log: JSON lines on stderr, with the route's template and never what was asked."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
from functools import lru_cache
from typing import IO, Any, NamedTuple

from pydantic_core import to_json

_WRITE_SECONDS = 0.25
_MOST_WAITING = 500


class Exchange(NamedTuple):
    """A request that was answered."""

    at: float
    """When, in seconds since 1970."""
    id: str
    method: str
    route: str
    """The route's template, such as `/cases/{case}`; `none` where no route fits."""
    status: int
    seconds: float
    who: str
    """The account by number, or the key by name; empty where nobody is known."""


class RequestLog:
    """A line for each request; lines are written together, a few times a second.

    A write for each line would take longer than an answer from memory. `out` None writes nothing.
    """

    def __init__(self, out: IO[str] | None) -> None:
        self._out = out
        self._waiting: list[Exchange] = []

    def note(self, exchange: Exchange) -> None:
        """Note a request."""
        if self._out is None:
            return
        self._waiting.append(exchange)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(_WRITE_SECONDS, self.write)
        elif len(self._waiting) >= _MOST_WAITING:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        if self._out is None or not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        self._out.write("".join(map(_request_line, waiting)))
        self._out.flush()


class JsonLines(logging.Formatter):
    """Formats an entry of the program as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, without line break."""
        values: dict[str, Any] = {
            "at": _at(int(record.created)),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            # The type and the places alone: an exception's message and its local values may hold
            # what was asked.
            values["error"] = type(record.exc_info[1]).__name__
            values["where"] = _places(record.exc_info[1])
        return json.dumps(values, ensure_ascii=True)


def _request_line(exchange: Exchange) -> str:
    line = to_json(  # 1.0 microseconds; json.dumps takes 2.6
        {
            "at": _at(int(exchange.at)),
            "level": "info",
            "event": "request",
            "id": exchange.id,
            "method": exchange.method,
            "route": exchange.route,
            "status": exchange.status,
            "ms": round(1000 * exchange.seconds, 1),
            "who": exchange.who,
        }
    )
    return f"{line.decode('utf-8')}\n"


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]
    ]


@lru_cache(maxsize=4)
def _at(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
