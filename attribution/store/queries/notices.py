"""Which case a mail is about: cases by token, notices by what their mail was called."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from attribution.store.engine import STREAMED
from attribution.store.tables import cases, events

_AT_ONCE = 500
"""Values in one statement: databases bound how many there may be."""


@dataclass(frozen=True, slots=True)
class SentNotice:
    """A notice or reminder that was sent, and its case."""

    case: str
    case_id: int
    provider_id: int
    sent_at: int
    """Microseconds."""
    detail: dict[str, Any]
    """`to`, `message_id`, `envelope_id`, as they were noted."""


def cases_with_tokens(connection: Connection, tokens: list[str]) -> dict[str, int]:
    """Return the ids of cases by their token, of those that are there exactly so."""
    rows = connection.execute(select(cases.c.token, cases.c.id).where(cases.c.token.in_(tokens)))
    return {row.token: row.id for row in rows}


def mixed_case_tokens(connection: Connection) -> list[tuple[str, int]]:
    """Return (token, case id) of cases whose token has capitals: those of an earlier form."""
    wanted = select(cases.c.token, cases.c.id).where(cases.c.token != func.lower(cases.c.token))
    return [(row.token, row.id) for row in connection.execute(wanted)]


def sent_notices(connection: Connection, case_ids: list[int] | None = None) -> Iterator[SentNotice]:
    """Yield what was sent, in the order in which it was noted: for some cases, or for all."""
    wanted = (
        select(events.c.case_id, events.c.provider_id, events.c.at, events.c.detail, cases.c.key)
        .join(cases, cases.c.id == events.c.case_id)
        .where(events.c.kind.in_(["sent", "reminder"]))
        .order_by(events.c.seq)
    )
    if case_ids is not None:
        wanted = wanted.where(events.c.case_id.in_(case_ids))
    for row in connection.execute(wanted, execution_options=STREAMED):
        yield SentNotice(row.key, row.case_id, row.provider_id, row.at, json.loads(row.detail))


def case_rows(connection: Connection, case_ids: list[int]) -> list[Row[Any]]:
    """Return (id, key, provider_id) of cases."""
    wanted = select(cases.c.id, cases.c.key, cases.c.provider_id).where(cases.c.id.in_(case_ids))
    return list(connection.execute(wanted.order_by(cases.c.id)))


def known_cases(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those of the keys that are cases' keys."""
    known: set[str] = set()
    listed = sorted(set(keys))
    for start in range(0, len(listed), _AT_ONCE):
        part = listed[start : start + _AT_ONCE]
        known.update(connection.execute(select(cases.c.key).where(cases.c.key.in_(part))).scalars())
    return known


def is_noted(connection: Connection, origin: str) -> bool:
    """Say whether an event of this origin, or several, are in the log."""
    wanted = select(events.c.seq).where(events.c.origin.in_([origin, f"{origin} 0"]))
    return connection.execute(wanted).first() is not None


def arrivals(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """Return the details of what says that a server took a case's notice, unless taken back."""
    taken_back = select(events.c.corrects).where(
        events.c.case_id == case_id, events.c.kind == "correction", events.c.corrects.is_not(None)
    )
    wanted = select(events.c.detail).where(
        events.c.case_id == case_id,
        events.c.kind.in_(["delivered", "relayed"]),
        events.c.seq.not_in(taken_back),
    )
    return [json.loads(row.detail) for row in connection.execute(wanted)]
