"""Signing in with mailbox, password and code; or as whom an identity provider says one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from attribution.casework.openings import PROVIDER_BOUND
from attribution.casework.people import person_of
from attribution.errors import AttributionError, StoreError
from attribution.store.log import Writer
from attribution.store.service_tables import accounts
from attribution.store.store import Store
from attribution.store.times import micros, moment
from attribution.web.access import lockout, sessions, totp
from attribution.web.access.accounts import Account, account_of, account_with_mailbox
from attribution.web.access.passwords import fits


class SignInRefused(AttributionError):  # noqa: N818 - it is no fault of the program
    """Nobody is signed in; the message is for who tried, and does not tell which part was wrong."""


_WRONG = "mailbox, password or code is wrong."


def sign_in(
    store: Store, mailbox: str, password: str, code: str, hours: float, *, source: str = ""
) -> tuple[str, Account]:
    """Return a session's token and whose it is. Raises SignInRefused.

    `source` is the address that it is tried from. While tries are delayed, only who gives an unused
    code of the account's authenticator has the password looked at, once a code.
    """
    with _checked(store, mailbox, password, code, source) as (writer, account):
        return sessions.begin(writer, account, hours), account


def check_person(store: Store, mailbox: str, password: str, code: str) -> Account:
    """Return the account of who gives the right password and code, without a session.

    Raises SignInRefused. Failures count as those of a sign-in from this machine.
    """
    with _checked(store, mailbox, password, code, "terminal") as (_, account):
        return account


@contextmanager
def _checked(
    store: Store, mailbox: str, password: str, code: str, source: str
) -> Iterator[tuple[Writer, Account]]:
    """Give the transaction of a right sign-in, and whose it is. Raises SignInRefused."""
    subjects = lockout.Subjects.of(store.keys, _person(mailbox), source)
    with store.read() as connection:
        until = lockout.locked_until(connection, subjects, micros(store.now))
        account = account_of(connection, mailbox)
    step = _step(store, account, code)
    if until is not None and (account is None or step is None or not _use(store, account, step)):
        raise SignInRefused(
            f"too many sign-ins failed. Try again after {moment(until):%H:%M:%S} UTC."
        )
    right = fits(password, account.password if account and account.ready else None)
    used = until is not None
    if account is None or not right or step is None:
        account = None
    with store.write(account.person if account else "service") as writer:
        if account is not None and (used or _use_step(writer, account, step or 0)):
            lockout.forget(writer, subjects)
            yield writer, account
            return
        lockout.note_failure(writer, subjects)
    raise SignInRefused(_WRONG)


def _step(store: Store, account: Account | None, code: str) -> int | None:
    """Return the time step of a right code."""
    if account is None or not (account.totp_sealed and account.totp_seal):
        return None
    secret = store.unseal(account.totp_sealed, account.totp_seal)
    return totp.step_of(code, secret, store.now, account.totp_used)


def _use(store: Store, account: Account, step: int) -> bool:
    """Use up a code before the password is looked at: one try a code while tries are delayed."""
    with store.write("service") as writer:
        return _use_step(writer, account, step)


def sign_in_by_claims(
    store: Store, issuer: str, claims: Mapping[str, Any], hours: float
) -> tuple[str, Account]:
    """Return a session's token for whom an identity provider's checked claims name.

    The first time, the account is found by the mailbox, compared exactly; from then on by the
    subject alone. A mailbox that the provider has not verified is refused each time. Raises
    SignInRefused.
    """
    subject = f"{issuer}|{claims.get('sub')}"
    with store.read() as connection:
        row = connection.execute(select(accounts).where(accounts.c.oidc == subject)).first()
        held = Account(*row) if row else account_with_mailbox(connection, claims.get("email"))
    if not claims.get("sub") or held is None or held.disabled_at is not None:
        raise SignInRefused("there is no account for you here: ask an administrator.")
    unverified = "email" in claims and claims.get("email_verified") is not True
    if unverified or (held.oidc is None and claims.get("email_verified") is not True):
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
                detail={"account": held.person, "what": PROVIDER_BOUND},
            )
        return sessions.begin(writer, held, hours), held


def _use_step(writer: Writer, held: Account, step: int) -> bool:
    """Use up a code; False where another sign-in used it meanwhile."""
    done = writer.connection.execute(
        accounts.update()
        .where(accounts.c.id == held.id, accounts.c.totp_used < step)
        .values(totp_used=step)
    )
    return bool(done.rowcount)


def _person(mailbox: str) -> str:
    try:
        return person_of(mailbox)
    except StoreError:
        return mailbox.strip().casefold()[:200]
