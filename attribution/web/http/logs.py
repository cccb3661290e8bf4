"""The service's log: JSON lines on stderr. What was asked is never in them, only the route's
template.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
from typing import IO, Any

_HELD_SECONDS = 0.25
_MOST_HELD = 500


class RequestLog:
    """A line for each request, written together a few times a second: a line by itself would take
    longer than an answer from memory.
    """

    def __init__(self, out: IO[str] | None) -> None:
        self._out = out
        self._held: list[str] = []
        self._names: dict[str, str] = {}
        self._second, self._at = 0, ""

    def note(
        self, name: str, method: str, route: str, status: int, seconds: float, who: str
    ) -> None:
        """Note a request: its id, the method, the route's template, how long it took, and which
        account or key it was.
        """
        if self._out is None:
            return
        named = self._names.get(who)
        if named is None:
            named = self._names[who] = json.dumps(who)
        now = int(time.time())
        if now != self._second:
            self._second, self._at = now, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        self._held.append(
            f'{{"at": "{self._at}", "level": "info", "event": "request", "id": "{name}", '
            f'"method": "{method}", "route": {json.dumps(route)}, '
            f'"status": {status}, "ms": {1000 * seconds:.1f}, "who": {named}}}\n'
        )
        if len(self._held) == 1:
            asyncio.get_running_loop().call_later(_HELD_SECONDS, self.write)
        elif len(self._held) >= _MOST_HELD:
            self.write()

    def write(self) -> None:
        """Write what is held."""
        if self._out is not None and self._held:
            held, self._held = self._held, []
            self._out.write("".join(held))
            self._out.flush()


class JsonLines(logging.Formatter):
    """Formats an entry of the program as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        values: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            # Where, and which kind; an exception's message and local values may hold what was
            # asked.
            values["error"] = type(record.exc_info[1]).__name__
            values["where"] = _places(record.exc_info[1])
        return json.dumps(values, ensure_ascii=True)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]
    ]
