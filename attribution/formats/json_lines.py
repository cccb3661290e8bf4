"""JSON lines: an object a line. The store's history goes out in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from attribution.errors import HistoryError
from attribution.files.text_files import Encoding, decoded
from attribution.formats.interface import ExportFormat, Hotline, Row, RowKind
from attribution.history.folder import raw_rows
from attribution.history.rows import BadRow

_MOST_WHOLE = 16 * 1024 * 1024
"""Bytes of a file that is read as one JSON text; of a larger one each line is an object."""


class HistoryFolder(ExportFormat):
    """A folder that `attribution import` and `attribution assess` read."""

    name = "history"
    kinds = (RowKind.NOTICES, RowKind.REPORTS, RowKind.EVENTS, RowKind.ALIASES)

    def write(self, rows: Iterable[Row], out: IO[bytes], hotline: Hotline) -> int:
        """Write one file of the folder."""
        return write_lines(rows, out)


def write_lines(rows: Iterable[Row], out: IO[bytes]) -> int:
    """Write an object a line, in ASCII; return how many."""
    count = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=True).encode("ascii") + b"\n")
        count += 1
    return count


def read_objects(path: Path, encoding: Encoding) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    """Yield (line or place, object) of a file with one object, a list of them, or one a line.

    What is no object comes as a BadRow. Raises HistoryError where the file cannot be read.
    """
    for number, value in _values(path, encoding):
        is_known = isinstance(value, dict | BadRow)
        yield number, value if is_known else BadRow("the line is no JSON object")


def _values(path: Path, encoding: Encoding) -> Iterator[tuple[int, Any]]:
    try:
        with path.open("rb") as raw:
            head = raw.read(_MOST_WHOLE + 1)
    except OSError as error:
        raise HistoryError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    whole = None
    if len(head) <= _MOST_WHOLE:
        with suppress(ValueError, RecursionError):  # of several lines, each an object of its own
            whole = json.loads(decoded(head, encoding))
    if isinstance(whole, dict):
        return iter([(1, whole)])
    return enumerate(whole, start=1) if isinstance(whole, list) else raw_rows(path, encoding)


EXPORT = HistoryFolder()
