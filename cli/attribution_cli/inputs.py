"""Lists of URLs: plain text, CSV or JSON lines. A line that cannot be read is an item too."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from attribution.files.text_files import Encoding, TextLine, csv_records, encoding_of, text_lines
from attribution.language import gettext as _
from attribution_cli.console import print_message

InEncoding = Annotated[
    Encoding,
    typer.Option(
        "--encoding",
        help="How the file is encoded. auto: UTF-8, or UTF-16 where its first bytes say so.",
    ),
]


class InputFormat(StrEnum):
    """How the list is written."""

    AUTO = "auto"
    TEXT = "text"
    CSV = "csv"
    JSONL = "jsonl"


class UnusableInput(Exception):  # noqa: N818
    """The list as a whole cannot be read; the message names what and the way out."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list. `line` counts from 1 in the file as it stands."""

    line: int
    text: str
    fault: str | None = None
    """Why the line holds no target."""


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def deadline_seconds(text: str) -> float:
    """Read `90s`, `30m`, `8h`, `2d` or a time (ISO 8601, UTC where it says no zone); return seconds
    from now.

    Raises UnusableInput for anything else, and for a time that is over.
    """
    length = re.fullmatch(r"(\d{1,7}(?:\.\d+)?)([smhd])", text.strip())
    if length:
        return float(length[1]) * _UNITS[length[2]]
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UnusableInput(
            _(
                "--deadline {value}: use 90s, 30m, 8h, 2d or a time such as 2026-01-01T06:00Z",
                value=repr(text),
            )
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    seconds = (at - datetime.now(UTC)).total_seconds()
    if seconds <= 0:
        raise UnusableInput(_("--deadline {value} is in the past", value=repr(text)))
    return seconds


def read_items(
    source: str, form: InputFormat, column: str | None, encoding: Encoding = Encoding.AUTO
) -> Iterator[Item]:
    """Yield the items of a file, or of stdin for `-`. Raises UnusableInput."""
    form = _form(source, form, column)
    with _open(source) as raw:
        lines = text_lines(raw, encoding)
        if form is InputFormat.TEXT:
            yield from _text(lines)
        elif form is InputFormat.JSONL:
            yield from _json_lines(lines, column or "url")
        else:
            yield from _csv(lines, column or "url")


def print_encoding(path: Path, encoding: Encoding) -> None:
    """Write in which encoding a file is read, where its first bytes show one beside UTF-8."""
    if encoding is Encoding.AUTO and path.is_file():
        detected = encoding_of(path)
        if detected is not Encoding.UTF_8:
            print_message(
                _(
                    "{file} is read as {encoding}",
                    file=repr(str(path)),
                    encoding=detected.value.upper(),
                )
            )


def count_items(
    source: str, form: InputFormat, column: str | None, encoding: Encoding = Encoding.AUTO
) -> int | None:
    """Count the items of a file, for the time left; None for stdin."""
    return None if source == "-" else sum(1 for item in read_items(source, form, column, encoding))


def _form(source: str, form: InputFormat, column: str | None) -> InputFormat:
    if form is not InputFormat.AUTO:
        return form
    suffix = Path(source).suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        return InputFormat.JSONL
    if suffix == ".csv":
        return InputFormat.CSV
    if column and source == "-":
        raise UnusableInput(_("--column with stdin: add --input-format csv or jsonl"))
    return InputFormat.CSV if column else InputFormat.TEXT


def _open(source: str) -> BinaryIO:
    if source == "-":
        return _stdin()
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise UnusableInput(
            _(
                "input {file} cannot be read: {reason}. Name a file, or - for stdin",
                file=repr(source),
                reason=error.strerror,
            )
        ) from None


def _stdin() -> BinaryIO:
    """Return a reader of stdin of its own.

    One that waits in a thread would hold the lock of `sys.stdin` when the interpreter ends.
    """
    try:
        return open(sys.stdin.fileno(), "rb", closefd=False)
    except (OSError, ValueError):
        return sys.stdin.buffer


def _text(lines: Iterator[TextLine]) -> Iterator[Item]:
    for line in lines:
        text = line.text.strip()
        if (text or line.fault) and not text.startswith("#"):
            yield Item(line.number, text, line.fault)


def _json_lines(lines: Iterator[TextLine], column: str) -> Iterator[Item]:
    for line in lines:
        text = line.text.strip()
        if line.fault:
            yield Item(line.number, text, line.fault)
        elif text:
            yield _json_item(line.number, text, column)


def _json_item(number: int, text: str, column: str) -> Item:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Item(number, text, "the line is no JSON object")
    target = value.get(column) if isinstance(value, dict) else None
    if isinstance(target, str):
        return Item(number, target)
    return Item(number, text, f"the line has no text in {column!r}; name the field with --column")


def _csv(lines: Iterator[TextLine], column: str) -> Iterator[Item]:
    records = csv_records(lines)
    first = next(records, None)
    if first is not None and first.fault:
        raise UnusableInput(_("the CSV cannot be read: line 1: {fault}", fault=first.fault))
    header = [name.strip() for name in first.cells] if first else []
    if column not in header:
        raise UnusableInput(
            _(
                "the CSV has no column {column}; it has {columns}. Name one with --column",
                column=repr(column),
                columns=ascii(", ".join(header))[1:-1][:500] or _("none"),
            )
        )
    place = header.index(column)
    for record in records:
        if record.fault:
            yield Item(record.line, record.cells[0], record.fault)
        elif any(record.cells):
            yield Item(record.line, record.cells[place] if len(record.cells) > place else "")
