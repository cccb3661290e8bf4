"""CSV files of other tools, read into the rows of a history: a mapping names their columns.

A mapping is TOML: `rows` (`notices` or `reports`), `delimiter`, `timezone` of times without an
offset, `[columns]` (field = column), and `[only]` (rows whose `column` has one of `values`),
`encoding` where the other tool writes none of Unicode's. Shipped ones have names: `scart-notices`,
`scart-reports`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from attribution.errors import HistoryError, InvalidTarget
from attribution.files.text_files import CsvRecord, Encoding, csv_records, decoded, text_lines
from attribution.history.rows import BadRow, EventRow, NoticeRow, ReportRow
from attribution.net.sites import site_of
from attribution.target import parse_target

Row = NoticeRow | ReportRow | EventRow

_FIELDS = {
    "notices": (("notice", "provider", "sent_at"), ("site", "urls", "opened_at", "reseller")),
    "reports": (
        ("report", "provider"),
        (
            "page",
            "host",
            "site",
            "mailbox",
            "country",
            "reported_at",
            "first_seen_at",
            "first_notice_at",
            "last_seen_at",
            "offline_at",
        ),
    ),
}
_MOST_NAME = 500
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How the columns of a CSV file are read."""

    title: str
    rows: str
    """Kind of rows that are read: `notices` or `reports`."""
    delimiter: str
    timezone: ZoneInfo
    """Of times without an offset."""
    columns: dict[str, str]
    """Column of the file by field of a row."""
    only: tuple[str, frozenset[str]] | None
    """A column and the values with which a line is read; None for every line."""
    encoding: Encoding = Encoding.AUTO


@dataclass(frozen=True, slots=True)
class Mapped:
    """The rows of one line of a CSV file, or why there are none."""

    line: int
    rows: tuple[Row, ...] = ()
    fault: str | None = None
    left_out: bool = False
    """Whether the mapping does not read the line."""
    raw: tuple[str, ...] = ()


def shipped_mappings() -> list[str]:
    """Return the names of the mappings that come with the program."""
    folder = resources.files("attribution.formats.mappings")
    return sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )


