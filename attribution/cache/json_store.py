"""diskcache, narrowed to JSON text: nothing that a file could make Python execute (CVE-2025-69872).

The folder given is the user's; the store lives in a folder of its own beneath, so that setting a
damaged or foreign store aside, or clearing it, cannot touch anything else.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from threading import Lock, RLock
from time import time
from typing import Any

import diskcache

from attribution.cache.peek import STORE
from attribution.files.whole_file import private_folder

_LOG = logging.getLogger("attribution.cache")
_NAME = STORE
_RAW = 1  # diskcache's mode for a value that stands in the row itself
_MOST_BYTES = 2 * 1024**3
_BUSY_SECONDS = 5
_MOST_WAITING = 10_000
_IN_ONE_TRANSACTION = 64
_NOT_TO_BE_WRITTEN = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_FULL,
)
_BROKEN = (sqlite3.Error, diskcache.Timeout, OSError)


class ForeignValueError(Exception):
    """The store holds something that this library never wrote."""


class JsonDisk(diskcache.Disk):  # type: ignore[misc]
    """Text keys and text values, in the row. Everything else is refused, unread."""

    def put(self, key: Any) -> tuple[str, bool]:
        """Return the key as it stands in the table."""
        if type(key) is not str:
            raise TypeError(f"a key is text, not {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: bool) -> str:
        """Return a key read from the table; a pickled one is refused."""
        if not raw or type(key) is not str:
            raise ForeignValueError("a key that is no text")
        return key

    def store(self, value: Any, read: bool, key: Any = None) -> tuple[int, int, None, str]:
        """Return the fields of a row."""
        if type(value) is not str or read:
            raise TypeError(f"a value is JSON text, not {type(value).__name__}")
        return len(value), _RAW, None, value

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> str:
        """Return a value read from the table; a pickle or a file is refused."""
        if mode != _RAW or filename is not None or type(value) is not str or read:
            raise ForeignValueError(f"a value of mode {mode}")
        return value


@dataclass(frozen=True, slots=True)
class _Write:
    """A value that is not yet on disk."""

    key: str
    text: str
    expires_at: float
    """Seconds since 1970."""


class _WaitingWrites:
    """Writes that wait for a thread to carry them out, the latest of each key, in their order.

    The thread ends with `close`, or with the interpreter, which waits for it.
    """

    def __init__(self, write: Callable[[list[_Write]], None]) -> None:
        self._write = write
        self._lock = Lock()
        self._writes: dict[str, _Write] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._round: Future[None] | None = None

    def find(self, key: str) -> str | None:
        """Return the text of a value that is not yet on disk."""
        write = self._writes.get(key)
        return write.text if write and write.expires_at > time() else None

    def add(self, key: str, text: str, expires_at: float) -> None:
        """Take a write; waits for the disk where too many wait already."""
        if len(self._writes) >= _MOST_WAITING:
            self.flush()
        with self._lock:
            self._writes.pop(key, None)
            self._writes[key] = _Write(key, text, expires_at)
            if self._round is None or self._round.done():
                self._thread = self._thread or ThreadPoolExecutor(1, "cache-writer")
                self._round = self._thread.submit(self._write_all)

    def flush(self) -> None:
        """Wait until everything taken so far was carried out."""
        while (current := self._round) is not None:
            current.result()

    def close(self, last: Callable[[], None]) -> None:
        """Carry out everything, then `last`, and end the thread."""
        self.flush()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(last).result()
            thread.shutdown()

    def _write_all(self) -> None:
        while True:
            with self._lock:
                writes = list(islice(self._writes.values(), _IN_ONE_TRANSACTION))
                if not writes:
                    self._round = None
                    return
            try:
                self._write(writes)
            finally:
                with self._lock:
                    for write in writes:
                        if self._writes.get(write.key) is write:
                            del self._writes[write.key]


class JsonStore:
    """Text keys to JSON values, with an end of life.
    Trouble with the disk never stops a lookup.

    Values are written by a thread of the store's own, many in one transaction, so that an event
    loop never waits for the disk; the store itself reads what is not yet written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / _NAME
        self._cache: diskcache.Cache | None = None
        self._opened = False
        self._opening = RLock()
        self._waiting = _WaitingWrites(self._write)
        self.trouble: str | None = None
        """Why the store cannot be used; None where it can. It was logged as a warning."""

    def get(self, key: str) -> Any | None:
        """Return a value, or None."""
        text = self._waiting.find(key) or self._run(lambda cache: cache.get(key))
        if text is None:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            self._set_aside("it holds a value that is no JSON")
            return None

    def set(self, key: str, value: Any, seconds: float) -> None:
        """Keep a value for so long; other processes see it after a moment, or after `flush`."""
        self._waiting.add(key, json.dumps(value, separators=(",", ":")), time() + seconds)

    def flush(self) -> None:
        """Wait until everything kept so far is on disk."""
        self._waiting.flush()

    def all_keys(self) -> Iterator[str]:
        """Yield every key, in the order in which they were kept."""
        self.flush()
        yield from self._run(list) or []

    def clear(self) -> int:
        """Remove everything; return how many values there were."""
        self.flush()
        return int(self._run(lambda cache: cache.clear()) or 0)

    def volume(self) -> int:
        """Return the size on disk, in bytes."""
        self.flush()
        return int(self._run(lambda cache: cache.volume()) or 0)

    def close(self) -> None:
        """Write what waits, and close the store; it opens again when used."""
        self._waiting.close(self._release_thread)
        self._close_cache()

    def _close_cache(self) -> None:
        with self._opening:
            if self._cache is not None:
                self._cache.close()
            self._cache, self._opened = None, False

    def _write(self, writes: list[_Write]) -> None:
        def write_all(cache: diskcache.Cache) -> None:
            now = time()
            with cache.transact():
                for write in writes:
                    cache.set(write.key, write.text, expire=write.expires_at - now)

        self._run(write_all)

    def _release_thread(self) -> None:
        """Close the connection of the thread that calls: each thread has one of its own."""
        if self._cache is not None:
            self._cache.close()

    def _run(self, use: Any) -> Any:
        cache = self._open()
        if cache is None:
            return None
        try:
            return use(cache)
        except ForeignValueError as error:
            self._set_aside(f"it holds {error}, which this program never writes")
        except sqlite3.OperationalError as error:
            self.trouble = str(error)
            _LOG.warning("the cache in %s cannot be used now: %s", self.path, error)
        except sqlite3.DatabaseError as error:
            self._set_aside(f"it is damaged: {error}")
        except (diskcache.Timeout, OSError) as error:
            self.trouble = str(error)
            _LOG.warning("the cache in %s cannot be used now: %s", self.path, type(error).__name__)
        return None

    def _open(self) -> diskcache.Cache | None:
        with self._opening:
            return self._cache if self._opened else self._open_anew()

    def _open_anew(self) -> diskcache.Cache | None:
        self._opened = True
        for attempt in range(2):
            try:
                self._make_folder()
                self._cache = diskcache.Cache(
                    str(self.path),
                    disk=JsonDisk,
                    timeout=_BUSY_SECONDS,
                    size_limit=_MOST_BYTES,
                    sqlite_mmap_size=2**26,
                )
            except PermissionError as error:
                self._warn_unusable(error)
                return None
            except (*_BROKEN, TypeError, ValueError, AttributeError) as error:
                self._cache = None
                # Without what SQLite adds to the code.
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if attempt or code in _NOT_TO_BE_WRITTEN or not self.path.exists():
                    self._warn_unusable(error)
                    return None
                self._set_aside(f"it cannot be opened: {error}")
                self._opened = True
            else:
                return self._cache
        return None

    def _warn_unusable(self, error: Exception) -> None:
        """Log that nothing is kept, why, and what to do."""
        self.trouble = f"{self.path} cannot be opened: {error}"
        _LOG.warning(
            "no answers are kept: %s. Let this account write there, or name another folder with "
            "ATTRIBUTION_CACHE_FOLDER.",
            self.trouble,
        )

    def _make_folder(self) -> None:
        """Make the folder for its owner only. Raises PermissionError when it is somebody else's."""
        private_folder(self.path)
        status = self.path.lstat()
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            raise PermissionError(f"{self.path} belongs to another user")
        if status.st_mode & 0o077:
            self.path.chmod(0o700)

    def _set_aside(self, why: str) -> None:
        with self._opening:
            self._close_cache()
            self._rename(why)

    def _rename(self, why: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        aside = self.path.with_name(f"{_NAME}.set-aside-{stamp}")
        try:
            self.path.rename(aside)
        except OSError as error:
            _LOG.warning(
                "the cache in %s is left alone (%s), and cannot be set aside: %s",
                self.path,
                why,
                error,
            )
            self._opened = True
        else:
            _LOG.warning("the cache was set aside as %s: %s; a new one is begun", aside, why)
