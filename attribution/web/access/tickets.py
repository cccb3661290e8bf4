"""One-time links to set an account up: name and password first, then the authenticator.

A link ends when the first code of the authenticator is right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from attribution.casework.openings import LINK_MADE, SET_UP, link_maker
from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused
from attribution.store import Reader, Store, Writer
from attribution.store.queries import service_tickets
from attribution.store.queries.service_accounts import Account
from attribution.store.times import micros
from attribution.web.access import totp
from attribution.web.access.accounts import (
    account_numbered,
    account_of,
    add_account,
    change_account,
    has_administrator,
)
from attribution.web.access.passwords import hashed
from attribution.web.access.roles import Role
from attribution.web.access.tokens import new_token, token_hash

_HOUR = 3_600_000_000
FIRST_HOURS, OTHER_HOURS = 1, 72
"""For how long a link holds: the first administrator's, and every other."""
_ENDED = "this link was used, or its time is over. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Ticket:
    """A link that still holds, and what was filled in so far."""

    token: str
    account: Account | None
    """None for the first administrator, who has no account yet."""
    draft: dict[str, str] | None
    """`name`, `mailbox`, `password` (hashed) and the authenticator's `secret`."""


def first_ticket(writer: Writer) -> str | None:
    """Return the token of the first administrator's link; None where there is one already.

    Links from before end.
    """
    if has_administrator(writer.connection):
        return None
    return _replace(writer, None, FIRST_HOURS)


def set_up_ticket(writer: Writer, account_id: int) -> str:
    """Return the token of a link for an account, new or to be set up anew. Links from before end.

    Whoever makes it sees it, and so could use it: that is noted, see `casework.openings`.
    """
    account = account_numbered(writer.connection, account_id)
    writer.add_event(LINK_MADE, writer.now, detail={"account": account.person})
    return _replace(writer, account_id, OTHER_HOURS)


def find(store: Store, reader: Reader, token: str, now: datetime) -> Ticket:
    """Return a link. Raises NotInStoreError where it was used, has ended or never was."""
    row = service_tickets.ticket_with_hash(reader, token_hash(token), micros(now))
    if row is None or (row.account_id is None and has_administrator(reader)):
        raise NotInStoreError(_ENDED)
    account = None if row.account_id is None else account_numbered(reader, row.account_id)
    draft = None
    if row.draft_sealed is not None and row.draft_seal is not None:
        draft = json.loads(store.unseal(row.draft_sealed, row.draft_seal))
    return Ticket(token, account, draft)


def fill_in(
    writer: Writer, ticket: Ticket, password: str, name: str = "", mailbox: str = ""
) -> None:
    """Keep the password, and make an authenticator's secret. Raises Refused.

    The first administrator gives name and mailbox too.
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
    if not service_tickets.fill_in_ticket(
        writer.connection, token_hash(ticket.token), sealed, seal
    ):
        raise NotInStoreError(_ENDED)


def finish(writer: Writer, ticket: Ticket, code: str, now: datetime) -> Account:
    """Make the account usable where the code is the authenticator's, and end the link.

    Who made the link is noted with it. Raises Refused.
    """
    draft = ticket.draft
    if draft is None:
        raise Refused(Refusal.MISSING, "password", "", "choose a password first")
    step = totp.step_of(code, draft["secret"], now, 0)
    if step is None:
        remedy = (
            "this is not the code that the authenticator shows now; is the clock of the device "
            "right?"
        )
        raise Refused(Refusal.INVALID, "code", code[:20], remedy)
    if not service_tickets.delete_ticket(writer.connection, token_hash(ticket.token)):
        raise NotInStoreError(_ENDED)
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
    account = account_of(writer.connection, draft["mailbox"]) or add_account(
        writer, draft["mailbox"], draft["name"], Role.ADMIN
    )
    return change_account(writer, account.id, SET_UP, {"seen_by": None}, role=Role.ADMIN, **values)


def _replace(writer: Writer, account_id: int | None, hours: int) -> str:
    token, now = new_token(), writer.now
    service_tickets.replace_ticket(
        writer.connection, account_id, token_hash(token), now=now, until=now + hours * _HOUR
    )
    return token
