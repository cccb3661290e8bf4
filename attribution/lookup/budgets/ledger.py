"""Budgets of registries, shared by every process of this machine that has the same cache folder.

One SQLite file, one row a registry. Trouble with the file never stops a lookup: the budgets are
kept in memory then.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from attribution.data.budgets import Limits
from attribution.lookup.budgets.budget import Budget

_LOG = logging.getLogger("attribution.lookup")
_NAME = "budgets-1.sqlite3"
_BUSY_SECONDS = 0.5
_Result = TypeVar("_Result")


class Ledger:
    """Reads, changes and writes one budget at a time, each in a transaction of its own."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: sqlite3.Connection | None = None
        self._memory: dict[str, Budget] = {}
        self._opened = False

    def change(
        self, name: str, limits: Limits, change: Callable[[Budget], tuple[Budget, _Result]]
    ) -> _Result:
        """Apply a change to a registry's budget and return the change's result."""
        file = self._open()
        if file is not None:
            try:
                return _changed(file, name, limits, change)
            except sqlite3.Error as error:
                self._give_up(error)
        budget, result = change(self._memory.get(name) or Budget.new(limits))
        self._memory[name] = budget
        return result

    def all(self) -> dict[str, Budget]:
        """Return every budget, by its registry's name."""
        file = self._open()
        if file is None:
            return dict(self._memory)
        try:
            rows = file.execute("SELECT name, state FROM budgets ORDER BY name").fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return dict(self._memory)
        return {name: Budget.from_json(_read(state), Limits(1.0, 1, 1)) for name, state in rows}

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._file, self._opened = None, False

    def _open(self) -> sqlite3.Connection | None:
        if self._opened or self._folder is None:
            return self._file
        self._opened = True
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = sqlite3.connect(
                self._folder / _NAME, timeout=_BUSY_SECONDS, isolation_level=None
            )
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=NORMAL")
            file.execute(
                "CREATE TABLE IF NOT EXISTS budgets (name TEXT PRIMARY KEY, state TEXT NOT "
                "NULL) WITHOUT ROWID"
            )
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
        else:
            self._file = file
        return self._file

    def _give_up(self, error: Exception) -> None:
        _LOG.warning("budgets of registries are not shared with other processes: %s", error)
        if self._file is not None:
            self._file.close()
        self._file = None


def _changed(
    file: sqlite3.Connection,
    name: str,
    limits: Limits,
    change: Callable[[Budget], tuple[Budget, _Result]],
) -> _Result:
    file.execute("BEGIN IMMEDIATE")
    try:
        row = file.execute("SELECT state FROM budgets WHERE name = ?", (name,)).fetchone()
        budget, result = change(
            Budget.from_json(_read(row[0]), limits) if row else Budget.new(limits)
        )
        state = json.dumps(budget.to_json(), separators=(",", ":"))
        file.execute("INSERT OR REPLACE INTO budgets (name, state) VALUES (?, ?)", (name, state))
    except BaseException:
        file.execute("ROLLBACK")
        raise
    file.execute("COMMIT")
    return result


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
