"""The store: opened, brought to this version's form, read from and written to."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, select

from attribution.errors import KeyFileError, StoreError
from attribution.files.whole_file import FILE_MODE, private_folder, reason_of
from attribution.settings import Settings
from attribution.store import log
from attribution.store.engine import connect, reading, writing
from attribution.store.keys import Keys
from attribution.store.migrate import migrate, revision_of
from attribution.store.service_tables import accounts, batch_lines, tickets
from attribution.store.tables import heads, reports
from attribution.store.times import micros

Now = Callable[[], datetime]
_SEALS = (
    (reports, reports.c.seal),
    (accounts, accounts.c.totp_seal),
    (batch_lines, batch_lines.c.target_seal),
)
"""Where the keys of sealed texts stand, each wrapped under the key file's."""


class Store:
    """A hotline's store. Use as `with Store.open(url) as store:`; safe for several processes at
    once.

    `read()` gives a view that does not change while it is open; `write(who)` gives the only
    writer's transaction, which is on disk when the block ends. Both raise StoreError where the
    database cannot be used.
    """

    def __init__(self, engine: Engine, keys: Keys, key_file: Path, now: Now) -> None:
        self.engine, self.keys, self._key_file, self._now = engine, keys, key_file, now

    @classmethod
    def open(cls, url: str, key_file: Path | None = None, *, now: Now | None = None) -> Self:
        """Open a store, made where there is none, and bring it to this version's form. Raises
        StoreError or KeyFileError.

        `key_file` is made with a new store only; beside a SQLite store it may be left out.
        """
        engine = connect(url)
        if key_file is None:
            if engine.url.get_backend_name() != "sqlite":
                raise KeyFileError(
                    "a store in PostgreSQL needs a key file outside of it: name it with "
                    "ATTRIBUTION_KEY_FILE."
                )
            key_file = Path(f"{engine.url.database}.keys")
        try:
            with reading(engine) as connection:
                exists = revision_of(connection) is not None
            migrate(engine)
            keys = cls._keys(engine, key_file, exists=exists)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, keys, key_file, now or (lambda: datetime.now(UTC)))

    @classmethod
    def from_settings(cls, settings: Settings, *, now: Now | None = None) -> Self:
        """Open the store that the settings name."""
        return cls.open(settings.store_url, settings.key_file, now=now)

    @staticmethod
    def _keys(engine: Engine, key_file: Path, *, exists: bool) -> Keys:
        """Return the store's keys; of a store that was just made, new ones where there is no
        file.
        """
        with _alone(key_file):
            with reading(engine) as connection:
                begun = connection.execute(select(heads.c.id)).first() is not None
            if not begun and not key_file.exists():
                Keys.make().save(key_file)
            keys = Keys.load(key_file)
            with writing(engine) as connection:
                if connection.execute(select(heads.c.id)).first() is None:
                    log.begin_log(connection, keys)
                log.check_keys(connection, keys)
        return keys

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @property
    def now(self) -> datetime:
        """The time, by the store's clock."""
        return self._now()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a view of the store."""
        with reading(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self, who: str | None = None) -> Iterator[log.Writer]:
        """Open a transaction to add to the store; `who` adds, else the user of this machine's
        account.
        """
        with writing(self.engine) as connection:
            writer = log.Writer(connection, self.keys, who or account(), micros(self._now()))
            yield writer
            writer.finish()

    @contextmanager
    def derive(self) -> Iterator[Connection]:
        """Open a transaction to fill tables that are derived from the log, which is left alone."""
        with writing(self.engine) as connection:
            yield connection

    def check(self, expected_head: str | None = None) -> log.LogCheck:
        """Check the log and every row that it covers."""
        with reading(self.engine) as connection:
            return log.check(connection, self.keys, expected_head)

    def unseal(self, sealed: bytes, seal: bytes) -> str:
        """Return a sealed text, also where another process made new keys meanwhile. Raises
        KeyFileError.
        """
        try:
            return self.keys.open(sealed, seal)
        except KeyFileError:
            self.keys = Keys.load(self._key_file)
            return self.keys.open(sealed, seal)

    def rotate_keys(self) -> int:
        """Make a new wrapping key, wrap every sealed text's own key under it, and forget the old
        ones; return how many.

        The file holds both keys until the store is done, so a stop in between loses nothing.
        """
        with _alone(self._key_file):
            self.keys = Keys.load(self._key_file).rotated()
            self.keys.save(self._key_file)
            count = 0
            with self.write() as writer:
                # What was begun under the old key is begun again.
                writer.connection.execute(tickets.delete())
                for table, seal in _SEALS:
                    keys = list(table.primary_key)
                    for row in writer.connection.execute(
                        select(*keys, seal).where(seal.is_not(None))
                    ).all():
                        where = [key == value for key, value in zip(keys, row[:-1], strict=True)]
                        new = {seal.name: self.keys.wrap_anew(row[-1])}
                        writer.connection.execute(table.update().where(*where).values(new))
                        count += 1
                writer.add_event("keys_rotated", writer.now, detail={"urls": count})
            self.keys = self.keys.newest_only()
            self.keys.save(self._key_file)
        return count


@contextmanager
def _alone(key_file: Path) -> Iterator[None]:
    """Hold the key file's lock, so that one process at a time makes or changes it.

    Raises KeyFileError.
    """
    try:
        private_folder(key_file.parent)
        lock = FileLock(f"{key_file}.lock", timeout=60, mode=FILE_MODE)
        lock.acquire()
    except Timeout:
        raise KeyFileError(
            f"key file {str(key_file)!r} is held by another program for a minute: end that "
            "one, or wait and try again."
        ) from None
    except OSError as error:
        raise KeyFileError(
            f"key file {str(key_file)!r} cannot be locked (its folder has to be writable): "
            f"{reason_of(error)}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def account() -> str:
    """Return the name of the account that runs this program, for `who`."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise StoreError(
            "this account has no name; say who you are with ATTRIBUTION_ANALYST"
        ) from None
