"""Confirming that a person, and nobody else, set an account up: then its keys may sign."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.casework.fields import required
from attribution.casework.openings import ACCOUNT_CONFIRMED, Opening, Openings, openings
from attribution.casework.people import person_of
from attribution.casework.signers import named_signers
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store import Reader, Writer
from attribution.store.queries.people import account_of, enabled_accounts

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
    """The last set-up that the person saw, so that no later one is confirmed unseen."""


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
    remedy = "say how you know that the person set the account up, e.g. that you met"
    why = required(" ".join(command.why.split()), "why", remedy)
    keys = [key for key, signer in named_signers(connection).items() if signer["mailbox"] == person]
    detail = {
        "account": person,
        "by": by,
        "seen_by": _people_in(seen),
        "set_ups": [opening.seq for opening in seen],
        "signing_keys": keys,
        "why": why[:500],
    }
    return writer.add_event(ACCOUNT_CONFIRMED, writer.now, detail=detail)


def waiting_accounts(reader: Reader) -> list[WaitingAccount]:
    """Return the accounts that wait for a confirmation, by mailbox."""
    waiting = openings(reader).waiting
    keys = {signer["mailbox"]: key for key, signer in named_signers(reader).items()}
    return [
        WaitingAccount(
            mailbox=account.mailbox,
            name=account.name,
            role=account.role,
            seen_by=tuple(_people_in(waiting[account.person])),
            last=waiting[account.person][-1].seq,
            public_key=keys.get(account.person),
        )
        for account in enabled_accounts(reader)
        if waiting.get(account.person)
    ]


def _people_in(seen: tuple[Opening, ...]) -> list[str]:
    return sorted({opening.seen_by for opening in seen})


def _waiting_for(
    reader: Reader, waiting: Openings, person: str, command: ConfirmAccount
) -> tuple[Opening, ...]:
    """Return the openings that would be confirmed. Raises Refused."""
    mailbox = command.mailbox[:200]
    if account_of(reader, person) is None:
        remedy = "it is not in the store; `attribution account list` shows those that are"
        raise Refused(Refusal.NOT_FOUND, "account", mailbox, remedy)
    seen = waiting.waiting.get(person, ())
    if not seen:
        remedy = "nothing of it waits for a confirmation; it is confirmed when it was set up"
        raise Refused(Refusal.CONFLICT, "account", mailbox, remedy)
    if command.covers is not None and command.covers != seen[-1].seq:
        remedy = "it was set up anew since you looked; look again"
        raise Refused(Refusal.CONFLICT, "account", mailbox, remedy)
    return seen


def _check_confirmer(reader: Reader, waiting: Openings, person: str, by: str) -> None:
    """Raise Refused for who may not confirm this account."""
    account = account_of(reader, by)
    if account is None or account.disabled_at is not None or account.role not in CONFIRMING_ROLES:
        remedy = "only a signer or an administrator confirms an account"
        raise Refused(Refusal.NOT_ALLOWED, "by", by, remedy)
    both = waiting.could_open(person) & waiting.could_open(by)
    if both:
        remedy = (
            f"{', '.join(sorted(both))} could open this account and the one that confirms it, so "
            "they count as one person; let somebody confirm whose link another person made"
        )
        raise Refused(Refusal.NOT_ALLOWED, "by", by, remedy)
