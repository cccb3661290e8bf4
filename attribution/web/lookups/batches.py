"""Batches in the store: lists to look up, line by line, sealed; kept for a week."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from attribution.errors import NotInStoreError
from attribution.models import Attribution
from attribution.store.engine import writing
from attribution.store.service_tables import batch_lines, batches
from attribution.store.store import Store
from attribution.store.times import micros

KEPT_DAYS = 7
_DAY = 86_400_000_000
_LEASE = 120_000_000
"""Microseconds for which a process has a batch for itself after each step; one that died loses it
then.
"""


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch, and how far it is."""

    id: str
    owner: str
    made_at: int
    state: str
    total: int
    kept: bool
    counts: dict[str, int]

    @property
    def done(self) -> int:
        """How many lines have their answer."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Line:
    """One target and what was found."""

    line: int
    target: str
    status: str | None
    provider: str | None
    answer: Attribution | None
    evidence: bytes | None
    report: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a line, ready to be written."""

    line: int
    status: str
    provider: str | None
    answer: str
    """JSON, with an empty `input`."""
    evidence: bytes | None = None

    @classmethod
    def of(cls, line: int, answer: Attribution, evidence: bytes | None = None) -> Found:
        """Return the answer to a line without what was asked."""
        provider = answer.primary.provider.id if answer.primary else None
        text = answer.model_copy(update={"input": ""}).model_dump_json()
        return cls(
            line,
            answer.status,
            provider,
            text,
            None if evidence is None else zlib.compress(evidence),
        )


def add_batch(
    connection: Connection, store: Store, owner: str, targets: Sequence[str], *, kept: bool
) -> str:
    """Add a batch; return its id, which nobody guesses. Batches whose week is over go."""
    now = micros(store.now)
    old = select(batches.c.id).where(batches.c.made_at < now - KEPT_DAYS * _DAY)
    connection.execute(batch_lines.delete().where(batch_lines.c.batch.in_(old)))
    connection.execute(batches.delete().where(batches.c.made_at < now - KEPT_DAYS * _DAY))
    identity = f"b{secrets.token_hex(12)}"
    connection.execute(
        batches.insert().values(
            id=identity,
            owner=owner,
            made_at=now,
            state="running",
            total=len(targets),
            kept=kept,
            lease=0,
        )
    )
    rows = []
    for number, target in enumerate(targets, start=1):
        sealed, seal = store.keys.seal(target)
        rows.append(
            {"batch": identity, "line": number, "target_sealed": sealed, "target_seal": seal}
        )
    connection.execute(batch_lines.insert(), rows)
    return identity


def batch_state(connection: Connection, identity: str, owner: str | None = None) -> BatchState:
    """Return a batch; of one owner's only, where one is named. Raises NotInStoreError."""
    row = connection.execute(select(batches).where(batches.c.id == identity)).first()
    if row is None or owner not in (None, row.owner):
        raise NotInStoreError(
            f"batch {identity!r} is not in the store: it never was, or its week is over."
        )
    return _states(connection, [row])[0]


