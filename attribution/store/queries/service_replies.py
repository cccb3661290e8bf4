"""Replies to requests with an idempotency key, by a keyed hash of that key."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from attribution.store.engine import Reader
from attribution.store.queries.rows import first_row
from attribution.store.service_tables import replies


class Reply(NamedTuple):
    """What was answered to a request. Fields are in the order of the table's columns."""

    key: str
    request: str
    """A keyed hash of the request's body."""
    status: int
    body: str
    made_at: int


def reply_with_key(reader: Reader, key: str) -> Reply | None:
    """Return what was answered under a key."""
    return first_row(reader, select(replies).where(replies.c.key == key), Reply)


def keep_reply(reader: Reader, reply: Reply, *, forget_before: int) -> None:
    """Keep a reply; those from before a time are deleted."""
    reader.execute(replies.delete().where(replies.c.made_at < forget_before))
    reader.execute(replies.insert().values(**reply._asdict()))
