"""Sessions of people who are signed in; each is kept under the hash of its token."""

from __future__ import annotations

from sqlalchemy import select

from attribution.store.engine import Reader
from attribution.store.queries.rows import first_row
from attribution.store.queries.service_accounts import Account
from attribution.store.service_tables import accounts, sessions


def session_with_hash(
    reader: Reader, token_hash: str, *, now: int, seen_after: int
) -> tuple[Account, int] | None:
    """Return the account of a session and when it was last used.

    None where it has ended by `now`, or was not used after `seen_after`.
    """
    statement = (
        select(sessions.c.seen_at, accounts)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(
            sessions.c.token == token_hash,
            sessions.c.until > now,
            sessions.c.seen_at > seen_after,
        )
    )
    return first_row(reader, statement, lambda seen_at, *account: (Account(*account), int(seen_at)))


def insert_session(
    reader: Reader, token_hash: str, account_id: int, *, now: int, until: int
) -> None:
    """Add a session; sessions whose time is over are deleted."""
    reader.execute(sessions.delete().where(sessions.c.until < now))
    values = {"account_id": account_id, "made_at": now, "seen_at": now, "until": until}
    reader.execute(sessions.insert().values(token=token_hash, **values))


def touch_session(reader: Reader, token_hash: str, now: int) -> None:
    """Note that a session is used."""
    reader.execute(sessions.update().where(sessions.c.token == token_hash).values(seen_at=now))


def delete_session(reader: Reader, token_hash: str) -> None:
    """End a session."""
    reader.execute(sessions.delete().where(sessions.c.token == token_hash))


def delete_sessions_of(reader: Reader, account_id: int) -> None:
    """End every session of an account."""
    reader.execute(sessions.delete().where(sessions.c.account_id == account_id))
