"""Heads of the log: the hash of its last event stands for everything before it.

A head that is kept where the database's administrator cannot change it (a backup, a signed list, a
dossier, a time stamp) shows later whether the log was cut or rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from attribution.store.chain import GENESIS
from attribution.store.tables import events

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Head:
    """The end that the log had once."""

    seq: int
    """Number of its last event; 0 for an empty log."""
    hash: str
    """That event's hash, 64 hexadecimal digits."""
    recorded_at: int
    """When that event was written, in microseconds since 1970."""

    def as_json(self) -> dict[str, int | str]:
        """Return what is written into a file that leaves the machine."""
        return {"event": self.seq, "hash": self.hash}


def current_head(connection: Connection) -> Head:
    """Return the end of the log as it is now."""
    return _head(connection.execute(_LATEST).mappings().first())


def days_head(connection: Connection, at: int) -> Head:
    """Return the end that the log had when the day of a time began, UTC: always the same."""
    midnight = at - at % _DAY
    query = _LATEST.where(events.c.recorded_at < midnight)
    return _head(connection.execute(query).mappings().first())


def hash_of(connection: Connection, seq: int) -> str | None:
    """Return the hash of an event; None where the log has no event of that number."""
    if seq == 0:
        return GENESIS
    return connection.execute(select(events.c.hash).where(events.c.seq == seq)).scalar_one_or_none()


_LATEST = (
    select(events.c.seq, events.c.hash, events.c.recorded_at).order_by(events.c.seq.desc()).limit(1)
)


def _head(row: RowMapping | None) -> Head:
    return Head(**row) if row else Head(0, GENESIS, 0)
