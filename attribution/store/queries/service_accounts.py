"""Accounts of people who may sign in to the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from attribution.store.engine import Reader
from attribution.store.queries.rows import first_row, rows_of
from attribution.store.service_tables import accounts


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. Fields are in the order of the table's columns."""

    id: int
    person: str
    """The mailbox in the one form that all its spellings share."""
    mailbox: str
    name: str
    role: str
    language: str
    password: str | None
    """The argon2id hash."""
    totp_sealed: bytes | None
    """The authenticator's secret, sealed under `totp_seal`."""
    totp_seal: bytes | None
    totp_used: int
    """Time step of the last code that was used (RFC 6238)."""
    oidc: str | None
    """`ISSUER|SUBJECT` at the identity provider that the account is bound to."""
    signing_key: bytes | None
    """Sealed under the person's passphrase."""
    made_at: int
    disabled_at: int | None

    @property
    def ready(self) -> bool:
        """Whether the person can sign in: the account is set up, and not disabled."""
        return self.disabled_at is None and (self.oidc is not None or self.password is not None)


def account_with_id(reader: Reader, account_id: int) -> Account | None:
    """Return an account by its number."""
    return first_row(reader, select(accounts).where(accounts.c.id == account_id), Account)


def account_of_person(reader: Reader, person: str) -> Account | None:
    """Return the account of a person."""
    return first_row(reader, select(accounts).where(accounts.c.person == person), Account)


def account_bound_to(reader: Reader, subject: str) -> Account | None:
    """Return the account that is bound to `ISSUER|SUBJECT` at an identity provider."""
    return first_row(reader, select(accounts).where(accounts.c.oidc == subject), Account)


def all_accounts(reader: Reader) -> list[Account]:
    """Return every account, by mailbox."""
    return rows_of(reader, select(accounts).order_by(accounts.c.person), Account)


def insert_account(reader: Reader, **values: Any) -> Account:
    """Add an account under the next number, and return it."""
    number = select(func.coalesce(func.max(accounts.c.id), 0) + 1).scalar_subquery()
    statement = accounts.insert().values(id=number, totp_used=0, **values).returning(accounts)
    return Account(*reader.execute(statement).one())


def update_account(reader: Reader, account_id: int, **values: Any) -> None:
    """Change columns of an account."""
    reader.execute(accounts.update().where(accounts.c.id == account_id).values(**values))


def use_code(reader: Reader, account_id: int, step: int) -> bool:
    """Use up the code of a time step; return False where it, or a later one, was used already."""
    unused = accounts.update().where(accounts.c.id == account_id, accounts.c.totp_used < step)
    return bool(reader.execute(unused.values(totp_used=step)).rowcount)
