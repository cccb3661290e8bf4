"""One-time links to set an account up: name and password, then the authenticator; used when the
first code fits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from attribution.casework.openings import LINK_MADE, SET_UP, link_maker
from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused
from attribution.store.log import Writer
from attribution.store.service_tables import tickets
from attribution.store.store import Store
from attribution.store.times import micros
from attribution.web.access import totp
from attribution.web.access.accounts import (
    Account,
    account,
    account_of,
    add_account,
    change_account,
    is_begun,
)
from attribution.web.access.passwords import hashed
from attribution.web.access.tokens import new_token, token_hash

_HOUR = 3_600_000_000
FIRST_HOURS, OTHER_HOURS = 1, 72


@dataclass(frozen=True, slots=True)
class Ticket:
    """A link that still holds, and what was filled in so far."""

    token: str
    account: Account | None
    """None for the first administrator, who has no account yet."""
    draft: dict[str, str] | None


def first_ticket(writer: Writer) -> str | None:
    """Return a new link's token for the first administrator; None where there is one. Links from
    before end.
    """
    if is_begun(writer.connection):
        return None
    writer.connection.execute(tickets.delete().where(tickets.c.account_id.is_(None)))
    return _add(writer, None, FIRST_HOURS)


def set_up_ticket(writer: Writer, account_id: int) -> str:
    """Return a new link's token for an account, new or to be set up anew. Links from before end.

    Whoever makes it sees it, and so could use it: that stands in the log (`cases.two_people`).
    """
    held = account(writer.connection, account_id)
    writer.connection.execute(tickets.delete().where(tickets.c.account_id == account_id))
    writer.add_event(LINK_MADE, writer.now, detail={"account": held.person})
    return _add(writer, account_id, OTHER_HOURS)


def find(store: Store, connection: Connection, token: str, now: datetime) -> Ticket:
    """Return a link. Raises NotInStoreError where it was used, has ended or never was."""
    row = connection.execute(
        select(tickets).where(tickets.c.token == token_hash(token), tickets.c.until > micros(now))
    ).first()
    if row is None or (row.account_id is None and is_begun(connection)):
        raise NotInStoreError("this link was used, or its time is over. Ask for a new one.")
    held = None if row.account_id is None else account(connection, row.account_id)
    draft = (
        None
        if row.draft_sealed is None
        else json.loads(store.unseal(row.draft_sealed, row.draft_seal))
    )
    return Ticket(token, held, draft)


def fill_in(
    writer: Writer, ticket: Ticket, password: str, name: str = "", mailbox: str = ""
) -> None:
    """Take the password, and draw up an authenticator's secret. Raises Refused.

    Of the first administrator name and mailbox too.
    """
    if ticket.account is not None:
        name, mailbox = ticket.account.name, ticket.account.mailbox
    draft = {
        "name": name,
        "mailbox": mailbox,
        "password": hashed(password, mailbox=mailbox),
        "secret": totp.new_secret(),
    }
    sealed, seal = writer.keys.seal(json.dumps(draft))
    changed = writer.connection.execute(
        tickets.update()
        .where(tickets.c.token == token_hash(ticket.token))
        .values(draft_sealed=sealed, draft_seal=seal)
    )
    if not changed.rowcount:
        raise NotInStoreError("this link was used, or its time is over. Ask for a new one.")


def finish(writer: Writer, ticket: Ticket, code: str, now: datetime) -> Account:
    """Make the account usable, when the code is the authenticator's. The link ends.

    Who made the link is noted with it. Raises Refused.
    """
    draft = ticket.draft
    if draft is None:
        raise Refused(Refusal.MISSING, "password", "", "choose a password first")
    step = totp.step_of(code, draft["secret"], now, 0)
    if step is None:
        raise Refused(
            Refusal.INVALID,
            "code",
            code[:20],
            "this is not the code that the authenticator shows now; is the clock of the device "
            "right?",
        )
    ended = writer.connection.execute(
        tickets.delete().where(tickets.c.token == token_hash(ticket.token))
    )
    if not ended.rowcount:
        raise NotInStoreError("this link was used, or its time is over. Ask for a new one.")
    sealed, seal = writer.keys.seal(draft["secret"])
    values = {
        "password": draft["password"],
        "totp_sealed": sealed,
        "totp_seal": seal,
        "totp_used": step,
    }
    if ticket.account is not None:
        seen_by = link_maker(writer.connection, ticket.account.person)
        return change_account(writer, ticket.account.id, SET_UP, {"seen_by": seen_by}, **values)
    # Whoever has the terminal is the first administrator, also under an account that was begun
    # otherwise.
    held = account_of(writer.connection, draft["mailbox"]) or add_account(
        writer, draft["mailbox"], draft["name"], "admin"
    )
    return change_account(writer, held.id, SET_UP, {"seen_by": None}, role="admin", **values)


def _add(writer: Writer, account_id: int | None, hours: float) -> str:
    token = new_token()
    writer.connection.execute(tickets.delete().where(tickets.c.until < writer.now))
    writer.connection.execute(
        tickets.insert().values(
            token=token_hash(token), account_id=account_id, until=writer.now + int(hours * _HOUR)
        )
    )
    return token
