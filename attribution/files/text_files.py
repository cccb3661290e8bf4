"""Text files that people give, line by line, in whatever encoding they were saved.

By the byte-order mark; without one UTF-16 where every second byte of the first line is zero; else
UTF-8, strictly. The Windows code pages are read only when they are named: a byte means another
letter in each (`ü`, `ь`, `ü`, `ь`), and a wrong letter in a name makes a second company. A line
that cannot be read is told with its place, never repaired.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import BinaryIO

MOST_LINE = 1_048_576
"""Bytes of a line that is read; of a longer one the end is passed over."""
_PIECE = 65_536
_MOST_RECORD_LINES = 100
_UNCLOSED = "a quotation mark opens and does not close"
_UNREADABLE = "attribution-unreadable"
_LONE_RETURN = re.compile("\r(?!\r*\n)")
_HALF = re.compile("[\ud800-\udfff]")
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


_MARKS = (
    (codecs.BOM_UTF8, Encoding.UTF_8),
    (codecs.BOM_UTF32_LE, Encoding.UTF_32_LE),  # before UTF-16, which begins it
    (codecs.BOM_UTF32_BE, Encoding.UTF_32_BE),
    (codecs.BOM_UTF16_LE, Encoding.UTF_16_LE),
    (codecs.BOM_UTF16_BE, Encoding.UTF_16_BE),
)
_WIDE = frozenset([Encoding.UTF_16_LE, Encoding.UTF_16_BE, Encoding.UTF_32_LE, Encoding.UTF_32_BE])
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


def encoding_of(path: Path, wanted: Encoding = Encoding.AUTO) -> Encoding:
    """Return how a file is read; UTF-8 where it cannot be opened: who reads it complains then."""
    if wanted is not Encoding.AUTO:
        return wanted
    try:
        with path.open("rb") as raw:
            return _encoding(raw.readline(MOST_LINE))[0]
    except OSError:
        return Encoding.UTF_8


def text_lines(raw: BinaryIO, wanted: Encoding = Encoding.AUTO) -> Iterator[TextLine]:
    """Yield the lines of an open file. Work and memory are bounded by `MOST_LINE` a line.

    Lines end with a line feed, or with a carriage return alone.
    """
    more = 0  # lines that a carriage return alone ended so far
    for line in _lines(raw, wanted):
        if not more and "\r" not in line.text:
            yield line
            continue
        pieces = _pieces(line.text)
        for place, text in enumerate(pieces):
            yield TextLine(line.number + more + place, text, line.fault)
        more += len(pieces) - 1


def _pieces(text: str) -> list[str]:
    """Return a line, or those that carriage returns alone divide it into."""
    if "\r" not in text.rstrip("\r\n"):
        return [text]
    *whole, last = _LONE_RETURN.split(text)
    return [*(f"{piece}\n" for piece in whole), *([last] if last else [])]


def _lines(raw: BinaryIO, wanted: Encoding) -> Iterator[TextLine]:
    first = raw.readline(MOST_LINE + 1)
    encoding, mark = _encoding(first)
    if wanted is not Encoding.AUTO and wanted is not encoding:
        encoding, mark = wanted, 0
    first = first[mark:]
    if encoding in _WIDE:
        yield from _wide_lines(chain([first], iter(lambda: raw.read(_PIECE), b"")), encoding)
    else:
        yield from _byte_lines(raw, first, encoding)


def decoded(data: bytes, wanted: Encoding = Encoding.AUTO) -> str:
    """Return the text of a whole small file. Raises UnicodeDecodeError, a ValueError."""
    encoding, mark = _encoding(data[:MOST_LINE])
    if wanted is not Encoding.AUTO and wanted is not encoding:
        encoding, mark = wanted, 0
    return data[mark:].decode(encoding.value, "strict")


def _encoding(head: bytes) -> tuple[Encoding, int]:
    """Return the encoding that a file's first bytes tell, and the length of its mark."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    sample = head[:4096]
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if half >= 2 and max(even, odd) * 2 >= half and min(even, odd) * 20 <= half:
        return (Encoding.UTF_16_BE if even > odd else Encoding.UTF_16_LE), 0
    return Encoding.UTF_8, 0


def _byte_lines(raw: BinaryIO, first: bytes, encoding: Encoding) -> Iterator[TextLine]:
    number, line = 0, first
    while line:
        number += 1
        if len(line) > MOST_LINE and not line.endswith(b"\n"):
            yield TextLine(number, "", f"the line is longer than {MOST_LINE} bytes")
            _pass_over(raw)
        else:
            yield _decoded(number, line, encoding)
        line = raw.readline(MOST_LINE + 1)


def _pass_over(raw: BinaryIO) -> None:
    """Read to the end of a line."""
    while (more := raw.readline(_PIECE)) and not more.endswith(b"\n"):
        pass


def _decoded(number: int, line: bytes, encoding: Encoding) -> TextLine:
    try:
        return TextLine(number, line.decode(encoding.value))
    except UnicodeDecodeError as error:
        shown = line.decode(encoding.value, "backslashreplace")
        name = "UTF-8" if encoding is Encoding.UTF_8 else encoding.value
        fault = (
            f"the line is no {name} text: byte 0x{line[error.start]:02x} at place "
            f"{error.start + 1}; {WAY_OUT}"
        )
        return TextLine(number, shown, fault)


def _wide_lines(pieces: Iterator[bytes], encoding: Encoding) -> Iterator[TextLine]:
    """Yield the lines of UTF-16 or UTF-32, whose line ends are no single bytes."""
    decoder = codecs.getincrementaldecoder(encoding.value)(_UNREADABLE)
    number, begun, passing = 1, "", False
    for piece in chain(pieces, [None]):
        text = decoder.decode(piece or b"", piece is None)
        *whole, last = text.split("\n")
        for line in whole:
            if not passing:
                yield _wide(number, f"{begun}{line}\n", encoding)
            begun, number, passing = "", number + 1, False
        begun = "" if passing else begun + last
        if len(begun) > MOST_LINE:
            yield TextLine(number, "", f"the line is longer than {MOST_LINE} characters")
            begun, passing = "", True
    if begun:
        yield _wide(number, begun, encoding)


def _wide(number: int, line: str, encoding: Encoding) -> TextLine:
    """Return a line of UTF-16, with a fault where it has half a character."""
    if _HALF.search(line):
        shown = line.encode("utf-8", "backslashreplace").decode("utf-8")
        return TextLine(number, shown, f"the line is no {encoding.value} text; {WAY_OUT}")
    return TextLine(number, line)


def _mark_unreadable(error: UnicodeError) -> tuple[str, int]:
    """Put a lone surrogate, which no text has, in place of what cannot be read."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_UNREADABLE, _mark_unreadable)


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
