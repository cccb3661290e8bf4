"""Lists of URLs: plain text, CSV or JSON lines; every line is answered for, the bad ones too."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO


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
    """Read `90s`, `30m`, `8h`, `2d` or a time (ISO 8601, UTC where it says no zone); return seconds from now.

    Raises UnusableInput for anything else, and for a time that is over.
    """
    length = re.fullmatch(r"(\d{1,7}(?:\.\d+)?)([smhd])", text.strip())
    if length:
        return float(length[1]) * _UNITS[length[2]]
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UnusableInput(
            f"--deadline {text!r}: use 90s, 30m, 8h, 2d or a time such as 2026-01-01T06:00Z"
        ) from None
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - datetime.now(
        UTC
    ).timestamp()
    if seconds <= 0:
        raise UnusableInput(f"--deadline {text!r} is over already")
    return seconds


def read_items(source: str, form: InputFormat, column: str | None) -> Iterator[Item]:
    """Yield the items of a file, or of stdin for `-`. Raises UnusableInput."""
    form = _form(source, form, column)
    with _open(source) as raw:
        if form is InputFormat.TEXT:
            yield from _text(raw)
        elif form is InputFormat.JSONL:
            yield from _json_lines(raw, column or "url")
        else:
            yield from _csv(raw, column or "url")


def count_items(source: str, form: InputFormat, column: str | None) -> int | None:
    """Count the items of a file, for the time left; None for stdin."""
    return None if source == "-" else sum(1 for _ in read_items(source, form, column))


def _form(source: str, form: InputFormat, column: str | None) -> InputFormat:
    if form is not InputFormat.AUTO:
        return form
    suffix = Path(source).suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        return InputFormat.JSONL
    if suffix == ".csv":
        return InputFormat.CSV
    if column and source == "-":
        raise UnusableInput("--column with stdin: say --input-format csv or jsonl")
    return InputFormat.CSV if column else InputFormat.TEXT


def _open(source: str) -> BinaryIO:
    if source == "-":
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise UnusableInput(
            f"input {source!r} cannot be read: {error.strerror}. Name a file, or - for stdin"
        ) from None


def _text(raw: BinaryIO) -> Iterator[Item]:
    for number, line in enumerate(raw, start=1):
        text, fault = _decoded(line, first=number == 1)
        text = text.strip()
        if text and not text.startswith("#"):
            yield Item(number, text, fault)


def _json_lines(raw: BinaryIO, column: str) -> Iterator[Item]:
    for number, line in enumerate(raw, start=1):
        text, fault = _decoded(line, first=number == 1)
        text = text.strip()
        if not text:
            continue
        if fault:
            yield Item(number, text, fault)
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            yield Item(number, text, "the line is no JSON object")
            continue
        found = value.get(column) if isinstance(value, dict) else None
        if isinstance(found, str):
            yield Item(number, found)
        else:
            yield Item(
                number, text, f"the line has no text in {column!r}; name the field with --column"
            )


def _csv(raw: BinaryIO, column: str) -> Iterator[Item]:
    stream = io.TextIOWrapper(raw, "utf-8-sig", "surrogateescape", newline="")
    try:
        yield from _csv_rows(stream, column)
    finally:
        stream.detach()  # who opened the file closes it


def _csv_rows(stream: io.TextIOWrapper, column: str) -> Iterator[Item]:
    rows = csv.reader(stream)
    header = [name.strip() for name in next(rows, [])]
    if column not in header:
        raise UnusableInput(
            f"the CSV has no column {column!r}; it has {', '.join(header) or 'none'}. Name one with --column"
        )
    place = header.index(column)
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Item(line, "", f"the line is no CSV: {error}")
            continue
        if not any(row):
            continue
        found = row[place] if len(row) > place else ""
        text = found.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield Item(line, text, None if text == found else "the line is no UTF-8 text")


def _decoded(line: bytes, *, first: bool) -> tuple[str, str | None]:
    if first:
        line = line.removeprefix(b"\xef\xbb\xbf")
    try:
        return line.decode("utf-8"), None
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace"), "the line is no UTF-8 text"
