"""Text files that people give, line by line, in whatever encoding they were saved.

The byte-order mark gives the encoding; without one it is UTF-16 where every second byte of the
first line is zero, else UTF-8, strictly. The Windows code pages are read only when they are named:
a byte means another letter in each, and a wrong letter in a name makes a second company. A line
that cannot be read is reported with its place, never repaired.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_LINE = 1_048_576
"""Characters of a line that is read; a longer one is reported and skipped."""
_PIECE = 65_536
_MOST_RECORD_LINES = 100
_UNCLOSED = "a quotation mark opens and does not close"
_UNREADABLE = "attribution-unreadable"
_UNREADABLE_BYTE = re.compile("[\udc00-\udcff]")
_LONE_RETURN = re.compile("\r(?!\r*\n)")
csv.field_size_limit(2 * MOST_LINE)


class Encoding(StrEnum):
    """How a text file is encoded."""

    AUTO = "auto"
    """By its first bytes: UTF-8, or UTF-16 or UTF-32 where they say so."""
    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    UTF_32_LE = "utf-32-le"
    UTF_32_BE = "utf-32-be"
    WINDOWS_1250 = "windows-1250"
    """Central Europe: Polish, Czech, Hungarian, Romanian."""
    WINDOWS_1251 = "windows-1251"
    """Cyrillic: Bulgarian, Russian, Serbian."""
    WINDOWS_1252 = "windows-1252"
    """Western Europe."""
    WINDOWS_1253 = "windows-1253"
    """Greek."""
    WINDOWS_1254 = "windows-1254"
    """Turkish."""
    WINDOWS_1257 = "windows-1257"
    """Baltic."""
    ISO_8859_2 = "iso-8859-2"
    ISO_8859_15 = "iso-8859-15"


_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, Encoding.UTF_8),
    (codecs.BOM_UTF32_LE, Encoding.UTF_32_LE),  # before UTF-16, which begins it
    (codecs.BOM_UTF32_BE, Encoding.UTF_32_BE),
    (codecs.BOM_UTF16_LE, Encoding.UTF_16_LE),
    (codecs.BOM_UTF16_BE, Encoding.UTF_16_BE),
)
WAY_OUT = "save the file as UTF-8, or name its encoding (--encoding windows-1252, …)"


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of a file, with its line end."""

    number: int
    """Counted from 1."""
    text: str
    """Where it cannot be read: what can be, each other byte as `\\xNN`."""
    fault: str | None = None
    """Why it cannot be read, and what to do."""


def encoding_of(path: Path, encoding: Encoding = Encoding.AUTO) -> Encoding:
    """Return the encoding in which a file is read; UTF-8 where the file cannot be opened."""
    if encoding is not Encoding.AUTO:
        return encoding
    try:
        with path.open("rb") as raw:
            return _detect(raw.readline(MOST_LINE))[0]
    except OSError:
        return Encoding.UTF_8


def text_lines(raw: BinaryIO, encoding: Encoding = Encoding.AUTO) -> Iterator[TextLine]:
    """Yield the lines of an open file. Work and memory are bounded by `MOST_LINE` a line.

    Lines end with a line feed, or with a carriage return alone.
    """
    extra = 0  # lines that a carriage return alone ended so far
    for line in _lines(raw, encoding):
        if not extra and "\r" not in line.text:
            yield line
            continue
        pieces = _pieces(line.text)
        for place, text in enumerate(pieces):
            yield TextLine(line.number + extra + place, text, line.fault)
        extra += len(pieces) - 1


def decoded(data: bytes, encoding: Encoding = Encoding.AUTO) -> str:
    """Return the text of a whole small file. Raises UnicodeDecodeError, a ValueError."""
    chosen, mark_length = _detect(data[:MOST_LINE], encoding)
    return data[mark_length:].decode(chosen.value, "strict")


def _pieces(text: str) -> list[str]:
    """Return a line, or those that carriage returns alone divide it into."""
    if "\r" not in text.rstrip("\r\n"):
        return [text]
    *whole, last = _LONE_RETURN.split(text)
    return [*(f"{piece}\n" for piece in whole), *([last] if last else [])]


