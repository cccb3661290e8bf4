"""The audit trail: who looked at what, who did what, in the log itself, where nobody takes it
back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from attribution.errors import NotInStoreError
from attribution.store.log import Writer
from attribution.store.tables import cases, events, providers

VIEWED = "case_viewed"


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
    """Note that somebody looks at a case, and by which way. Raises NotInStoreError."""
    row = writer.connection.execute(select(cases.c.id).where(cases.c.key == case)).first()
    if row is None:
        raise NotInStoreError(
            f"case {case!r} is not in the store. `attribution case list` shows those that are."
        )
    writer.add_event(VIEWED, writer.now, case_id=row.id, detail={"how": how})


def audit_lines(
    connection: Connection,
    *,
    before: int | None = None,
    who: str | None = None,
    case: str | None = None,
    limit: int = 100,
) -> list[AuditLine]:
    """Return the log, the newest first; from the entry before `before` on; of one person, program
    or case.
    """
    wanted = (
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
        wanted = wanted.where(events.c.seq < before)
    if who:
        wanted = wanted.where(events.c.who == who)
    if case:
        wanted = wanted.where(cases.c.key == case)
    return [
        AuditLine(
            *row[:-1],
            {name: value for name, value in json.loads(row.detail).items() if name not in _UNTOLD},
        )
        for row in connection.execute(wanted)
    ]


_UNTOLD = ("digest", "list", "signature", "public_key", "evidence_sha256")
"""What a person does not read, or reads elsewhere."""
