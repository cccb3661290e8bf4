"""Failed sign-ins in a row, by subject: a keyed hash of a mailbox, or of mailbox and source."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from attribution.store.engine import Reader
from attribution.store.service_tables import failures


def latest_end(reader: Reader, subjects: Collection[str]) -> int | None:
    """Return until when sign-ins of these subjects are delayed; None without any failure."""
    ends = select(func.max(failures.c.until)).where(failures.c.subject.in_(subjects))
    return reader.execute(ends).scalar()


def count_failures(reader: Reader, subject: str) -> int:
    """Return how many sign-ins of a subject failed in a row."""
    count = select(failures.c.count).where(failures.c.subject == subject)
    return int(reader.execute(count).scalar() or 0)


def replace_failures(reader: Reader, subject: str, count: int, *, now: int, until: int) -> None:
    """Set how many sign-ins of a subject failed, and until when it is delayed."""
    delete_failures(reader, subject)
    values = {"subject": subject, "count": count, "last_at": now, "until": until}
    reader.execute(failures.insert().values(**values))


def delete_failures(reader: Reader, subject: str) -> None:
    """Forget the failures of a subject."""
    reader.execute(failures.delete().where(failures.c.subject == subject))


def delete_failures_before(reader: Reader, at: int) -> None:
    """Forget the failures of every subject of which the last one was before a time."""
    reader.execute(failures.delete().where(failures.c.last_at < at))
