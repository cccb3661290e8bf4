"""Backup and restore: one file with every row, read in one view of the store while others go on
writing.

The file is gzipped JSON lines: a head (form, counts), the rows, and a foot with a hash over all of
it. It restores into either database. The key file is not in it: kept apart, a stolen backup tells
nothing of URLs.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select

from attribution.errors import StoreError
from attribution.files.whole_file import whole_file
from attribution.store.engine import STREAMED, connect, reading, writing
from attribution.store.heads import Head, current_head, noted_head
from attribution.store.migrate import migrate, newest_revision, revision_of
from attribution.store.queue_tables import report_addresses
from attribution.store.service_tables import accounts, api_keys
from attribution.store.store import Store
from attribution.store.tables import cases, events, heads, identifiers, metadata, providers, reports

_TABLES: tuple[Table, ...] = (
    heads,
    providers,
    identifiers,
    cases,
    reports,
    events,
    accounts,
    api_keys,
    report_addresses,
)
"""Sessions, links and batches are left out: they are of the day. States of cases are made anew."""
_BATCH = 2000
_LONGEST_LINE = 256 * 1024 * 1024
"""Bytes of a row that are read: a file that unpacks without end is no backup."""


def back_up(store: Store, path: Path, *, replace: bool = False) -> dict[str, int]:
    """Write a backup; return how many rows of each table.

    Whole or not there. Raises StoreError or OutputError.
    """
    digest = hashlib.sha256()
    with store.read() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _TABLES
        }
        with (
            whole_file(path, "wb", replace=replace) as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, filename="", mtime=0) as out,
        ):
            log = current_head(connection).as_json()
            line = _encode({"form": revision_of(connection), "rows": counts, "log": log})
            digest.update(line)
            out.write(line)
            for table in _TABLES:
                for row in connection.execute(
                    select(table).order_by(next(iter(table.primary_key))),
                    execution_options=STREAMED,
                ).mappings():
                    line = _encode([table.name, *map(_plain, row.values())])
                    digest.update(line)
                    out.write(line)
            out.write(_encode({"sha256": digest.hexdigest()}))
    return counts


def restore(path: Path, url: str) -> dict[str, int]:
    """Fill an empty database from a backup; return how many rows of each table. Whole or nothing.
    Raises StoreError.
    """
    engine = connect(url)
    try:
        with reading(engine) as connection:
            if revision_of(connection) is not None:
                raise StoreError(
                    f"{engine.url.render_as_string()} holds a store already, and is left alone. "
                    "Name an empty database."
                )
        lines = _checked_lines(path)
        head = next(lines)
        form = str(head["form"])
        migrate(engine, form)
        with writing(engine) as connection:
            gathered: dict[str, list[dict[str, Any]]] = {}
            tables = {table.name: table for table in _TABLES}
            for name, *values in lines:
                table = tables[name]
                rows = gathered.setdefault(name, [])
                rows.append(
                    {
                        column.name: _bytes(value)
                        for column, value in zip(table.columns, values, strict=True)
                    }
                )
                if len(rows) >= _BATCH:
                    connection.execute(table.insert(), rows)
                    rows.clear()
            for table in _TABLES:
                if gathered.get(table.name):
                    connection.execute(table.insert(), gathered[table.name])
            counts = {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in _TABLES
                if table.name in head["rows"]  # a backup of an earlier form holds fewer tables
            }
            if counts != head["rows"]:
                raise StoreError(
                    f"backup {str(path)!r} is not whole: it holds {counts}, and says "
                    f"{head['rows']}."
                )
        if form != newest_revision():
            migrate(engine)
    except BaseException:
        _empty(engine)
        raise
    finally:
        engine.dispose()
    return counts


def head_in(path: Path) -> Head | None:
    """Return the head of the log that a backup says it was made of; None for one that says none.

    The whole file is read: the end of the log that is in it has to be that head. Raises StoreError
    where the file is no backup, was cut off or changed.
    """
    try:
        lines = _checked_lines(path)
        first: Any = next(lines, None)
        log = first.get("log")
        ends: dict[str, dict[str, Any]] = {}
        for name, *values in lines:
            if name in (heads.name, events.name):
                columns = heads.columns if name == heads.name else events.columns
                ends[name] = dict(zip(columns.keys(), values, strict=True))
        if log is None:
            return None
        head = noted_head(log)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"backup {str(path)!r} cannot be read: {error}.") from None
    last = {(end["seq"], end["hash"]) for end in ends.values()}
    if heads.name not in ends or last != {(head.seq, head.hash)}:
        raise StoreError(f"backup {str(path)!r} was changed: its log does not end where it says.")
    return head


def _empty(engine: Any) -> None:
    """Take away what a failed restore made, where that is all there is."""
    with writing(engine) as connection:
        if revision_of(connection) is None:
            return
        if connection.execute(select(func.count()).select_from(heads)).scalar_one() == 0:
            metadata.drop_all(connection)
            connection.exec_driver_sql("DROP TABLE alembic_version")


def _checked_lines(path: Path) -> Iterator[Any]:
    """Yield a backup's lines as JSON, and see at the end that nothing was changed. Raises
    StoreError.
    """
    digest = hashlib.sha256()
    before: bytes | None = None
    try:
        with gzip.open(path, "rb") as lines:
            while line := lines.readline(_LONGEST_LINE + 1):
                if len(line) > _LONGEST_LINE:
                    raise ValueError("a row without end")
                if before is not None:
                    digest.update(before)
                    yield json.loads(before)
                before = line
        foot = json.loads(before or b"{}")
    except (OSError, EOFError, ValueError) as error:
        raise StoreError(
            f"backup {str(path)!r} cannot be read: {type(error).__name__}: {error}."
        ) from None
    if not isinstance(foot, dict) or foot.get("sha256") != digest.hexdigest():
        raise StoreError(f"backup {str(path)!r} was cut off or changed. Nothing was restored.")


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def _plain(value: Any) -> Any:
    return (
        {"b": base64.b64encode(bytes(value)).decode("ascii")}
        if isinstance(value, bytes | memoryview)
        else value
    )


def _bytes(value: Any) -> Any:
    return base64.b64decode(value["b"]) if isinstance(value, dict) else value
