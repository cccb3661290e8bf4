"""Whether the store can be read, and whether its log grew."""

from __future__ import annotations

from sqlalchemy import or_, select

from attribution.store.engine import Reader
from attribution.store.tables import IS_NEWS, events, heads


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
    added = select(events.c.seq).where(IS_NEWS, events.c.seq > after, about_the_past)
    return reader.execute(added.limit(1)).first() is not None
