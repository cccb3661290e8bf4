"""The delay after failed sign-ins: the same for mailboxes with and without an account, so that it tells nothing of who has one.

Five may fail; after each further one nobody signs in under that mailbox for a time that doubles, from half a minute to a quarter of an hour. A day without
a failure forgets them.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from attribution.store.log import Writer
from attribution.store.service_tables import failures

FREE = 5
_SECOND = 1_000_000
_LEAST, _MOST = 30 * _SECOND, 900 * _SECOND
_FORGOTTEN = 86_400 * _SECOND


def locked_until(connection: Connection, subject: str, now: int) -> int | None:
    """Return until when no sign-in is tried; None where one may be."""
    until = connection.execute(
        select(failures.c.until).where(failures.c.subject == subject)
    ).scalar()
    return int(until) if until is not None and until > now else None


def note_failure(writer: Writer, subject: str) -> int:
    """Note a failed sign-in; return how many there were in a row."""
    connection, now = writer.connection, writer.now
    connection.execute(failures.delete().where(failures.c.last_at < now - _FORGOTTEN))
    held = connection.execute(
        select(failures.c.count).where(failures.c.subject == subject)
    ).scalar()
    count = (held or 0) + 1
    wait = 0 if count < FREE else min(_LEAST << min(count - FREE, 10), _MOST)
    values = {"count": count, "last_at": now, "until": now + wait}
    if held is None:
        connection.execute(failures.insert().values(subject=subject, **values))
    else:
        connection.execute(failures.update().where(failures.c.subject == subject).values(**values))
    if count == FREE:
        writer.add_event("sign_in_delayed", now, detail={"failed": count})
    return count


def forget(writer: Writer, subject: str) -> None:
    """Forget the failures of a mailbox: somebody signed in."""
    writer.connection.execute(failures.delete().where(failures.c.subject == subject))
