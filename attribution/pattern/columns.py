"""Tables of columns: what a history is kept in, so that 100,000 cases need little memory. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution.pattern.arrays import Ints, Rows


@dataclass(slots=True)
class Table:
    """Columns of one length, by name."""

    columns: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def take(self, rows: Rows) -> Table:
        """Return some rows, by mask, numbers or slice."""
        return Table({name: column[rows] for name, column in self.columns.items()})

    def ordered_by(self, name: str) -> Table:
        """Return the rows in the order of a column; equal ones stay in theirs."""
        return self.take(np.argsort(self[name], kind="stable"))

    def with_column(self, name: str, column: np.ndarray) -> Table:
        """Return the table with a column replaced."""
        return Table({**self.columns, name: column})

    def shifted(self, name: str, by: int) -> Table:
        """Return the table with a number added to a column."""
        return self.with_column(name, self[name].astype(np.int64) + by)

    @classmethod
    def joined(cls, tables: Sequence[Table]) -> Table:
        """Return tables of the same columns below one another."""
        if len(tables) == 1:
            return tables[0]
        names = tables[0].columns
        return cls({name: np.concatenate([table[name] for table in tables]) for name in names})


_FLOAT, _INT, _SMALL = "d", "i", "b"
_COLUMNS = {
    "cases": {
        "provider": _INT,
        "site": _INT,
        "sent": _FLOAT,
        "urls": _INT,
        "own": _SMALL,
        "candidates": _INT,
        "baseline": _SMALL,
    },
    "urls": {"case": _INT},
    "checks": {
        "url": _INT,
        "until": _FLOAT,
        "known": _FLOAT,
        "server": _INT,
        "compared": _SMALL,
        "checker": _INT,
    },
    "ends": {
        "url": _INT,
        "at": _FLOAT,
        "known": _FLOAT,
        "last": _FLOAT,
        "way": _SMALL,
        "to": _INT,
    },
    "signs": {"case": _INT, "sign": _SMALL, "at": _FLOAT, "known": _FLOAT},
    "contacts": {"provider": _INT, "sign": _SMALL, "at": _FLOAT, "known": _FLOAT},
}
"""The columns of each table (`Tables` says what they hold), with their types in `array`."""


class GrowingTable:
    """A table that grows by a row at a time."""

    __slots__ = ("columns",)

    def __init__(self, name: str) -> None:
        self.columns = {name: array(code) for name, code in _COLUMNS[name].items()}

    def add(self, **values: Any) -> int:
        """Add a row; return its number."""
        for name, column in self.columns.items():
            column.append(values[name])
        return len(column) - 1

    def table(self) -> Table:
        """Return the rows as they are now."""
        return Table({name: np.array(column) for name, column in self.columns.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Rows of each kind; `provider`, `case` and `url` are numbers of what a row belongs to."""

    cases: Table
    """provider, site, sent, urls (how many), own (no known reseller's), candidates, baseline."""
    urls: Table
    """case, weight: a notice that counts more URLs than are known one by one has a row for those.
    """
    checks: Table
    """url, until (seen online then), known, server, compared (`Comparison`), checker."""
    ends: Table
    """url, at, known, last (seen online before), way (`EndKind`), to (provider, or -1)."""
    signs: Table
    """case, sign (`Sign`), at, known."""
    contacts: Table
    """provider, sign (`Sign`), at, known: what happened to a provider's mailbox."""


def begins(owner: np.ndarray, count: int) -> Ints:
    """Return where the rows of each of `count` owners begin, and after them all the end.

    `owner` is in order.
    """
    return np.searchsorted(owner, np.arange(count + 1), side="left").astype(np.int64)
