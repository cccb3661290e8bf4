"""Dated tables with their source and licence in the head of each file."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


def packaged_text(name: str) -> str:
    """Return a packaged table as it stands in its file, head included."""
    return resources.files("attribution.data").joinpath(name).read_text("utf-8")


@cache
def packaged_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a packaged table, by its column names; read once, not to be changed."""
    return table_rows(packaged_text(name))


def table_rows(text: str) -> list[dict[str, str]]:
    """Read a table: CSV whose first line without `#` names the columns."""
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
