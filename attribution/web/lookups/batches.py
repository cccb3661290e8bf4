"""Batches: lists that are looked up line by line. They are kept for a week, the targets sealed."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from attribution.models import Attribution
from attribution.store import Reader, Store, Writer
from attribution.store.engine import writing
from attribution.store.queries import service_batches as queries
from attribution.store.queries.service_batches import (
    BatchLine,
    BatchState,
    LineAnswer,
    SealedTarget,
    State,
)
from attribution.store.times import micros

KEPT_DAYS = 7
_DAY = 86_400_000_000
_LEASE = 120_000_000
"""Microseconds for which a process has a batch for itself after each step: the lease of a process
that died ends then.
"""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One target of a batch and what was found."""

    line: int
    target: str
    status: str | None
    """None before there is an answer."""
    provider: str | None
    answer: Attribution | None
    evidence: bytes | None
    """The bundle; None where the batch keeps none."""
    report: str | None
    """The key of the report that was made of it."""


def add_batch(writer: Writer, owner: str, targets: Sequence[str], *, kept: bool) -> str:
    """Add a batch; return its id, which cannot be guessed. Batches whose week is over are deleted.

    `kept` says that evidence is kept too.
    """
    batch_id, now = f"b{secrets.token_hex(12)}", writer.now
    queries.insert_batch(
        writer.connection,
        BatchState(batch_id, owner, now, State.RUNNING, len(targets), kept, counts={}),
        (
            SealedTarget(number, *writer.keys.seal(target))
            for number, target in enumerate(targets, start=1)
        ),
        forget_before=now - KEPT_DAYS * _DAY,
    )
    return batch_id


def lines_after(store: Store, reader: Reader, batch_id: str, after: int, limit: int) -> list[Line]:
    """Return a batch's lines in their order; `after` is the cursor, the last line's number."""
    return [_line(store, row) for row in queries.lines_after(reader, batch_id, after, limit)]


def all_lines(store: Store, batch_id: str) -> Iterator[Line]:
    """Yield every line of a batch in its order. The store is not held meanwhile."""
    after = 0
    while True:
        with store.read() as reader:
            lines = lines_after(store, reader, batch_id, after, _PAGE)
        yield from lines
        if len(lines) < _PAGE:
            return
        after = lines[-1].line


def line_numbered(store: Store, reader: Reader, batch_id: str, number: int) -> Line:
    """Return one line. Raises NotInStoreError."""
    return _line(store, queries.line_numbered(reader, batch_id, number))


def lines_of_provider(
    store: Store, reader: Reader, batch_id: str, provider: str | None, limit: int
) -> list[Line]:
    """Return the first lines of a batch that are at a provider; None: those at nobody's."""
    rows = queries.lines_of_provider(reader, batch_id, provider, limit)
    return [_line(store, row) for row in rows]


def targets_of_reports(store: Store, reader: Reader, reports: Sequence[str]) -> list[str]:
    """Return the URLs that reports were made of, where their batches are kept still."""
    return [target for _, target in _opened(store, queries.targets_of_reports(reader, reports))]


def unanswered_targets(store: Store, batch_id: str, status: str | None) -> list[tuple[int, str]]:
    """Return (line, target) of the lines whose answer has a status; None: of those without one."""
    with store.read() as reader:
        return _opened(store, queries.targets_with_status(reader, batch_id, status))


def answer_of(line: int, answer: Attribution, evidence: bytes | None = None) -> LineAnswer:
    """Return what is stored of an answer to a line: without its target, which is stored sealed."""
    return LineAnswer(
        line,
        answer.status,
        answer.primary.provider.id if answer.primary else None,
        answer.model_copy(update={"input": ""}).model_dump_json(),
        None if evidence is None else zlib.compress(evidence),
    )


def keep_answers(store: Store, batch_id: str, answers: Sequence[LineAnswer]) -> bool:
    """Write answers and renew the lease; return False where the batch was stopped meanwhile."""
    with writing(store.engine) as reader:
        queries.write_answers(reader, batch_id, answers)
        return queries.renew_lease(reader, batch_id, micros(store.now) + _LEASE)


def take(store: Store, batch_id: str) -> bool:
    """Take the lease of a running batch; return False where another process has it."""
    now = micros(store.now)
    with writing(store.engine) as reader:
        return queries.renew_lease(reader, batch_id, now + _LEASE, ended_before=now)


def release(store: Store, batch_id: str, becomes: State = State.RUNNING) -> None:
    """End the lease of a running batch, and note that it is done or stopped, where it is."""
    with writing(store.engine) as reader:
        queries.change_state(reader, batch_id, State.RUNNING, becomes)


def resume(store: Store, batch_id: str) -> None:
    """Let a stopped batch run again."""
    with writing(store.engine) as reader:
        queries.change_state(reader, batch_id, State.STOPPED, State.RUNNING)


def _opened(store: Store, targets: Iterable[SealedTarget]) -> list[tuple[int, str]]:
    return [
        (target.line, store.unseal(target.target_sealed, target.target_seal)) for target in targets
    ]


def _line(store: Store, row: BatchLine) -> Line:
    target = store.unseal(row.target_sealed, row.target_seal)
    answer = None
    if row.answer is not None:
        answer = Attribution.model_validate({**json.loads(row.answer), "input": target})
    evidence = None if row.evidence is None else zlib.decompress(row.evidence)
    return Line(row.line, target, row.status, row.provider, answer, evidence, row.report)