def load_mapping(name: str) -> Mapping:
    """Read a shipped mapping by name, or a file. Raises HistoryError."""
    if name in shipped_mappings():
        text = (
            resources.files("attribution.formats.mappings")
            .joinpath(f"{name}.toml")
            .read_text("utf-8")
        )
    else:
        try:
            text = decoded(Path(name).read_bytes())
        except UnicodeDecodeError as error:
            raise HistoryError(
                f"mapping {name!r} is no UTF-8 text (byte 0x{error.object[error.start]:02x} at "
                f"place {error.start + 1}). Save it as UTF-8."
            ) from None
        except OSError as error:
            shipped = ", ".join(shipped_mappings())
            raise HistoryError(
                f"mapping {name!r} cannot be read ({error.strerror}). Name a file, or one of "
                f"{shipped}."
            ) from None
    try:
        return _mapping(tomllib.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise HistoryError(
            f"mapping {name!r} is none: {error}. See docs/guides/import-and-export.md for its form."
        ) from None


def _mapping(values: dict[str, Any]) -> Mapping:
    rows = values["rows"]
    if rows not in _FIELDS:
        raise ValueError(f"rows = {rows!r}: use notices or reports")
    needed, more = _FIELDS[rows]
    columns = dict(values["columns"])
    missing = [name for name in needed if name not in columns]
    unknown = sorted(set(columns) - set(needed) - set(more))
    if missing or unknown:
        raise ValueError(
            f"[columns]: missing {missing}, unknown {unknown}; known are {[*needed, *more]}"
        )
    if rows == "reports" and not {"page", "host"} & set(columns):
        raise ValueError("[columns]: a report needs page or host")
    delimiter = str(values.get("delimiter", ","))
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise ValueError(f"delimiter = {delimiter!r}: give one character, such as ;")
    only = values.get("only")
    return Mapping(
        str(values.get("title", rows)),
        rows,
        delimiter,
        ZoneInfo(values.get("timezone", "UTC")),
        columns,
        None if only is None else (str(only["column"]), frozenset(map(str, only["values"]))),
        Encoding(values.get("encoding", Encoding.AUTO)),
    )


def mapped_rows(
    path: Path, mapping: Mapping, encoding: Encoding = Encoding.AUTO
) -> Iterator[Mapped]:
    """Read a CSV file record by record.

    `encoding` goes before the mapping's. Raises HistoryError where the file as a whole is not what
    the mapping reads.
    """
    if encoding is Encoding.AUTO:
        encoding = mapping.encoding
    try:
        raw = path.open("rb")
    except OSError as error:
        raise HistoryError(f"CSV {str(path)!r} cannot be read: {error.strerror}.") from None
    with raw:
        records = csv_records(text_lines(raw, encoding), mapping.delimiter)
        header = _header(path, mapping, records)
        for record in records:
            if record.fault is not None:
                yield Mapped(record.line, fault=record.fault, raw=tuple(record.cells))
            elif any(record.cells):
                cells = dict(zip(header, record.cells, strict=False))
                yield _mapped(record.line, cells, record.cells, mapping)


def _header(path: Path, mapping: Mapping, records: Iterator[CsvRecord]) -> list[str]:
    """Return the names of the columns. Raises HistoryError where one that is needed is missing."""
    first = next(records, None)
    if first is not None and first.fault is not None:
        raise HistoryError(f"CSV {str(path)!r} cannot be read: line 1: {first.fault}.")
    header = [name.strip() for name in first.cells] if first else []
    named = {*mapping.columns.values(), *([mapping.only[0]] if mapping.only else [])}
    optional = {
        mapping.columns[name] for name in _FIELDS[mapping.rows][1] if name in mapping.columns
    }
    missing = sorted(named - set(header) - optional)
    if missing:
        there = ascii(", ".join(header))[1:-1][:500] or "none"
        raise HistoryError(
            f"CSV {str(path)!r} has no column {', '.join(missing)}; it has {there}. Columns are "
            f"separated by {mapping.delimiter!r}; the mapping names the columns that are read."
        )
    return header


def _mapped(line: int, cells: dict[str, str], raw: list[str], mapping: Mapping) -> Mapped:
    if mapping.only and cells.get(mapping.only[0], "").strip() not in mapping.only[1]:
        return Mapped(line, left_out=True)
    values = {name: cells.get(column, "").strip() for name, column in mapping.columns.items()}
    try:
        read = _notice if mapping.rows == "notices" else _report
        return Mapped(line, tuple(read(values, mapping.timezone)))
    except BadRow as bad:
        return Mapped(line, fault=str(bad), raw=tuple(raw))


def _notice(values: dict[str, str], zone: ZoneInfo) -> Iterator[Row]:
    notice = _text(values, "notice")
    urls = values.get("urls") or "1"
    if not (urls.isascii() and urls.isdigit() and 0 < int(urls) < 1_000_000):
        raise BadRow(f"urls {urls!r}: give a number from 1 on")
    site = values.get("site") or f"notice {notice}"
    yield NoticeRow(
        notice,
        _text(values, "provider"),
        site,
        _time(values, "sent_at", zone),
        int(urls),
        values.get("reseller") or None,
    )


def _report(values: dict[str, str], zone: ZoneInfo) -> Iterator[Row]:
    report, provider = _text(values, "report"), _text(values, "provider")
    page = values.get("page") or None
    try:
        host = parse_target(page or values.get("host", "")).host
    except InvalidTarget as error:
        raise BadRow(f"the URL or host is none: {error.fault}") from None
    site = values.get("site") or site_of(host)
    times = {
        name: _time_or_none(values, name, zone)
        for name in (
            "reported_at",
            "first_seen_at",
            "first_notice_at",
            "last_seen_at",
            "offline_at",
        )
    }
    at = times["reported_at"] or times["first_seen_at"] or times["first_notice_at"]
    if at is None:
        raise BadRow("neither a time of report nor of first sight")
    sent_at = times["first_notice_at"]
    notice = None if sent_at is None else f"{provider} {site} {sent_at:%Y-%m-%d}"
    if notice is not None and sent_at is not None:
        yield NoticeRow(notice, provider, site, sent_at)
    yield ReportRow(report, site, provider, at, notice, host, page)
    seen, gone = times["last_seen_at"], times["offline_at"]
    if notice is not None and sent_at is not None and seen is not None and seen > sent_at:
        yield EventRow(
            "still_online",
            seen,
            seen,
            notice,
            report,
            at_least_days=(seen - sent_at).total_seconds() / 86400,
        )
    if notice is not None and gone is not None:
        yield EventRow(
            "offline",
            gone,
            gone,
            notice,
            report,
            last_online=seen if seen and seen <= gone else None,
        )


def _text(values: dict[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value or len(value) > _MOST_NAME:
        raise BadRow(
            f"{name} is longer than {_MOST_NAME} characters" if value else f"{name} is missing"
        )
    return value


def _time(values: dict[str, str], name: str, zone: ZoneInfo) -> datetime:
    time = _time_or_none(values, name, zone)
    if time is None:
        raise BadRow(f"{name} is missing")
    return time


def _time_or_none(values: dict[str, str], name: str, zone: ZoneInfo) -> datetime | None:
    value = values.get(name, "")
    if not value or value.startswith("0000-00-00"):
        return None
    try:
        at = datetime.fromisoformat(value[:60])
        at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRow(f"{name} {value!r:.60}: give a time such as 2026-01-31 12:00:00") from None
    if at < _EARLIEST:
        raise BadRow(f"{name} {value!r:.60}: before 1990")
    return at
