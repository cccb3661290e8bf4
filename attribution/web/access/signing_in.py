"""Signing in with mailbox, password and code, or through an identity provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from attribution.casework.openings import PROVIDER_BOUND
from attribution.casework.people import person_of
from attribution.errors import AttributionError, StoreError
from attribution.store import Store, Writer
from attribution.store.queries.service_accounts import Account, account_bound_to, use_code
from attribution.store.times import micros, moment
from attribution.web.access import lockout, sessions, totp
from attribution.web.access.accounts import account_of, account_with_mailbox, change_account
from attribution.web.access.passwords import fits


class SignInRefused(AttributionError):  # noqa: N818 - it is no fault of the program
    """Nobody is signed in; the message is for who tried, and does not tell which part was wrong."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person signs in with."""

    mailbox: str
    password: str
    code: str
    """Of the authenticator: six digits."""
    source: str = ""
    """The IP address that it is tried from; empty where it is not known."""


def sign_in(store: Store, credentials: Credentials, hours: float) -> tuple[str, Account]:
    """Return the token of a new session and its account. Raises SignInRefused.

    While sign-ins are delayed, the password is compared only for an unused code of the account's
    authenticator, once a code.
    """
    with _checked(store, credentials) as (writer, account):
        return sessions.begin(writer, account, hours), account


def check_person(store: Store, credentials: Credentials) -> Account:
    """Return the account of whoever gives the right password and code, without a session.

    Raises SignInRefused.
    """
    with _checked(store, credentials) as (_, account):
        return account


@contextmanager
def _checked(store: Store, credentials: Credentials) -> Iterator[tuple[Writer, Account]]:
    """Open the transaction of a right sign-in, and give its account. Raises SignInRefused."""
    subjects = lockout.Subjects.of(store.keys, _person(credentials.mailbox), credentials.source)
    with store.read() as reader:
        until = lockout.locked_until(reader, subjects, micros(store.now))
        account = account_of(reader, credentials.mailbox)
    step = _step_of(store, account, credentials.code)
    if until is not None and not _use_code_alone(store, account, step):
        raise SignInRefused(
            f"too many sign-ins failed. Try again after {moment(until):%H:%M:%S} UTC."
        )
    fitting = fits(credentials.password, account.password if account and account.ready else None)
    if not fitting or step is None:
        account = None
    with store.write(account.person if account else "service") as writer:
        if account and (until is not None or use_code(writer.connection, account.id, step or 0)):
            lockout.forget(writer, subjects)
            yield writer, account
            return
        lockout.note_failure(writer, subjects)
    raise SignInRefused("mailbox, password or code is wrong.")


def _step_of(store: Store, account: Account | None, code: str) -> int | None:
    """Return the time step of a right code; None for another one, and without an account."""
    if account is None or not (account.totp_sealed and account.totp_seal):
        return None
    secret = store.unseal(account.totp_sealed, account.totp_seal)
    return totp.step_of(code, secret, store.now, account.totp_used)


def _use_code_alone(store: Store, account: Account | None, step: int | None) -> bool:
    """Use up a code before the password is compared: one try a code while sign-ins are delayed."""
    if account is None or step is None:
        return False
    with store.write("service") as writer:
        return use_code(writer.connection, account.id, step)


def sign_in_by_claims(
    store: Store, issuer: str, claims: Mapping[str, Any], hours: float
) -> tuple[str, Account]:
    """Return the token of a new session for whom an identity provider's checked claims name.

    The first time, the account is found by the mailbox, compared exactly; from then on by the
    subject alone. A mailbox that the provider has not verified is refused each time. Raises
    SignInRefused.
    """
    subject = f"{issuer}|{claims.get('sub')}"
    with store.read() as reader:
        account = account_bound_to(reader, subject) or account_with_mailbox(
            reader, claims.get("email")
        )
    if not claims.get("sub") or account is None or account.disabled_at is not None:
        raise SignInRefused("there is no account for you here: ask an administrator.")
    if ("email" in claims or account.oidc is None) and claims.get("email_verified") is not True:
        raise SignInRefused("the identity provider has not verified your mailbox.")
    if account.oidc not in (None, subject):
        raise SignInRefused(
            "this mailbox belongs to somebody else at the identity provider: ask an administrator."
        )
    with store.write(account.person) as writer:
        if account.oidc is None:
            change_account(writer, account.id, PROVIDER_BOUND, oidc=subject)
        return sessions.begin(writer, account, hours), account


def _person(mailbox: str) -> str:
    try:
        return person_of(mailbox)
    except StoreError:
        return mailbox.strip().casefold()[:200]
