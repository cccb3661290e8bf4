"""Heads of the log: the hash of its last event stands for everything before it.

A head that is kept where the database's administrator cannot change it (a backup, a signed list, a
dossier, a time stamp) shows later whether the log was cut or rewritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select

from attribution.store.chain import GENESIS
from attribution.store.engine import Reader
from attribution.store.tables import events
from attribution.store.times import DAY

_HASH = re.compile(r"[0-9a-f]{64}")
_LAST_EVENT = 2**63 - 1


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


def noted_head(values: Any) -> Head:
    """Read a head from what `as_json` wrote. Raises KeyError, TypeError or ValueError."""
    seq, digest = values["event"], values["hash"]
    if type(seq) is not int or not 0 <= seq <= _LAST_EVENT:
        raise ValueError(f"it names no event: {str(seq)[:40]!r}")
    if not isinstance(digest, str) or not _HASH.fullmatch(digest):
        raise ValueError(f"it names no hash: {str(digest)[:70]!r}")
    return Head(seq, digest, 0)


def current_head(reader: Reader) -> Head:
    """Return the end of the log as it is now."""
    return _head(reader.execute(_LATEST).mappings().first())


def days_head(reader: Reader, at: int) -> Head:
    """Return the end that the log had when the day of a time began, UTC: always the same."""
    midnight = at - at % DAY
    query = _LATEST.where(events.c.recorded_at < midnight)
    return _head(reader.execute(query).mappings().first())


def hash_of(reader: Reader, seq: int) -> str | None:
    """Return the hash of an event; None where the log has no event of that number."""
    if seq == 0:
        return GENESIS
    return reader.execute(select(events.c.hash).where(events.c.seq == seq)).scalar_one_or_none()


def recorded_after(reader: Reader, seq: int) -> int | None:
    """Return when the event after one was recorded, in microseconds; None where none follows."""
    return reader.execute(
        select(events.c.recorded_at).where(events.c.seq > seq).order_by(events.c.seq).limit(1)
    ).scalar_one_or_none()


_LATEST = (
    select(events.c.seq, events.c.hash, events.c.recorded_at).order_by(events.c.seq.desc()).limit(1)
)


def _head(row: RowMapping | None) -> Head:
    return Head(**row) if row else Head(0, GENESIS, 0)
