"""Importing histories, tables of other tools and XARF reports: `importing_rows` keeps their rows.

A row is recognised when it comes again, so that reading a file twice, or going on after a stop,
changes nothing. A row that cannot be kept is rejected with its line and reason; the others go in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from attribution.casework.importing_rows import (
    ROWS_AT_ONCE,
    Count,
    Import,
    Line,
    RowImport,
    batches,
)
from attribution.casework.xarf_import import import_xarf
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.formats.mappings import Mapped, Mapping, load_mapping, mapped_rows
from attribution.history.folder import check_folder, file_of, rows
from attribution.history.rows import READERS, EventRow, NoticeRow, ReportRow
from attribution.store.store import Store

_KINDS: dict[type, str] = {NoticeRow: "notices", ReportRow: "reports", EventRow: "events"}


def import_path(
    store: Store, path: Path, command: Import, *, mapping: str | None, kind: str | None
) -> dict[str, Count]:
    """Import a history folder, a CSV file by a mapping, a file of rows of a kind, or XARF reports.

    Return how rows fared, by kind. Raises HistoryError, Refused, OutputError and StoreError.
    """
    if path.is_dir():
        return import_history(store, path, command)
    if mapping is not None:
        return import_csv(store, path, load_mapping(mapping), command)
    if kind is not None:
        return import_rows(store, path, kind, command)
    return import_xarf(store, path, command)


def import_history(store: Store, folder: Path, command: Import) -> dict[str, Count]:
    """Import a history folder. Raises HistoryError where it is none."""
    check_folder(folder)
    run = RowImport(store, replace(command, keep_urls=False))
    for kind in READERS:
        path = file_of(folder, kind)
        run.take(path.name, kind, _lines(path, kind, command))
    return run.counts


def import_rows(store: Store, path: Path, kind: str, command: Import) -> dict[str, Count]:
    """Import one JSON-lines file of a kind (`events`, …).

    Raises Refused for a kind that is none, and where there is no such file.
    """
    if kind not in READERS:
        raise Refused(Refusal.INVALID, "rows", kind[:40], f"use one of {', '.join(READERS)}")
    if not path.is_file():
        remedy = "it cannot be read as a file; name one of JSON lines"
        raise Refused(Refusal.NOT_FOUND, "path", str(path), remedy)
    run = RowImport(store, replace(command, keep_urls=False))
    run.take(path.name, kind, _lines(path, kind, command))
    return run.counts


def _lines(path: Path, kind: str, command: Import) -> Iterator[Line]:
    return (Line(number, row) for number, row in rows(path, kind, command.encoding))


def import_csv(store: Store, path: Path, mapping: Mapping, command: Import) -> dict[str, Count]:
    """Import a CSV file by a mapping; `lines` counts its lines. Raises HistoryError."""
    run = RowImport(store, command)
    count = run.counts.setdefault("lines", Count())
    for batch in batches(mapped_rows(path, mapping, command.encoding), ROWS_AT_ONCE):
        by_kind: dict[str, list[Line]] = {kind: [] for kind in _KINDS.values()}
        for mapped in batch:
            _count_line(mapped, count, path, command)
            for row in mapped.rows:
                by_kind[_KINDS[type(row)]].append(Line(mapped.line, row))
        for kind, lines in by_kind.items():
            if lines:
                run.take(path.name, kind, lines)
    return run.counts


def _count_line(mapped: Mapped, count: Count, path: Path, command: Import) -> None:
    if mapped.fault is not None:
        count.rejected += 1
        command.reject(path.name, mapped.line, mapped.fault, list(mapped.raw))
    elif mapped.left_out:
        count.left_out += 1
    else:
        count.added += 1
