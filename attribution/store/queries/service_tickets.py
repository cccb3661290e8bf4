"""One-time links that set accounts up; each is kept under the hash of its token."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from attribution.store.engine import Reader
from attribution.store.queries.rows import columns_for, first_row
from attribution.store.service_tables import tickets


class TicketRow(NamedTuple):
    """A link that still holds."""

    account_id: int | None
    """None for the first administrator, who has no account yet."""
    draft_sealed: bytes | None
    """What was filled in so far, sealed under `draft_seal`."""
    draft_seal: bytes | None


def ticket_with_hash(reader: Reader, token_hash: str, now: int) -> TicketRow | None:
    """Return a link; None where it was used, has ended or never was."""
    ticket = select(*columns_for(tickets, TicketRow))
    return first_row(
        reader, ticket.where(tickets.c.token == token_hash, tickets.c.until > now), TicketRow
    )


def replace_ticket(
    reader: Reader, account_id: int | None, token_hash: str, *, now: int, until: int
) -> None:
    """Add the link of an account, or the first administrator's, in place of those from before.

    Links whose time is over are deleted.
    """
    reader.execute(tickets.delete().where(tickets.c.account_id == account_id))
    reader.execute(tickets.delete().where(tickets.c.until < now))
    reader.execute(tickets.insert().values(token=token_hash, account_id=account_id, until=until))


def fill_in_ticket(reader: Reader, token_hash: str, sealed: bytes, seal: bytes) -> bool:
    """Keep what was filled in at a link; return False where it has ended meanwhile."""
    update = tickets.update().where(tickets.c.token == token_hash)
    return bool(reader.execute(update.values(draft_sealed=sealed, draft_seal=seal)).rowcount)


def delete_ticket(reader: Reader, token_hash: str) -> bool:
    """End a link; return False where it has ended meanwhile."""
    return bool(reader.execute(tickets.delete().where(tickets.c.token == token_hash)).rowcount)
