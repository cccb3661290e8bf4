"""The tables of law together: which of their rows are stale or unverified, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from attribution.data import packaged_rows
from attribution.data.dated import DatedRow, provenance

LAW_TABLES = {
    "provisions.csv": ("law", "article"),
    "duties.csv": ("code",),
    "authorities.csv": ("name", "power"),
    "escalation.csv": ("label", "hours"),
    "hotlines.csv": ("name",),
    "ways_out.csv": ("name",),
}
"""Each table with the columns that, beside the country, tell its rows apart."""
LIFETIME = timedelta(days=365)
"""After so long a row is to be looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow(DatedRow):
    """A row of one of the tables, as far as it concerns its upkeep."""

    table: str
    country: str
    name: str
    """What tells it apart from the table's other rows of the country."""

    def is_stale(self, on: date) -> bool:
        """Say whether it was not looked at for longer than `LIFETIME`."""
        return on - self.looked_at > LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """How far a table can be relied on."""

    table: str
    rows: int
    oldest: date
    """When the row that was looked at longest ago was."""
    unverified: int
    """Rows whose fact nobody has read yet."""
    stale: int
    """Rows not looked at for a year."""


def law_rows() -> Iterator[TableRow]:
    """Return the rows of all tables of law. Raises ValueError for one without source or date."""
    for table, columns in LAW_TABLES.items():
        for row in packaged_rows(table):
            name = " ".join(row[column] for column in columns if row[column])
            yield TableRow(table=table, country=row["country"], name=name, **provenance(row))


def stale_rows(on: date) -> tuple[TableRow, ...]:
    """Return the rows that by a day were not looked at for a year, the oldest first."""
    rows = (row for row in law_rows() if row.is_stale(on))
    return tuple(sorted(rows, key=lambda row: row.looked_at))


def table_states(on: date) -> tuple[TableState, ...]:
    """Return how far each table can be relied on, on a day."""
    rows = list(law_rows())
    return tuple(
        TableState(
            table=table,
            rows=len(own),
            oldest=min(row.looked_at for row in own),
            unverified=sum(not row.verified for row in own),
            stale=sum(row.is_stale(on) for row in own),
        )
        for table in LAW_TABLES
        if (own := [row for row in rows if row.table == table])
    )
