"""Connections to SQLite and PostgreSQL: durable, one writer at a time, every wait with a limit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, OperationalError

from attribution.errors import StoreError, StoreUnavailableError
from attribution.extras import Extra, require
from attribution.files.whole_file import open_private, private_folder, reason_of

Reader: TypeAlias = Connection
"""A view of the store that queries read from: what `Store.read()` and `Writer.connection` give."""
STREAMED = {"stream_results": True, "yield_per": 2000}
"""Options of a statement whose rows are read bit by bit, so that memory does not grow with the
store.
"""
_WAIT = 30
"""Seconds to wait for another writer, and for a database to answer."""
_LOCK = 0x61747472
"""The number of PostgreSQL's advisory lock that a writer holds."""
_LOCKED = f": another program has been writing for {_WAIT} seconds. Try again."
_READ_ONLY = ": let this account write to the file and its folder, or name another store."
_FULL = ": make room and go on; what was acknowledged is there."
_REMEDIES: dict[int | str, str] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    "55P03": _LOCKED,
    "25006": _READ_ONLY,
    "53100": _FULL,
}
"""What to do by SQLite's primary result code, and by PostgreSQL's SQLSTATE."""
_FORMS = "use sqlite:///FILE or postgresql://USER@HOST/DATABASE"


def connect(url: str) -> Engine:
    """Return an engine for a store's URL; nothing is opened yet. Raises StoreError."""
    try:
        parts = make_url(url)
    except ArgumentError:
        raise StoreError(f"store {url!r} is no URL: {_FORMS}.") from None
    backend = parts.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parts.database, url)
    if backend != "postgresql":
        raise StoreError(
            f"store {parts.render_as_string()!r}: {backend} is not supported, {_FORMS}."
        )
    require("a store in PostgreSQL", Extra.POSTGRESQL)
    return create_engine(
        parts.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _WAIT,
            "options": f"-c lock_timeout={_WAIT}s -c timezone=UTC",
        },
    )


def _sqlite(database: str | None, url: str) -> Engine:
    if not database or database == ":memory:":
        raise StoreError(f"store {url!r} names no file: {_FORMS}.")
    path = Path(database)
    try:
        private_folder(path.parent)
        if not path.exists():
            open_private(path, "ab").close()
    except OSError as error:
        raise StoreError(f"the store {database!r} cannot be made: {reason_of(error)}") from error
    engine = create_engine(f"sqlite:///{path.absolute()}", connect_args={"timeout": _WAIT})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = (
            None  # transactions begin where we say, not where the driver guesses
        )
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a view of the store that does not change while it is open. Raises StoreError."""
    with _translated_errors(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction as the only writer; on disk when the block ends, or nothing of it. Raises
    StoreError.
    """
    with _translated_errors(engine), engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection


def scrub(engine: Engine) -> None:
    """See to it that what was erased does not linger in the database's files."""
    with _translated_errors(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                "VACUUM reports, cases"
            )
        else:
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]


@contextmanager
def _translated_errors(engine: Engine) -> Iterator[None]:
    """Raise a database's errors as StoreError, with what to do."""
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailableError(
            f"the store {engine.url.render_as_string()} cannot be used: {_reason(error)}"
        ) from error
    except DataError as error:
        raise StoreError(f"a value cannot be kept: {_reason(error)}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailableError(
                f"the store {engine.url.render_as_string()} cannot be used: {_reason(error)}"
            ) from error
        if isinstance(error.orig, sqlite3.DatabaseError) and not isinstance(
            error.orig, sqlite3.IntegrityError
        ):
            raise StoreUnavailableError(
                f"{engine.url.database!r} is no store, or damaged: {_reason(error)}"
            ) from error
        raise


def _reason(error: DBAPIError) -> str:
    """Return what a database says of an error, and what to do about it."""
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    primary = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    code = getattr(error.orig, "sqlstate", None) or primary
    return f"{lines[0]}{_REMEDIES.get(code, '. Nothing was changed by this step.')}"
