"""Lines that wait for a registry, kept on disk: a registry that is down may hold half of a long
list.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import IO, Self

from attribution_cli.inputs import Item


class Parked:
    """A spool of lines in a temporary file that goes with the process. What it takes in memory does
    not grow.
    """

    def __init__(self) -> None:
        self._file: IO[str] | None = None
        self.count = 0
        self.earliest = float("inf")
        """When the first of them may be asked for again, in seconds since 1970."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def put(self, item: Item, at: datetime) -> None:
        """Park a line until a time."""
        if self._file is None:
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115 - closed at exit
        self._file.write(json.dumps([item.line, item.text]) + "\n")
        self.count += 1
        self.earliest = min(self.earliest, at.timestamp())

    def taken(self) -> Iterator[Item]:
        """Take every parked line out. Lines put meanwhile stay parked."""
        file, self._file, self.count, self.earliest = self._file, None, 0, float("inf")
        if file is None:
            return
        with file:
            file.seek(0)
            for text in file:
                line, target = json.loads(text)
                yield Item(line, target)
