"""Results as lines of a file that only grows by whole lines, so that an interrupted run can be
resumed.
"""

from __future__ import annotations

import contextlib
import csv
import io
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
from typing import IO, TYPE_CHECKING, Any

from attribution.files.whole_file import open_private, reason_of
from attribution_cli.console import ReaderGoneError, let_go_of_output
from attribution_cli.inputs import Item
from attribution_cli.safe_text import cell, escaped_json, shown

if TYPE_CHECKING:
    from attribution.cache.finished import Finished
    from attribution.models import Attribution, Party


_AT_ONCE = 256 * 1024
_SYNC_SECONDS = 1.0


class OutputFormat(StrEnum):
    """How results are written."""

    AUTO = "auto"
    JSONL = "jsonl"
    CSV = "csv"
    TABLE = "table"


COLUMNS = [
    "line",
    "input",
    "host",
    "status",
    "role",
    "company",
    "company_id",
    "company_country",
    "contact_status",
    "abuse_email",
    "abuse_form",
    "scope",
    "source",
    "fallback_emails",
    "then_write_to",
    "addresses",
    "fronted",
    "doubts",
    "retry_at",
    "observed_at",
]
_TEXT = rb'"(?:[^"\\]|\\.)*"'
_HEAD = re.compile(
    rb'\{"line":(\d{1,9}),"input":('
    + _TEXT
    + rb'),"host":(?:null|'
    + _TEXT
    + rb'),"status":"([a-z_]+)"'
)


class UnusableOutput(Exception):  # noqa: N818
    """The output file cannot be written or resumed; the message names the way out."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """An answer for an input, taken over from an earlier look at the same host."""

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


def csv_line(line: int, answer: Attribution) -> str:
    """Return an answer as one line of CSV: no cell holds a line break or begins a formula."""
    primary = answer.primary
    contact = primary.abuse_contact if primary else None
    retry = min((failure.retry_at for failure in answer.failures if failure.retry_at), default=None)
    values: dict[str, Any] = {
        "line": line,
        "input": answer.input,
        "host": answer.host,
        "status": answer.status,
        "addresses": " ".join(one.ip for one in answer.addresses),
        "fronted": "yes" if answer.fronted else "no",
        "doubts": " ".join(doubt.code for doubt in answer.doubts),
        "retry_at": retry.isoformat() if retry else None,
        "observed_at": answer.observed_at.isoformat(),
        "then_write_to": "; ".join(
            _named(party) for party in answer.parties if party.addressee and party != primary
        ),
    }
    if primary and contact:
        values |= {
            "role": primary.role,
            "company": primary.provider.name,
            "company_id": primary.provider.id,
            "company_country": primary.provider.country,
            "contact_status": contact.status,
            "abuse_email": contact.email,
            "abuse_form": contact.form,
            "scope": contact.scope,
            "source": contact.source,
            "fallback_emails": " ".join(one.email for one in contact.fallback),
        }
    return csv_row([values.get(name) for name in COLUMNS])


def csv_row(values: list[Any]) -> str:
    """Return cells as one line of CSV, without its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([cell(value) for value in values])
    return text.getvalue()


def _named(party: Party) -> str:
    contact = party.abuse_contact
    return f"{party.provider.name} <{contact.email or contact.form or contact.status}>"


