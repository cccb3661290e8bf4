"""Sessions: ended by time, by idleness, by signing out, and by every change of the account."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.store import Reader, Writer
from attribution.store.queries import service_sessions
from attribution.store.queries.service_accounts import Account
from attribution.web.access.accounts import principal_of
from attribution.web.access.roles import Principal
from attribution.web.access.tokens import form_token, new_token, token_hash

_HOUR = 3_600_000_000
IDLE = 2 * _HOUR
"""Microseconds after which a session that is not used ends."""
SEEN_EVERY = _HOUR // 12
"""Microseconds after which it is noted again that a session is used: not at each request."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in."""

    account: Account
    token: str
    seen_at: int

    @property
    def form(self) -> str:
        """The CSRF token of this session's forms."""
        return form_token(self.token)

    @property
    def principal(self) -> Principal:
        """The person as one who sends requests."""
        return principal_of(self.account)


def begin(writer: Writer, account: Account, hours: float) -> str:
    """Sign a person in; return the token for the browser."""
    token, now = new_token(), writer.now
    until = now + int(hours * _HOUR)
    service_sessions.insert_session(
        writer.connection, token_hash(token), account.id, now=now, until=until
    )
    writer.add_event("signed_in", now, detail={"account": account.person})
    return token


def find(reader: Reader, token: str, now: int) -> Session | None:
    """Return the session of a token; None where it has ended."""
    row = service_sessions.session_with_hash(
        reader, token_hash(token), now=now, seen_after=now - IDLE
    )
    if row is None or not row[0].ready:
        return None
    account, seen_at = row
    return Session(account, token, seen_at)


def note_seen(writer: Writer, session: Session) -> None:
    """Note that a session is used."""
    service_sessions.touch_session(writer.connection, token_hash(session.token), writer.now)


def end(writer: Writer, session: Session) -> None:
    """Sign a person out."""
    service_sessions.delete_session(writer.connection, token_hash(session.token))
    writer.add_event("signed_out", writer.now, detail={"account": session.account.person})
