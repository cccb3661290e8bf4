"""The audit trail: who opened which case, and who did what. It is the log itself, where nobody
takes an entry back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from attribution.errors import NotFound
from attribution.store.engine import Reader
from attribution.store.log import Writer
from attribution.store.tables import cases, events, providers

VIEWED = "case_viewed"
_NOT_SHOWN = ("digest", "list", "signature", "public_key", "evidence_sha256")
"""Details that a person does not read, or reads elsewhere."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry of the log."""

    seq: int
    recorded_at: int
    who: str
    kind: str
    case: str | None
    provider: str | None
    detail: dict[str, Any]


def note_view(writer: Writer, case: str, how: str) -> None:
    """Note that somebody opened a case, and how (`page`, `interface`, `draft`). Raises NotFound."""
    case_id = writer.connection.execute(select(cases.c.id).where(cases.c.key == case)).scalar()
    if case_id is None:
        raise NotFound("case", case, "`attribution case list` shows those that are")
    writer.add_event(VIEWED, writer.now, case_id=case_id, detail={"how": how})


def audit_lines(
    reader: Reader,
    *,
    before: int | None = None,
    who: str | None = None,
    case: str | None = None,
    limit: int = 100,
) -> list[AuditLine]:
    """Return entries of the log, the newest first.

    `before` is the cursor: entries before that number; `who` and `case` restrict them to a person
    or program, or to a case.
    """
    statement = (
        select(
            events.c.seq,
            events.c.recorded_at,
            events.c.who,
            events.c.kind,
            cases.c.key.label("case"),
            providers.c.key.label("provider"),
            events.c.detail,
        )
        .outerjoin(cases, cases.c.id == events.c.case_id)
        .outerjoin(providers, providers.c.id == events.c.provider_id)
        .order_by(events.c.seq.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(events.c.seq < before)
    if who:
        statement = statement.where(events.c.who == who)
    if case:
        statement = statement.where(cases.c.key == case)
    return [AuditLine(*row[:-1], _shown_detail(row.detail)) for row in reader.execute(statement)]


def _shown_detail(text: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(text).items() if name not in _NOT_SHOWN}