class Done:
    """Which input lines already have a result, and a check sum of each one's input. A few bytes a
    line.
    """

    def __init__(self) -> None:
        self._sums = array("Q")
        self.statuses: Counter[str] = Counter()

    def add(self, line: int, text: str, status: str) -> None:
        """Note a line; a line noted twice stays one."""
        if line >= len(self._sums):
            self._sums.extend([0] * (line + 1 - len(self._sums)))
        self.statuses[status] += not self._sums[line]
        self._sums[line] = _sum(text)

    def has(self, item: Item) -> bool:
        """Say whether an item has its result. Raises UnusableOutput when the result is of another
        input.
        """
        noted = self._sums[item.line] if item.line < len(self._sums) else 0
        if noted and noted != _sum(item.text):
            raise UnusableOutput(
                f"line {item.line} of the input is not the one that the output has a result for; "
                "resume with the same input, or name another --output"
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
        self._taken: list[str] = []
        self._size = 0
        self._synced = time.monotonic()
        self._second, self._second_text = 0, ""
        if path is None:
            if resume:
                raise UnusableOutput("--resume goes on with a file: name it with --output")
            if not silent:
                self._put(self._header())
            return
        if path.exists() and path.stat().st_size and not resume:
            raise UnusableOutput(
                f"output {str(path)!r} exists: go on with --resume, or name another file"
            )
        try:
            self._file = open_private(path, "ab+")
        except OSError as error:
            raise UnusableOutput(
                f"output {str(path)!r} cannot be written: {reason_of(error)}"
            ) from None
        _lock(self._file, path)
        self._take_up(self._file, path)

    def write(self, line: int, answer: Attribution | Recalled) -> None:
        """Take one result. It is written whole, at the latest by `flush`."""
        if self.form is OutputFormat.CSV:
            text = csv_line(line, answer.attribution() if isinstance(answer, Recalled) else answer)
        elif isinstance(answer, Recalled):
            text = f'{{"line":{line},{answer.finished.fields(answer.text, self._time())}'
        else:
            text = json_line(line, answer)
        self._taken.append(text)
        self._size += len(text)
        if self._size >= _AT_ONCE:
            self.flush()

    def _time(self) -> str:
        """Return the time of day as answers have it; made once a second."""
        second = int(time.time())
        if second != self._second:
            self._second, self._second_text = (
                second,
                f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}",
            )
        return self._second_text

    def flush(self) -> None:
        """Write what was taken: whole lines, in one go; and see to it once a second that they are
        on disk.
        """
        if not self._taken:
            return
        text = "\n".join(self._taken) + "\n"
        self._taken.clear()
        self._size = 0
        self._put(text)
        if self._file is not None and time.monotonic() - self._synced > _SYNC_SECONDS:
            self._sync()

    def close(self) -> None:
        """Make sure that everything is on disk."""
        self.flush()
        if self._file is not None:
            self._sync()
            self._file.close()
            self._file = None

    def _sync(self) -> None:
        self._synced = time.monotonic()
        if self._file is not None:
            with contextlib.suppress(OSError):  # a device that cannot be synced
                os.fsync(self._file.fileno())

    def _header(self) -> str:
        return csv_row(list(COLUMNS)) + "\n" if self.form is OutputFormat.CSV else ""

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
                f"output {name!r} cannot be written: {error.strerror}; what is there is whole: "
                "make room, then --resume"
            ) from None

    def _take_up(self, file: IO[bytes], path: Path) -> None:
        """Note what is there, and drop a torn last line: but only from a file that is ours, line by
        line.
        """
        size = file.seek(0, os.SEEK_END)
        end = _end_of_last_line(file, size)
        foreign = (
            f"output {str(path)!r} is no {self.form} file of this program, and is left as it is; "
            "name another file"
        )
        header = self._header().encode("utf-8")
        file.seek(0)
        if end and file.read(len(header)) != header:
            raise UnusableOutput(foreign)
        with path.open("rb", buffering=_AT_ONCE) as written:
            for noted in self._noted(written, end):
                if noted is None:
                    raise UnusableOutput(foreign)
                self.done.add(*noted)
        file.seek(end)
        if not self._could_begin(file.read(min(size - end, 32)), first=end == 0):
            raise UnusableOutput(foreign)
        if end != size:
            file.truncate(end)
        file.seek(0, os.SEEK_END)
        if end == 0:
            self._put(self._header())

    def _could_begin(self, torn: bytes, *, first: bool) -> bool:
        """Say whether bytes after the last whole line may be the beginning of one of ours.

        After a power cut a file may end in zeros where its last block was not written.
        """
        torn = torn.rstrip(b"\0")
        if self.form is OutputFormat.CSV and not first:
            return not torn or torn[:1].isdigit()
        begin = (self._header() if self.form is OutputFormat.CSV else '{"line":').encode("utf-8")[
            :32
        ]
        return torn.startswith(begin) or begin.startswith(torn)

    def _noted(self, file: IO[bytes], end: int) -> Iterator[tuple[int, str, str] | None]:
        if end and self.form is OutputFormat.CSV:
            file.readline()
        while file.tell() < end:
            raw = file.readline()
            if self.form is OutputFormat.CSV:
                row = next(csv.reader([raw.decode("utf-8", "replace")]), [])
                yield (
                    (int(row[0]), row[1], row[3])
                    if len(row) == len(COLUMNS) and re.fullmatch(r"\d{1,9}", row[0])
                    else None
                )
            else:
                found = _HEAD.match(raw)
                yield (int(found[1]), json.loads(found[2]), found[3].decode()) if found else None


def _end_of_last_line(file: IO[bytes], size: int) -> int:
    end = size
    while end > 0:
        start = max(0, end - 65536)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _lock(file: IO[bytes], path: Path) -> None:
    """Refuse a second writer. On systems without flock there is none to ask."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UnusableOutput(f"output {str(path)!r} is being written by another run") from None
