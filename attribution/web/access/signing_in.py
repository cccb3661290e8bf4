"""Signing in with mailbox, password and code; or as whom an identity provider says one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from attribution.cases.people import person_of
from attribution.errors import AttributionError, StoreError
from attribution.store.service_tables import accounts
from attribution.store.store import Store
from attribution.store.times import micros, moment
from attribution.web.access import lockout, sessions, totp
from attribution.web.access.accounts import Account, account_of
from attribution.web.access.passwords import fits


class SignInRefused(AttributionError):  # noqa: N818 - it is no fault of the program
    """Nobody is signed in; the message is for who tried, and does not tell which part was wrong."""


_WRONG = "mailbox, password or code is wrong."


def sign_in(
    store: Store, mailbox: str, password: str, code: str, hours: float
) -> tuple[str, Account]:
    """Return a session's token and whose it is. Raises SignInRefused."""
    subject = _subject(store, mailbox)
    with store.read() as connection:
        until = lockout.locked_until(connection, subject, micros(store.now))
        held = account_of(connection, mailbox)
    if until is not None:
        raise SignInRefused(
            f"too many sign-ins failed. Try again after {moment(until):%H:%M:%S} UTC."
        )
    right = fits(password, held.password if held and held.ready else None)
    step = None
    if held and held.totp_sealed and held.totp_seal:
        step = totp.step_of(
            code, store.unseal(held.totp_sealed, held.totp_seal), store.now, held.totp_used
        )
    with store.write(held.person if held and right else "service") as writer:
        if not (held and right and step) or not _use_step(writer, held, step):
            lockout.note_failure(writer, subject)
            refused = True
        else:
            lockout.forget(writer, subject)
            token, refused = sessions.begin(writer, held, hours), False
    if refused:
        raise SignInRefused(_WRONG)
    assert held is not None
    return token, held


def sign_in_by_claims(
    store: Store, issuer: str, claims: Mapping[str, Any], hours: float
) -> tuple[str, Account]:
    """Return a session's token for whom an identity provider's checked claims name. Raises SignInRefused.

    The first time, the account is found by the mailbox, which the provider has to have verified; from then on by the subject alone.
    """
    subject = f"{issuer}|{claims.get('sub')}"
    mailbox = str(claims.get("email") or "")
    with store.read() as connection:
        row = connection.execute(select(accounts).where(accounts.c.oidc == subject)).first()
        held = Account(*row) if row else account_of(connection, mailbox)
    if not claims.get("sub") or held is None or held.disabled_at is not None:
        raise SignInRefused("there is no account for you here: ask an administrator.")
    if held.oidc is None and claims.get("email_verified") is not True:
        raise SignInRefused("the identity provider has not verified your mailbox.")
    if held.oidc not in (None, subject):
        raise SignInRefused(
            "this mailbox belongs to somebody else at the identity provider: ask an administrator."
        )
    with store.write(held.person) as writer:
        if held.oidc is None:
            writer.connection.execute(
                accounts.update().where(accounts.c.id == held.id).values(oidc=subject)
            )
            writer.add_event(
                "account_changed",
                writer.now,
                detail={"account": held.person, "what": "identity provider"},
            )
        return sessions.begin(writer, held, hours), held


def _use_step(writer: Any, held: Account, step: int) -> bool:
    """Use up a code; False where another sign-in used it meanwhile."""
    done = writer.connection.execute(
        accounts.update()
        .where(accounts.c.id == held.id, accounts.c.totp_used < step)
        .values(totp_used=step)
    )
    return bool(done.rowcount)


def _subject(store: Store, mailbox: str) -> str:
    try:
        person = person_of(mailbox)
    except StoreError:
        person = mailbox.strip().casefold()[:200]
    return store.keys.hash_of(f"sign-in {person}")
