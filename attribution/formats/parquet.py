"""Parquet: the log of events as a table for analysis."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import IO

from attribution.extras import load
from attribution.formats.interface import ExportFormat, Hotline, Row, RowKind

_BATCH_ROWS = 2000


class EventTable(ExportFormat):
    """One row an event, in batches, so that memory does not grow with the log."""

    name = "parquet"
    kinds = (RowKind.LOG,)
    package = "pyarrow"

    def write(self, rows: Iterable[Row], out: IO[bytes], hotline: Hotline) -> int:
        """Write the events. Raises MissingExtra."""
        arrow, parquet = load("Parquet", "pyarrow"), load("Parquet", "pyarrow.parquet")
        number, text, time = arrow.int64(), arrow.string(), arrow.timestamp("us", "UTC")
        schema = arrow.schema(
            {
                "seq": number,
                "kind": text,
                "at": time,
                "known_at": time,
                "recorded_at": time,
                "who": text,
                "provider": text,
                "case": text,
                "report": text,
                "corrects": number,
                "detail": text,
                "hash": text,
            }
        )
        count, remaining = 0, iter(rows)
        with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
            while batch := list(islice(remaining, _BATCH_ROWS)):
                writer.write_batch(arrow.RecordBatch.from_pylist(batch, schema=schema))
                count += len(batch)
        return count


EXPORT = EventTable()
