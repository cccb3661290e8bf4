"""Accounts of people, as far as casework asks: who may confirm whose account."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from attribution.store.engine import Reader
from attribution.store.queries.rows import columns_for, first_row, rows_of
from attribution.store.service_tables import accounts


class Account(NamedTuple):
    """A person's account."""

    person: str
    """The mailbox in the one form that all its spellings share."""
    mailbox: str
    name: str
    role: str
    disabled_at: int | None


_ACCOUNT = select(*columns_for(accounts, Account)).order_by(accounts.c.person)


def account_of(reader: Reader, person: str) -> Account | None:
    """Return a person's account, disabled or not."""
    return first_row(reader, _ACCOUNT.where(accounts.c.person == person), Account)


def enabled_accounts(reader: Reader) -> list[Account]:
    """Return the accounts that are not disabled, by person."""
    return rows_of(reader, _ACCOUNT.where(accounts.c.disabled_at.is_(None)), Account)
