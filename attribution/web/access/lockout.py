"""The delay after failed sign-ins: by mailbox and source together, and by mailbox over all sources.

It is the same for mailboxes with and without an account, so it does not tell who has one. The first
five failures of a source, and the first twenty of a mailbox, are free; after each further one the
delay doubles, from half a minute to a quarter of an hour. A day without a failure forgets them.

No delay stops whoever gives a code of the account's authenticator that was not used yet: so a
stranger's wrong passwords lock nobody out, and guessing from many places is slowed all the same.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from attribution.store import Reader, Writer
from attribution.store.keys import Keys
from attribution.store.queries import service_failures

FREE = 5
"""Failures of one source under one mailbox without a delay."""
FREE_OVER_ALL = 20
"""Failures under one mailbox, from every source, without a delay."""
_SECOND = 1_000_000
_SHORTEST, _LONGEST = 30 * _SECOND, 900 * _SECOND
_FORGOTTEN_AFTER = 86_400 * _SECOND


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
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((address, 64), strict=False))


def locked_until(reader: Reader, subjects: Subjects, now: int) -> int | None:
    """Return until when a sign-in needs an unused code; None where it is not delayed."""
    until = service_failures.latest_end(reader, [subjects.here, subjects.anywhere])
    return until if until is not None and until > now else None


def note_failure(writer: Writer, subjects: Subjects) -> None:
    """Count a failed sign-in."""
    reader, now = writer.connection, writer.now
    service_failures.delete_failures_before(reader, now - _FORGOTTEN_AFTER)
    for subject, free in ((subjects.here, FREE), (subjects.anywhere, FREE_OVER_ALL)):
        count = service_failures.count_failures(reader, subject) + 1
        delay = 0 if count < free else min(_SHORTEST << min(count - free, 10), _LONGEST)
        service_failures.replace_failures(reader, subject, count, now=now, until=now + delay)
        if count == free:
            detail = {"failed": count, "sources": "one" if subject == subjects.here else "all"}
            writer.add_event("sign_in_delayed", now, detail=detail)


def forget(writer: Writer, subjects: Subjects) -> None:
    """Forget the failures of a mailbox from this source: its owner signed in.

    Failures from other sources stay, or each of the owner's sign-ins would give a guesser new
    tries.
    """
    service_failures.delete_failures(writer.connection, subjects.here)
