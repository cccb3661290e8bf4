"""Results as lines of a file that only grows by whole lines, so that an interrupted run can be
resumed.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import sys
import time
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING

from attribution.files.whole_file import open_private, reason_of
from attribution.formats.csv_table import ANSWER_COLUMNS, answer_line, csv_line
from attribution.language import gettext as _
from attribution_cli.console import ReaderGoneError, let_go_of_output
from attribution_cli.inputs import Item
from attribution_cli.safe_text import escaped_json, shown

if TYPE_CHECKING:
    from attribution.cache.finished import Finished
    from attribution.models import Attribution

_BUFFER = 256 * 1024
"""Characters of results that are written in one go."""
_SYNC_SECONDS = 1.0


class OutputFormat(StrEnum):
    """How results are written."""

    AUTO = "auto"
    JSONL = "jsonl"
    CSV = "csv"
    TABLE = "table"


_TEXT = rb'"(?:[^"\\]|\\.)*"'
_HEAD = re.compile(
    rb'\{"line":(\d{1,9}),"input":('
    + _TEXT
    + rb'),"host":(?:null|'
    + _TEXT
    + rb'),"status":"([a-z_]+)"'
)
"""How a line of JSON begins: number, input and status are read without parsing the rest."""
_CSV_HEADER = csv_line(ANSWER_COLUMNS) + "\n"
_BEGINNING = 32
"""Bytes of a torn last line by which it is recognised as one of ours."""


class UnusableOutput(Exception):  # noqa: N818 - it says what happened
    """The output file cannot be written or resumed; the message names the way out."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """An answer for an input, taken over from an earlier lookup of the same host."""

    text: str
    finished: Finished

    @property
    def status(self) -> str:
        """The answer's status."""
        return self.finished.status

    def attribution(self) -> Attribution:
        """Return the answer as the library's model."""
        from attribution.models import Attribution

        return Attribution.model_validate_json(self.finished.as_json(self.text, datetime.now(UTC)))


def json_line(line: int | None, answer: Attribution) -> str:
    """Return an answer as one line of JSON; `line` stands first, so that resuming need not parse
    the rest.
    """
    text = escaped_json(answer.model_dump_json())
    return text if line is None else f'{{"line":{line},{text[1:]}'


class Done:
    """Which lines of the input have a result, with a check sum of each: a few bytes a line."""

    def __init__(self) -> None:
        self._sums = array("Q")
        self.statuses: Counter[str] = Counter()

    def add(self, line: int, text: str, status: str) -> None:
        """Note a line; a line noted twice counts once."""
        if line >= len(self._sums):
            self._sums.extend([0] * (line + 1 - len(self._sums)))
        self.statuses[status] += not self._sums[line]
        self._sums[line] = _sum(text)

    def has(self, item: Item) -> bool:
        """Return whether an item has its result. Raises UnusableOutput when the result is of
        another input.
        """
        noted = self._sums[item.line] if item.line < len(self._sums) else 0
        if noted and noted != _sum(item.text):
            raise UnusableOutput(
                _(
                    "line {line} of the input is not the one that the output has a result for; "
                    "resume with the same input, or name another --output",
                    line=item.line,
                )
            )
        return bool(noted)


def _sum(text: str) -> int:
    # A CSV cell may have lost its control characters and gained an apostrophe: neither counts.
    return zlib.crc32(shown(text).removeprefix("'").encode("utf-8", "replace")) | 1 << 32


