"""Confirming that a person, and nobody else, set an account up: then its keys may sign."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from attribution.casework.openings import ACCOUNT_CONFIRMED, Opening, Openings, openings
from attribution.casework.people import person_of
from attribution.casework.published_list import named_signers
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store.log import Writer
from attribution.store.service_tables import accounts

CONFIRMING_ROLES = ("signer", "admin")


@dataclass(frozen=True, slots=True)
class ConfirmAccount:
    """Confirm that the person used the link that set the account up."""

    mailbox: str
    by: str
    """Mailbox of the person who confirms, and whose sign-in was checked."""
    why: str
    """How that is known, e.g. `met her, and compared the key's fingerprint`."""
    covers: int | None = None
    """The last set-up that was looked at, so that no later one is confirmed unseen."""


@dataclass(frozen=True, slots=True)
class WaitingAccount:
    """An account that somebody else could have opened."""

    mailbox: str
    name: str
    role: str
    seen_by: tuple[str, ...]
    last: int
    """The number of the last set-up in the log."""
    public_key: str | None
    """The signing key, where one was made."""


def confirm_account(writer: Writer, command: ConfirmAccount) -> int:
    """Note the confirmation; return the event's number. Raises Refused."""
    connection = writer.connection
    person, by = person_of(command.mailbox), person_of(command.by)
    waiting = openings(connection)
    seen = _waiting_for(connection, waiting, person, command)
    _check_confirmer(connection, waiting, person, by)
    why = " ".join(command.why.split())
    if not why:
        remedy = "say how you know that the person set the account up, e.g. that you met"
        raise Refused(Refusal.MISSING, "why", command.why, remedy)
    keys = [key for key, signer in named_signers(connection).items() if signer["mailbox"] == person]
    detail = {
        "account": person,
        "by": by,
        "seen_by": sorted({opening.seen_by for opening in seen}),
        "set_ups": [opening.seq for opening in seen],
        "signing_keys": keys,
        "why": why[:500],
    }
    return writer.add_event(ACCOUNT_CONFIRMED, writer.now, detail=detail)


def waiting_accounts(connection: Connection) -> list[WaitingAccount]:
    """Return the accounts that wait for a confirmation, by mailbox."""
    waiting = openings(connection).waiting
    keys = {signer["mailbox"]: key for key, signer in named_signers(connection).items()}
    rows = connection.execute(
        select(accounts.c.person, accounts.c.mailbox, accounts.c.name, accounts.c.role)
        .where(accounts.c.disabled_at.is_(None))
        .order_by(accounts.c.person)
    )
    return [
        WaitingAccount(
            row.mailbox,
            row.name,
            row.role,
            tuple(sorted({opening.seen_by for opening in waiting[row.person]})),
            waiting[row.person][-1].seq,
            keys.get(row.person),
        )
        for row in rows
        if waiting.get(row.person)
    ]


def _waiting_for(
    connection: Connection, waiting: Openings, person: str, command: ConfirmAccount
) -> tuple[Opening, ...]:
    """Return the openings that would be confirmed."""
    if connection.execute(select(accounts.c.id).where(accounts.c.person == person)).first() is None:
        raise Refused(
            Refusal.NOT_FOUND,
            "account",
            command.mailbox[:200],
            "it is not in the store; `attribution account list` shows those that are",
        )
    seen = waiting.waiting.get(person, ())
    if not seen:
        raise Refused(
            Refusal.CONFLICT,
            "account",
            command.mailbox[:200],
            "nothing of it waits for a confirmation; it is confirmed when it was set up",
        )
    if command.covers is not None and command.covers != seen[-1].seq:
        raise Refused(
            Refusal.CONFLICT,
            "account",
            command.mailbox[:200],
            "it was set up anew since you looked; look again",
        )
    return seen


def _check_confirmer(connection: Connection, waiting: Openings, person: str, by: str) -> None:
    """Raise Refused for who may not confirm this account."""
    row = connection.execute(
        select(accounts.c.role, accounts.c.disabled_at).where(accounts.c.person == by)
    ).first()
    if row is None or row.disabled_at is not None or row.role not in CONFIRMING_ROLES:
        remedy = "only a signer or an administrator confirms an account"
        raise Refused(Refusal.NOT_ALLOWED, "by", by, remedy)
    both = waiting.could_open(person) & waiting.could_open(by)
    if both:
        remedy = (
            f"{', '.join(sorted(both))} could open this account and the one that confirms it, so "
            "they count as one person; let somebody confirm whose link another person made"
        )
        raise Refused(Refusal.NOT_ALLOWED, "by", by, remedy)
