"""What the service shows of the log, and of reports and providers by their keys."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import or_, select

from attribution.store.engine import Reader
from attribution.store.tables import IS_NEWS, cases, events, heads, providers, reports


class ReportEvidence(NamedTuple):
    """What a report was attributed by."""

    report_id: int
    case_id: int | None
    evidence: bytes | None
    """The bundle, compressed (zlib)."""


def check_readable(reader: Reader) -> None:
    """Read one row. Raises what reading raises where the store cannot be used."""
    reader.execute(select(heads.c.seq)).one()


def last_entry(reader: Reader) -> int:
    """Return the number of the log's last entry; views of cases do not count."""
    last = select(events.c.seq).where(IS_NEWS).order_by(events.c.seq.desc()).limit(1)
    return reader.execute(last).scalar() or 0


def past_changed(reader: Reader, after: int, known_by: int) -> bool:
    """Say whether entries after a number changed what was known by a time.

    An import does, a link between providers, and a correction.
    """
    about_the_past = or_(
        events.c.known_at <= known_by, events.c.kind.in_(["correction", "unlinked"])
    )
    added = select(events.c.seq).where(IS_NEWS, events.c.seq > after, about_the_past).limit(1)
    return reader.execute(added).first() is not None


def first_letter(reader: Reader, provider_id: int) -> int | None:
    """Return when the first letter with a dossier was sent to a provider."""
    letters = select(events.c.at).where(
        events.c.kind == "letter", events.c.provider_id == provider_id
    )
    return reader.execute(letters.order_by(events.c.at).limit(1)).scalar()


def details_of_kind(reader: Reader, kind: str) -> list[dict[str, Any]]:
    """Return the details of every event of a kind, each with its time `at`, the latest first."""
    rows = reader.execute(
        select(events.c.at, events.c.detail)
        .where(events.c.kind == kind)
        .order_by(events.c.seq.desc())
    )
    return [{**json.loads(row.detail), "at": row.at} for row in rows]


def report_evidence(reader: Reader, report: str) -> ReportEvidence | None:
    """Return the evidence of a report by the report's key."""
    row = reader.execute(
        select(reports.c.id, reports.c.case_id, reports.c.evidence).where(reports.c.key == report)
    ).first()
    return None if row is None else ReportEvidence(*row)


def case_of_report(reader: Reader, report: str) -> str | None:
    """Return the key of the case that a report belongs to."""
    return reader.execute(
        select(cases.c.key)
        .join(reports, reports.c.case_id == cases.c.id)
        .where(reports.c.key == report)
    ).scalar()


def provider_with_key(reader: Reader, key: str) -> int | None:
    """Return the id of a provider by its key."""
    return reader.execute(select(providers.c.id).where(providers.c.key == key)).scalar()