class Lines:
    """The growing file, or stdout: whole lines only, and on disk a second later at most."""

    def __init__(
        self, path: Path | None, form: OutputFormat, *, resume: bool, silent: bool = False
    ) -> None:
        self.form = form
        self.done = Done()
        self._file: IO[bytes] | None = None
        self._buffer: list[str] = []
        self._size = 0
        self._synced = time.monotonic()
        self._second, self._second_text = 0, ""
        self._header = _CSV_HEADER if form is OutputFormat.CSV else ""
        if path is not None:
            self._file = _opened(path, resume=resume)
            self._take_up(self._file, path)
        elif resume:
            raise UnusableOutput(_("--resume goes on with a file: name it with --output"))
        elif not silent:
            self._put(self._header)

    def write(self, line: int, answer: Attribution | Recalled) -> None:
        """Take one result. It is written whole, at the latest by `flush`."""
        if self.form is OutputFormat.CSV:
            text = answer_line(
                line, answer.attribution() if isinstance(answer, Recalled) else answer
            )
        elif isinstance(answer, Recalled):
            text = f'{{"line":{line},{answer.finished.fields(answer.text, self._time())}'
        else:
            text = json_line(line, answer)
        self._buffer.append(text)
        self._size += len(text)
        if self._size >= _BUFFER:
            self.flush()

    def _time(self) -> str:
        """Return the time of day as answers have it; formatted once a second."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._second_text = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"
        return self._second_text

    def flush(self) -> None:
        """Write what was taken: whole lines, in one go; and sync it to disk once a second."""
        if not self._buffer:
            return
        text = "\n".join(self._buffer) + "\n"
        self._buffer.clear()
        self._size = 0
        self._put(text)
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            self._sync()

    def close(self) -> None:
        """Make sure that everything is on disk."""
        self.flush()
        self._sync()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _sync(self) -> None:
        self._synced = time.monotonic()
        if self._file is not None:
            with contextlib.suppress(OSError):  # a device that cannot be synced
                os.fsync(self._file.fileno())

    def _put(self, text: str) -> None:
        raw = text.encode("utf-8")
        if self._file is None:
            try:
                sys.stdout.buffer.write(raw)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                let_go_of_output()
                raise ReaderGoneError from None
            return
        try:
            while raw:
                raw = raw[self._file.write(raw) or 0 :]
        except OSError as error:
            name = self._file.name
            raise UnusableOutput(
                _(
                    "output {file} cannot be written: {reason}; what is there is whole: make room, "
                    "then --resume",
                    file=repr(name),
                    reason=error.strerror,
                )
            ) from None

    def _take_up(self, file: IO[bytes], path: Path) -> None:
        """Note what is there, and drop a torn last line: but only from a file that is ours, line by
        line.
        """
        size = file.seek(0, os.SEEK_END)
        end = _end_of_last_line(file, size)
        foreign = UnusableOutput(
            _(
                "output {file} is no {format} file of this program, and is left as it is; name "
                "another file",
                file=repr(str(path)),
                format=self.form,
            )
        )
        header = self._header.encode("utf-8")
        file.seek(0)
        if end and file.read(len(header)) != header:
            raise foreign
        with path.open("rb", buffering=_BUFFER) as written:
            for noted in self._noted(written, end):
                if noted is None:
                    raise foreign
                self.done.add(*noted)
        file.seek(end)
        if not self._may_begin_line(file.read(min(size - end, _BEGINNING)), first=end == 0):
            raise foreign
        if end != size:
            file.truncate(end)
        file.seek(0, os.SEEK_END)
        if end == 0:
            self._put(self._header)

    def _may_begin_line(self, torn: bytes, *, first: bool) -> bool:
        """Return whether bytes after the last whole line may be the beginning of one of ours.

        After a power cut a file may end in zeros where its last block was not written.
        """
        torn = torn.rstrip(b"\0")
        if self._header and not first:
            return not torn or torn[:1].isdigit()
        begin = (self._header or '{"line":').encode("utf-8")[:_BEGINNING]
        return torn.startswith(begin) or begin.startswith(torn)

    def _noted(self, file: IO[bytes], end: int) -> Iterator[tuple[int, str, str] | None]:
        """Yield (line, input, status) of each whole line; None for one that is not ours."""
        read = _csv_head if self._header else _json_head
        if end and self._header:
            file.readline()
        while file.tell() < end:
            yield read(file.readline())


def _json_head(raw: bytes) -> tuple[int, str, str] | None:
    head = _HEAD.match(raw)
    return (int(head[1]), json.loads(head[2]), head[3].decode()) if head else None


def _csv_head(raw: bytes) -> tuple[int, str, str] | None:
    cells = next(csv.reader([raw.decode("utf-8", "replace")]), [])
    if len(cells) != len(ANSWER_COLUMNS) or not re.fullmatch(r"\d{1,9}", cells[0]):
        return None
    return int(cells[0]), cells[1], cells[ANSWER_COLUMNS.index("status")]


def _opened(path: Path, *, resume: bool) -> IO[bytes]:
    """Open the file to go on with it, locked. Raises UnusableOutput."""
    if path.exists() and path.stat().st_size and not resume:
        raise UnusableOutput(
            _(
                "output {file} exists: go on with --resume, or name another file",
                file=repr(str(path)),
            )
        )
    try:
        file = open_private(path, "ab+")
    except OSError as error:
        raise UnusableOutput(
            _(
                "output {file} cannot be written: {reason}",
                file=repr(str(path)),
                reason=reason_of(error),
            )
        ) from None
    _lock(file, path)
    return file


def _end_of_last_line(file: IO[bytes], size: int) -> int:
    end = size
    while end > 0:
        start = max(0, end - 65536)
        file.seek(start)
        place = file.read(end - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        end = start
    return 0


def _lock(file: IO[bytes], path: Path) -> None:
    """Refuse a second writer, on systems that have `flock`."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UnusableOutput(
            _("output {file} is being written by another run", file=repr(str(path)))
        ) from None
