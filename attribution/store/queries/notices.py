"""Notices and reminders that were sent: those that were taken back count as never sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from attribution.store.engine import Reader
from attribution.store.queries.events import stands
from attribution.store.queries.rows import in_chunks, streamed_rows
from attribution.store.tables import cases, events

_SENT = ("sent", "reminder")


@dataclass(frozen=True, slots=True)
class SentNotice:
    """A notice or reminder that was sent, and its case."""

    case: str
    case_id: int
    provider_id: int
    sent_at: int
    """Microseconds since 1970."""
    detail: dict[str, Any]
    """`to`, `message_id`, `envelope_id`, as they were noted."""


def sent_notices(reader: Reader, case_ids: Collection[int] | None = None) -> Iterator[SentNotice]:
    """Yield what was sent, in the order in which it was noted: for some cases, or for all."""
    statement = (
        select(cases.c.key, events.c.case_id, events.c.provider_id, events.c.at, events.c.detail)
        .join(cases, cases.c.id == events.c.case_id)
        .where(events.c.kind.in_(_SENT), stands())
        .order_by(events.c.seq)
    )
    if case_ids is not None:
        statement = statement.where(events.c.case_id.in_(case_ids))
    return streamed_rows(reader, statement, _sent_notice)


def first_sent(reader: Reader, case_id: int) -> int | None:
    """Return when the first notice of a case was sent; None before that."""
    statement = select(func.min(events.c.at)).where(
        events.c.case_id == case_id, events.c.kind == "sent", stands()
    )
    return reader.execute(statement).scalar()


def notices_after(reader: Reader, case_id: int, at: int, seq: int) -> list[int]:
    """Return the numbers of notices of a case that were sent at a time or later, but for one."""
    statement = select(events.c.seq).where(
        events.c.case_id == case_id,
        events.c.kind.in_(_SENT),
        events.c.at >= at,
        events.c.seq != seq,
        stands(),
    )
    return list(reader.execute(statement).scalars())


def last_sent(reader: Reader, case_ids: Collection[int]) -> dict[int, int]:
    """Return when the last notice or reminder of cases was sent, by case; none before the first."""
    statement = (
        select(events.c.case_id, func.max(events.c.at))
        .where(events.c.kind.in_(_SENT), stands())
        .group_by(events.c.case_id)
    )
    return {
        case_id: at
        for chunk in in_chunks(case_ids)
        for case_id, at in reader.execute(statement.where(events.c.case_id.in_(chunk)))
    }


def _sent_notice(case: str, case_id: int, provider_id: int, at: int, detail: str) -> SentNotice:
    return SentNotice(case, case_id, provider_id, at, json.loads(detail))