def batch_states(
    connection: Connection, owner: str, before: str | None = None, limit: int = 50
) -> list[BatchState]:
    """Return an owner's batches, the newest first, from the one after `before` on. Raises
    NotInStoreError.
    """
    wanted = (
        select(batches)
        .where(batches.c.owner == owner)
        .order_by(batches.c.made_at.desc(), batches.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        last = batch_state(connection, before, owner)
        wanted = wanted.where(
            (batches.c.made_at < last.made_at)
            | ((batches.c.made_at == last.made_at) & (batches.c.id < last.id))
        )
    return _states(connection, connection.execute(wanted).all())


def lines_of(
    store: Store, connection: Connection, identity: str, after: int = 0, limit: int = 1000
) -> list[Line]:
    """Return a batch's lines in their order, from the one after `after` on."""
    rows = connection.execute(
        select(batch_lines)
        .where(batch_lines.c.batch == identity, batch_lines.c.line > after)
        .order_by(batch_lines.c.line)
        .limit(limit)
    ).all()
    return [_line(store, row) for row in rows]


def line_of(store: Store, connection: Connection, identity: str, number: int) -> Line:
    """Return one line. Raises NotInStoreError."""
    row = connection.execute(
        select(batch_lines).where(batch_lines.c.batch == identity, batch_lines.c.line == number)
    ).first()
    if row is None:
        raise NotInStoreError(f"batch {identity!r} has no line {number}.")
    return _line(store, row)


def open_lines(
    store: Store, connection: Connection, identity: str, *, again: bool = False
) -> list[tuple[int, str]]:
    """Return (line, target) of those without an answer; `again`: of those whose registry asked to
    come back later.
    """
    state = batch_lines.c.status == "retry_later" if again else batch_lines.c.status.is_(None)
    rows = connection.execute(
        select(batch_lines.c.line, batch_lines.c.target_sealed, batch_lines.c.target_seal)
        .where(batch_lines.c.batch == identity, state)
        .order_by(batch_lines.c.line)
    )
    return [(row.line, store.unseal(row.target_sealed, row.target_seal)) for row in rows]


def keep_found(store: Store, identity: str, found: Iterable[Found]) -> bool:
    """Write answers, and keep the batch for this process; False where it was stopped meanwhile."""
    with writing(store.engine) as connection:
        for one in found:
            connection.execute(
                batch_lines.update()
                .where(batch_lines.c.batch == identity, batch_lines.c.line == one.line)
                .values(
                    status=one.status,
                    provider=one.provider,
                    answer=one.answer,
                    evidence=one.evidence,
                )
            )
        held = connection.execute(
            update(batches)
            .where(batches.c.id == identity, batches.c.state == "running")
            .values(lease=micros(store.now) + _LEASE)
        )
        return bool(held.rowcount)


def take(store: Store, identity: str) -> bool:
    """Take a batch that nobody works on; False where somebody does, or it is not running."""
    now = micros(store.now)
    with writing(store.engine) as connection:
        done = connection.execute(
            update(batches)
            .where(batches.c.id == identity, batches.c.state == "running", batches.c.lease < now)
            .values(lease=now + _LEASE)
        )
        return bool(done.rowcount)


def release(store: Store, identity: str, state: str | None = None) -> None:
    """Let a batch go, for whoever takes it next; or note that it is `done` or `stopped`."""
    values: dict[str, Any] = {"lease": 0, **({"state": state} if state else {})}
    with writing(store.engine) as connection:
        connection.execute(
            update(batches)
            .where(batches.c.id == identity, batches.c.state == "running")
            .values(values)
        )


def go_on(store: Store, identity: str) -> None:
    """Let a stopped batch run again."""
    with writing(store.engine) as connection:
        connection.execute(
            update(batches)
            .where(batches.c.id == identity, batches.c.state == "stopped")
            .values(state="running", lease=0)
        )


def running(connection: Connection) -> list[str]:
    """Return the batches that are to be worked on."""
    return list(
        connection.execute(select(batches.c.id).where(batches.c.state == "running")).scalars()
    )


def note_report(connection: Connection, identity: str, number: int, report: str) -> None:
    """Note which report was made of a line."""
    connection.execute(
        update(batch_lines)
        .where(batch_lines.c.batch == identity, batch_lines.c.line == number)
        .values(report=report)
    )


def targets_of_reports(store: Store, connection: Connection, names: Iterable[str]) -> list[str]:
    """Return the URLs of reports that were made of lines that are still kept."""
    rows = connection.execute(
        select(batch_lines.c.target_sealed, batch_lines.c.target_seal).where(
            batch_lines.c.report.in_(list(names))
        )
    )
    return [store.unseal(row.target_sealed, row.target_seal) for row in rows]


def companies_of(connection: Connection, identity: str) -> list[tuple[str | None, int]]:
    """Return (provider, lines) of a batch, the most lines first; None for those without one."""
    rows = connection.execute(
        select(batch_lines.c.provider, func.count())
        .where(batch_lines.c.batch == identity, batch_lines.c.status.is_not(None))
        .group_by(batch_lines.c.provider)
    )
    return sorted(
        ((row[0], row[1]) for row in rows),
        key=lambda pair: (pair[0] is None, -pair[1], pair[0] or ""),
    )


def lines_at(
    store: Store, connection: Connection, identity: str, provider: str | None, limit: int
) -> list[Line]:
    """Return the first lines of a batch that are at a provider; None: those that are at
    nobody's.
    """
    at = (
        batch_lines.c.provider.is_(None) if provider is None else batch_lines.c.provider == provider
    )
    rows = connection.execute(
        select(batch_lines)
        .where(batch_lines.c.batch == identity, batch_lines.c.status.is_not(None), at)
        .order_by(batch_lines.c.line)
        .limit(limit)
    )
    return [_line(store, row) for row in rows]


def _states(connection: Connection, rows: Sequence[Any]) -> list[BatchState]:
    counts: dict[str, dict[str, int]] = {row.id: {} for row in rows}
    for identity, status, count in connection.execute(
        select(batch_lines.c.batch, batch_lines.c.status, func.count())
        .where(batch_lines.c.batch.in_(list(counts)), batch_lines.c.status.is_not(None))
        .group_by(batch_lines.c.batch, batch_lines.c.status)
    ):
        counts[identity][status] = count
    return [
        BatchState(
            row.id, row.owner, row.made_at, row.state, row.total, bool(row.kept), counts[row.id]
        )
        for row in rows
    ]


def _line(store: Store, row: Any) -> Line:
    target = store.unseal(row.target_sealed, row.target_seal)
    answer = None
    if row.answer is not None:
        answer = Attribution.model_validate({**json.loads(row.answer), "input": target})
    evidence = None if row.evidence is None else zlib.decompress(row.evidence)
    return Line(row.line, target, row.status, row.provider, answer, evidence, row.report)
