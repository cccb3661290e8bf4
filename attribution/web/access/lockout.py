"""The delay after failed sign-ins: by mailbox and source together, and by mailbox over all sources.

The same for mailboxes with and without an account, so that it tells nothing of who has one. A
source's first five, and a mailbox's first twenty, may fail; after each further one the wait
doubles, from half a minute to a quarter of an hour. A day without a failure forgets them. No wait
stops who gives a code of the account's authenticator that was not used yet: so a stranger's wrong
passwords, from wherever, lock nobody out, and guessing from many places is slowed all the same.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from attribution.store.keys import Keys
from attribution.store.log import Writer
from attribution.store.service_tables import failures

FREE = 5
"""Failures of one source under one mailbox without a wait."""
FREE_OVER_ALL = 20
"""Failures under one mailbox, from wherever, without a wait."""
_SECOND = 1_000_000
_LEAST, _MOST = 30 * _SECOND, 900 * _SECOND
_FORGOTTEN = 86_400 * _SECOND


@dataclass(frozen=True, slots=True)
class Subjects:
    """Under what failures of one try are counted, as keyed hashes."""

    here: str
    """The mailbox from this source."""
    anywhere: str
    """The mailbox from every source."""

    @classmethod
    def of(cls, keys: Keys, person: str, source: str) -> Subjects:
        """Return the subjects of a try; the source is an IP address, or empty."""
        place = network_of(source)
        return cls(keys.hash_of(f"sign-in {person}\x00{place}"), keys.hash_of(f"sign-in {person}"))


def network_of(source: str) -> str:
    """Return what counts as one source: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source[:100]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def locked_until(connection: Connection, subjects: Subjects, now: int) -> int | None:
    """Return until when no sign-in is tried without a right code; None where one may be."""
    until = connection.execute(
        select(func.max(failures.c.until)).where(
            failures.c.subject.in_([subjects.here, subjects.anywhere])
        )
    ).scalar()
    return int(until) if until is not None and until > now else None


def note_failure(writer: Writer, subjects: Subjects) -> None:
    """Note a failed sign-in."""
    connection, now = writer.connection, writer.now
    connection.execute(failures.delete().where(failures.c.last_at < now - _FORGOTTEN))
    for subject, free in ((subjects.here, FREE), (subjects.anywhere, FREE_OVER_ALL)):
        count = _count(connection, subject) + 1
        wait = 0 if count < free else min(_LEAST << min(count - free, 10), _MOST)
        values = {"count": count, "last_at": now, "until": now + wait}
        connection.execute(failures.delete().where(failures.c.subject == subject))
        connection.execute(failures.insert().values(subject=subject, **values))
        if count == free:
            detail = {"failed": count, "sources": "one" if subject == subjects.here else "all"}
            writer.add_event("sign_in_delayed", now, detail=detail)


def forget(writer: Writer, subjects: Subjects) -> None:
    """Forget the failures of a mailbox from this source: its owner signed in.

    What failed from elsewhere goes on to count: else each of the owner's sign-ins would give a
    guesser new tries.
    """
    writer.connection.execute(failures.delete().where(failures.c.subject == subjects.here))


def _count(connection: Connection, subject: str) -> int:
    count = connection.execute(
        select(failures.c.count).where(failures.c.subject == subject)
    ).scalar()
    return int(count or 0)
