"""Log entries as JSON lines on stderr. What was asked is never in them, only the route's template."""

from __future__ import annotations

import json
import logging
import time
import traceback
from typing import Any


class JsonLines(logging.Formatter):
    """Formats an entry as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        values: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)), "level": record.levelname.lower(),
            "log": record.name, "event": record.getMessage(), **getattr(record, "request", {}),
        }  # fmt: skip
        if record.exc_info and record.exc_info[1] is not None:
            # Where, and which kind; an exception's message and local values may hold what was asked.
            values["error"] = type(record.exc_info[1]).__name__
            values["where"] = _places(record.exc_info[1])
        return json.dumps(values, ensure_ascii=True)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
