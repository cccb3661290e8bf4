"""One look into the store without loading what writes it: a command that starts is done before that is loaded.

diskcache keeps its values in the table `Cache` of `cache.db`; text written by `JsonDisk` stands there in the row.
A contract test holds that both see the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from time import time
from typing import Any

STORE = "answers-1"
"""The store's own folder within the cache folder."""
_QUERY = "SELECT value FROM Cache WHERE key = ? AND raw = 1 AND mode = 1 AND (expire_time IS NULL OR expire_time > ?)"


def peek(folder: Path, keys: Iterable[str]) -> list[Any]:
    """Return the JSON values of keys in a cache folder, None for each that is not there. Changes nothing."""
    wanted = list(keys)
    try:
        file = sqlite3.connect(f"{(folder / STORE / 'cache.db').absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)
    except sqlite3.Error:
        return [None] * len(wanted)
    try:
        return [_value(file.execute(_QUERY, (key, time())).fetchone()) for key in wanted]
    except sqlite3.Error:
        return [None] * len(wanted)
    finally:
        file.close()


def _value(row: Any) -> Any:
    try:
        return json.loads(row[0]) if row and type(row[0]) is str else None
    except ValueError:
        return None
