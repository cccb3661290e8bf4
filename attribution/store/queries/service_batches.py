"""Batches: lists of targets to look up, line by line, each target sealed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, update

from attribution.errors import NotInStoreError
from attribution.store.engine import Reader
from attribution.store.queries.rows import columns_for, first_row, rows_of
from attribution.store.service_tables import batch_lines, batches


class State(StrEnum):
    """Whether a batch is worked on."""

    RUNNING = "running"
    """Some process works on it, or takes it next."""
    DONE = "done"
    """Every line has its answer."""
    STOPPED = "stopped"
    """Somebody stopped it, or it failed; it can be resumed."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch, and how far it is."""

    id: str
    owner: str
    made_at: int
    state: State
    total: int
    """How many lines it has."""
    kept: bool
    """Whether evidence is kept too, as it is for what people look up."""
    counts: dict[str, int]
    """How many lines have which status, of those that have an answer."""

    @property
    def done(self) -> int:
        """How many lines have their answer."""
        return sum(self.counts.values())


class BatchLine(NamedTuple):
    """A line of a batch. Fields are in the order of the table's columns after `batch`."""

    line: int
    target_sealed: bytes
    target_seal: bytes
    status: str | None
    """The answer's status; None before there is one."""
    provider: str | None
    answer: str | None
    """JSON, with an empty `input`."""
    evidence: bytes | None
    """The bundle, compressed (zlib)."""
    report: str | None
    """The key of the report that was made of the line."""


class SealedTarget(NamedTuple):
    """A target of a batch, by its line."""

    line: int
    target_sealed: bytes
    target_seal: bytes


class LineAnswer(NamedTuple):
    """What is written to a line when its target was looked up; see `BatchLine`."""

    line: int
    status: str
    provider: str | None
    answer: str
    evidence: bytes | None = None


_LINE = select(*columns_for(batch_lines, BatchLine)).order_by(batch_lines.c.line)
_TARGET = select(*columns_for(batch_lines, SealedTarget)).order_by(batch_lines.c.line)


def insert_batch(
    reader: Reader, batch: BatchState, targets: Iterable[SealedTarget], *, forget_before: int
) -> None:
    """Add a batch that nobody works on yet; batches made before a time are deleted."""
    old = select(batches.c.id).where(batches.c.made_at < forget_before)
    reader.execute(batch_lines.delete().where(batch_lines.c.batch.in_(old)))
    reader.execute(batches.delete().where(batches.c.made_at < forget_before))
    columns = ("id", "owner", "made_at", "state", "total", "kept")
    values = {name: getattr(batch, name) for name in columns}
    reader.execute(batches.insert().values(lease=0, **values))
    rows = [{"batch": batch.id, **target._asdict()} for target in targets]
    reader.execute(batch_lines.insert(), rows)


def batch_state(reader: Reader, batch_id: str, owner: str | None = None) -> BatchState:
    """Return a batch; of one owner's only, where one is named. Raises NotInStoreError."""
    states = _states(reader, select(batches).where(batches.c.id == batch_id))
    if not states or owner not in (None, states[0].owner):
        raise NotInStoreError(
            f"batch {batch_id!r} is not in the store: it never was, or its week is over."
        )
    return states[0]


