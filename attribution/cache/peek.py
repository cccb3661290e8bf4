"""Reads the cache's SQLite table without importing diskcache: for a warm `check`.

diskcache keeps its values in the table `Cache` of `cache.db`; text written by `JsonDisk` stands
there in the row. A contract test holds that both read the same
(docs/decisions/0010-a-warm-check-that-loads-no-library.md).
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from time import time
from typing import Any

STORE = "answers-1"
"""The store's own folder within the cache folder."""
_QUERY = (
    "SELECT value FROM Cache WHERE key = ? AND raw = 1 AND mode = 1 AND (expire_time IS NULL OR "
    "expire_time > ?)"
)


class Peek:
    """Reads values of a cache folder, and changes nothing; a damaged store counts as empty."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / STORE / "cache.db"
        self._file: sqlite3.Connection | None = None

    def get(self, key: str) -> Any | None:
        """Return a JSON value, or None."""
        try:
            if self._file is None:
                self._file = sqlite3.connect(
                    f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2
                )
            row = self._file.execute(_QUERY, (key, time())).fetchone()
        except sqlite3.Error:
            self.close()
            return None
        try:
            return json.loads(row[0]) if row and type(row[0]) is str else None
        except ValueError:
            return None

    def close(self) -> None:
        """Close the file; it opens again when used."""
        if self._file is not None:
            self._file.close()
        self._file = None
