"""Accounts of people. Whatever is done to one is noted in the log, with who did it."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email

from attribution.casework.openings import ACCOUNT_MADE
from attribution.casework.people import exact_mailbox, person_of
from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused, StoreError
from attribution.language import Domain, languages
from attribution.store import Reader, Writer
from attribution.store.queries import service_accounts
from attribution.store.queries.service_accounts import (
    Account,
    account_of_person,
    account_with_id,
    all_accounts,
)
from attribution.store.queries.service_sessions import delete_sessions_of
from attribution.web.access.roles import ROLES, Principal, Role

_KEEPS_SESSIONS = frozenset(["language", "oidc", "signing_key"])
"""Columns whose change does not end the account's sessions."""
_LONGEST_NAME = 120


def add_account(
    writer: Writer, mailbox: str, name: str, role: str, language: str = "en"
) -> Account:
    """Add a person, who cannot sign in before the account is set up.

    Raises Refused for a mailbox that has an account, and for a value that is not allowed.
    """
    _check_mailbox(mailbox)
    person, name = person_of(mailbox), checked_name(name, _LONGEST_NAME)
    check_role(role)
    if language not in languages(Domain.PAGE):
        remedy = f"use {' or '.join(languages(Domain.PAGE))}"
        raise Refused(Refusal.INVALID, "language", language[:40], remedy)
    other = account_of_person(writer.connection, person)
    if other:
        remedy = f"it has an account already ({other.mailbox}), and one person has one"
        raise Refused(Refusal.CONFLICT, "mailbox", mailbox[:200], remedy)
    account = service_accounts.insert_account(
        writer.connection,
        person=person,
        mailbox=mailbox.strip(),
        name=name,
        role=role,
        language=language,
        made_at=writer.now,
    )
    writer.add_event(ACCOUNT_MADE, writer.now, detail={"account": person, "role": role})
    return account


def change_account(
    writer: Writer,
    account_id: int,
    what: str,
    noted: dict[str, Any] | None = None,
    **values: Any,
) -> Account:
    """Change columns of an account; `what` and `noted` say in the log what was done.

    A change ends the account's sessions, but one of language, signing key or identity provider.
    Raises Refused.
    """
    reader = writer.connection
    before = account_numbered(reader, account_id)
    if "role" in values:
        check_role(values["role"])
    leaves = values.get("role", Role.ADMIN) != Role.ADMIN or values.get("disabled_at") is not None
    if before.role == Role.ADMIN and leaves and not _ready_admins(reader) - {account_id}:
        remedy = "this is the only administrator; name another one first"
        raise Refused(Refusal.CONFLICT, "account", before.mailbox, remedy)
    service_accounts.update_account(reader, account_id, **values)
    if values.keys() - _KEEPS_SESSIONS:
        delete_sessions_of(reader, account_id)
    detail = {"account": before.person, "what": what, **(noted or {})}
    if "role" in values:
        detail["role"] = values["role"]
    writer.add_event("account_changed", writer.now, detail=detail)
    return account_numbered(reader, account_id)


def account_numbered(reader: Reader, account_id: int) -> Account:
    """Return an account. Raises NotInStoreError."""
    account = account_with_id(reader, account_id)
    if account is None:
        raise NotInStoreError(f"account {account_id} is not in the store.")
    return account


def account_of(reader: Reader, mailbox: str) -> Account | None:
    """Return the account of a person by any spelling of the mailbox."""
    try:
        return account_of_person(reader, person_of(mailbox))
    except StoreError:
        return None


def account_with_mailbox(reader: Reader, mailbox: object) -> Account | None:
    """Return the account with exactly this mailbox, as an identity provider names it.

    The domain is compared in lower case, the local part as it is given, in ASCII alone.
    """
    exact = exact_mailbox(mailbox)
    account = account_of(reader, exact) if exact else None
    return account if account and exact_mailbox(account.mailbox) == exact else None


def principal_of(account: Account) -> Principal:
    """Return an account's person as one who sends requests."""
    role = Role(account.role)
    return Principal(account.person, ROLES[role], account.id, role)


def has_administrator(reader: Reader) -> bool:
    """Say whether there is an administrator who can sign in."""
    return bool(_ready_admins(reader))


def check_role(role: str) -> None:
    """Raise Refused for a role that does not exist."""
    if role not in ROLES:
        raise Refused(Refusal.INVALID, "role", role[:40], f"use one of {', '.join(ROLES)}")


def checked_name(name: str, longest: int) -> str:
    """Return a name with single spaces. Raises Refused where it is empty or too long."""
    plain = " ".join(name.split())
    if not plain or len(plain) > longest:
        code = Refusal.INVALID if plain else Refusal.MISSING
        raise Refused(code, "name", plain[:200], f"give one of 1 to {longest} characters")
    return plain


def _check_mailbox(mailbox: str) -> None:
    try:
        validate_email(
            mailbox.strip(), allow_smtputf8=False, check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as error:
        fault = str(error).rstrip(".")
        remedy = f"this is no mail address ({fault}); give one such as ann@hotline.example"
        raise Refused(Refusal.INVALID, "mailbox", mailbox[:200], remedy) from None


def _ready_admins(reader: Reader) -> set[int]:
    accounts = all_accounts(reader)
    return {account.id for account in accounts if account.role == Role.ADMIN and account.ready}