def batch_states(
    reader: Reader, owner: str, before: str | None = None, limit: int = 50
) -> list[BatchState]:
    """Return an owner's batches, the newest first.

    `before` is the cursor: batches older than this one. Raises NotInStoreError for the cursor.
    """
    page = (
        select(batches)
        .where(batches.c.owner == owner)
        .order_by(batches.c.made_at.desc(), batches.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        last = batch_state(reader, before, owner)
        page = page.where(
            (batches.c.made_at < last.made_at)
            | ((batches.c.made_at == last.made_at) & (batches.c.id < last.id))
        )
    return _states(reader, page)


def running_batches(reader: Reader) -> list[str]:
    """Return the ids of the batches that are to be worked on."""
    running = select(batches.c.id).where(batches.c.state == State.RUNNING)
    return list(reader.execute(running).scalars())


def renew_lease(
    reader: Reader, batch_id: str, until: int, *, ended_before: int | None = None
) -> bool:
    """Set until when one process has a running batch for itself; return whether that was done.

    With `ended_before`, only where the lease from before had ended by that time.
    """
    statement = update(batches).where(batches.c.id == batch_id, batches.c.state == State.RUNNING)
    if ended_before is not None:
        statement = statement.where(batches.c.lease < ended_before)
    return bool(reader.execute(statement.values(lease=until)).rowcount)


def change_state(reader: Reader, batch_id: str, state: State, becomes: State) -> None:
    """Change the state of a batch that is in a state, and end its lease."""
    statement = update(batches).where(batches.c.id == batch_id, batches.c.state == state)
    reader.execute(statement.values(state=becomes, lease=0))


def lines_after(reader: Reader, batch_id: str, after: int, limit: int) -> list[BatchLine]:
    """Return a batch's lines in their order; `after` is the cursor, the last line's number."""
    page = _LINE.where(batch_lines.c.batch == batch_id, batch_lines.c.line > after).limit(limit)
    return rows_of(reader, page, BatchLine)


def line_numbered(reader: Reader, batch_id: str, number: int) -> BatchLine:
    """Return one line. Raises NotInStoreError."""
    statement = _LINE.where(batch_lines.c.batch == batch_id, batch_lines.c.line == number)
    line = first_row(reader, statement, BatchLine)
    if line is None:
        raise NotInStoreError(f"batch {batch_id!r} has no line {number}.")
    return line


def lines_of_provider(
    reader: Reader, batch_id: str, provider: str | None, limit: int
) -> list[BatchLine]:
    """Return the first lines of a batch that are at a provider; None: those at nobody's."""
    page = _LINE.where(
        batch_lines.c.batch == batch_id,
        batch_lines.c.status.is_not(None),
        batch_lines.c.provider == provider,
    )
    return rows_of(reader, page.limit(limit), BatchLine)


def providers_of_batch(reader: Reader, batch_id: str) -> list[tuple[str | None, int]]:
    """Return (provider, lines) of a batch, the most lines first; None for those without one."""
    rows = reader.execute(
        select(batch_lines.c.provider, func.count())
        .where(batch_lines.c.batch == batch_id, batch_lines.c.status.is_not(None))
        .group_by(batch_lines.c.provider)
    )
    return sorted(
        ((provider, count) for provider, count in rows),
        key=lambda pair: (pair[0] is None, -pair[1], pair[0] or ""),
    )


def targets_with_status(reader: Reader, batch_id: str, status: str | None) -> list[SealedTarget]:
    """Return the targets of a batch whose answer has a status; None: those without an answer."""
    page = _TARGET.where(batch_lines.c.batch == batch_id, batch_lines.c.status == status)
    return rows_of(reader, page, SealedTarget)


def targets_of_reports(reader: Reader, reports: Collection[str]) -> list[SealedTarget]:
    """Return the targets that reports were made of, where their batches are kept still."""
    page = _TARGET.where(batch_lines.c.report.in_(reports))
    return rows_of(reader, page, SealedTarget)


def write_answers(reader: Reader, batch_id: str, answers: Sequence[LineAnswer]) -> None:
    """Write what was found to lines of a batch."""
    for answer in answers:
        set_line(reader, batch_id, answer.line, **answer._asdict())


def set_line(reader: Reader, batch_id: str, number: int, **values: Any) -> None:
    """Change columns of a line."""
    line = update(batch_lines).where(batch_lines.c.batch == batch_id, batch_lines.c.line == number)
    reader.execute(line.values(**values))


def _states(reader: Reader, statement: Select[Any]) -> list[BatchState]:
    rows = reader.execute(statement).all()
    counts: dict[str, dict[str, int]] = {row.id: {} for row in rows}
    for batch_id, status, count in reader.execute(
        select(batch_lines.c.batch, batch_lines.c.status, func.count())
        .where(batch_lines.c.batch.in_(list(counts)), batch_lines.c.status.is_not(None))
        .group_by(batch_lines.c.batch, batch_lines.c.status)
    ):
        counts[batch_id][status] = count
    return [
        BatchState(
            row.id,
            row.owner,
            row.made_at,
            State(row.state),
            row.total,
            bool(row.kept),
            counts[row.id],
        )
        for row in rows
    ]