def _detect(head: bytes, encoding: Encoding = Encoding.AUTO) -> tuple[Encoding, int]:
    """Return the encoding of a file and the length of its byte-order mark, by its first bytes.

    An encoding that is named wins; a byte-order mark of another one is content then.
    """
    for bom, of_mark in _BYTE_ORDER_MARKS:
        if head.startswith(bom) and encoding in (Encoding.AUTO, of_mark):
            return of_mark, len(bom)
    if encoding is not Encoding.AUTO:
        return encoding, 0
    sample = head[:4096]
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if half >= 2 and max(even, odd) * 2 >= half and min(even, odd) * 20 <= half:
        return (Encoding.UTF_16_BE if even > odd else Encoding.UTF_16_LE), 0
    return Encoding.UTF_8, 0


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, cast("io.BufferedIOBase", rest)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer)
        piece = self._head[: len(room)] or self._rest.read1(len(room))
        self._head = self._head[len(room) :]
        room[: len(piece)] = piece
        return len(piece)


def _lines(raw: BinaryIO, encoding: Encoding) -> Iterator[TextLine]:
    head = raw.readline(MOST_LINE + 1)
    chosen, mark_length = _detect(head, encoding)
    joined = io.BufferedReader(_Rejoined(head[mark_length:], raw))
    text = io.TextIOWrapper(joined, chosen.value, _UNREADABLE, newline="\n")
    number = 0
    while line := text.readline(MOST_LINE + 1):
        number += 1
        if len(line) > MOST_LINE and not line.endswith("\n"):
            yield TextLine(number, "", f"the line is longer than {MOST_LINE} characters")
            while (rest := text.readline(_PIECE)) and not rest.endswith("\n"):
                pass
        else:
            yield _checked(number, line, chosen)


def _checked(number: int, line: str, encoding: Encoding) -> TextLine:
    """Return a line, with its fault where bytes of it are no text."""
    first = _UNREADABLE_BYTE.search(line)
    if first is None:
        return TextLine(number, line)
    place = len(line[: first.start()].encode(encoding.value)) + 1
    shown = _UNREADABLE_BYTE.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", line)
    fault = (
        f"the line is no {encoding.value.upper()} text: byte 0x{ord(first[0]) - 0xDC00:02x} at "
        f"place {place}; {WAY_OUT}"
    )
    return TextLine(number, shown, fault)


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    """Put U+DC00 + its value, which no text has, in place of each byte that cannot be read."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    unreadable = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in unreadable), error.end


codecs.register_error(_UNREADABLE, _as_surrogates)


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record of a CSV file."""

    line: int
    """The number of its first line."""
    cells: list[str]
    fault: str | None = None
    """Why it cannot be read; the cells are then the line's text as it stands."""


def csv_records(lines: Iterator[TextLine], delimiter: str = ",") -> Iterator[CsvRecord]:
    """Yield the records of a CSV file; line ends in quotation marks belong to a cell.

    Quotation marks are read strictly (RFC 4180): one that opens and does not close within 100
    lines, or stands inside of a quoted cell, costs its own line, and the next line is read as if it
    had not been there.
    """
    source = _Record(lines)
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    while source.begin():
        try:
            cells = next(rows)
        except csv.Error as error:
            cells, why = [], _UNCLOSED if source.ended_inside else f"the line is no CSV: {error}"
        except _UnclosedError:
            cells, why = [], _UNCLOSED
        else:
            why = source.fault or ""
        first = source.lines[0]
        if why:
            source.go_back(1)
            yield CsvRecord(first.number, [first.text.rstrip("\r\n")], why)
        else:
            yield CsvRecord(first.number, cells)


class _UnclosedError(Exception):
    """A record has more lines than any that was meant."""


class _Record:
    """Gives a CSV reader the lines of one record, and takes back those that are none of it."""

    def __init__(self, lines: Iterator[TextLine]) -> None:
        self._lines = lines
        self._waiting: deque[TextLine] = deque()
        self.lines: list[TextLine] = []
        """Those of the record so far."""
        self.ended_inside = False

    @property
    def fault(self) -> str | None:
        """Why one of the record's lines cannot be read."""
        return next((line.fault for line in self.lines if line.fault), None)

    def begin(self) -> bool:
        """Begin a record; False where no line is left."""
        self.lines, self.ended_inside = [], False
        if not self._waiting:
            line = next(self._lines, None)
            if line is None:
                return False
            self._waiting.append(line)
        return True

    def go_back(self, kept: int) -> None:
        """Give the record's lines after the first `kept` out again."""
        self._waiting.extendleft(reversed(self.lines[kept:]))

    def __iter__(self) -> _Record:
        return self

    def __next__(self) -> str:
        if len(self.lines) == _MOST_RECORD_LINES:
            raise _UnclosedError
        line = self._waiting.popleft() if self._waiting else next(self._lines, None)
        if line is None:
            self.ended_inside = bool(self.lines)
            raise StopIteration
        self.lines.append(line)
        return line.text
