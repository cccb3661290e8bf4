"""Sessions: kept in the store, ended by time, by idleness, by signing out, and by every change of
the account.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from attribution.store.log import Writer
from attribution.store.service_tables import accounts, sessions
from attribution.web.access.accounts import Account
from attribution.web.access.tokens import form_token, new_token, token_hash

_HOUR = 3_600_000_000
IDLE = 2 * _HOUR
SEEN_EVERY = _HOUR // 12
"""How often it is noted that a session is used: not at each request."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    account: Account
    token: str
    seen_at: int

    @property
    def form(self) -> str:
        """What this session's forms carry."""
        return form_token(self.token)


def begin(writer: Writer, account: Account, hours: float) -> str:
    """Sign a person in; return the token for the browser."""
    token = new_token()
    connection = writer.connection
    connection.execute(sessions.delete().where(sessions.c.until < writer.now))
    connection.execute(
        sessions.insert().values(
            token=token_hash(token),
            account_id=account.id,
            made_at=writer.now,
            seen_at=writer.now,
            until=writer.now + int(hours * _HOUR),
        )
    )
    writer.add_event("signed_in", writer.now, detail={"account": account.person})
    return token


def find(connection: Connection, token: str, now: int) -> Session | None:
    """Return the session of a token; None where it has ended."""
    row = connection.execute(
        select(sessions.c.seen_at, accounts)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(
            sessions.c.token == token_hash(token),
            sessions.c.until > now,
            sessions.c.seen_at > now - IDLE,
        )
    ).first()
    if row is None:
        return None
    account = Account(*row[1:])
    return Session(account, token, row.seen_at) if account.ready else None


def note_seen(writer: Writer, session: Session) -> None:
    """Note that a session is used."""
    writer.connection.execute(
        sessions.update()
        .where(sessions.c.token == token_hash(session.token))
        .values(seen_at=writer.now)
    )


def end(writer: Writer, session: Session) -> None:
    """Sign a person out."""
    writer.connection.execute(
        sessions.delete().where(sessions.c.token == token_hash(session.token))
    )
    writer.add_event("signed_out", writer.now, detail={"account": session.account.person})
