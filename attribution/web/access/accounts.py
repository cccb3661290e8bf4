"""Accounts of people. What is done to one is noted in the log, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from attribution.casework.openings import ACCOUNT_MADE
from attribution.casework.people import exact_mailbox, person_of
from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused, StoreError
from attribution.language import Domain, languages
from attribution.store.log import Writer
from attribution.store.service_tables import accounts, sessions
from attribution.web.access.roles import ROLES, Principal, Role


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in."""

    id: int
    person: str
    mailbox: str
    name: str
    role: Role
    language: str
    password: str | None
    totp_sealed: bytes | None
    totp_seal: bytes | None
    totp_used: int
    oidc: str | None
    signing_key: bytes | None
    made_at: int
    disabled_at: int | None

    @property
    def principal(self) -> Principal:
        """The person as one who asks."""
        return Principal(self.person, ROLES[self.role], self.id, self.role)

    @property
    def ready(self) -> bool:
        """Whether the person can sign in: not disabled, and a password or an identity provider is
        set up.
        """
        return self.disabled_at is None and (self.oidc is not None or self.password is not None)


def add_account(
    writer: Writer, mailbox: str, name: str, role: str, language: str = "en"
) -> Account:
    """Add a person, who cannot sign in before the account is set up.

    Raises Refused where the mailbox has one, or a value cannot be.
    """
    person, name = person_of(mailbox), " ".join(name.split())
    if not name or len(name) > 120:
        code = Refusal.INVALID if name else Refusal.MISSING
        raise Refused(code, "name", name[:200], "give one of 1 to 120 characters")
    check_role(role)
    if language not in languages(Domain.PAGE):
        remedy = f"use {' or '.join(languages(Domain.PAGE))}"
        raise Refused(Refusal.INVALID, "language", language[:40], remedy)
    connection = writer.connection
    other = connection.execute(
        select(accounts.c.mailbox).where(accounts.c.person == person)
    ).first()
    if other:
        raise Refused(
            Refusal.CONFLICT,
            "mailbox",
            mailbox[:200],
            f"it has an account already ({other.mailbox}), and one person has one",
        )
    identity = (
        connection.execute(select(func.coalesce(func.max(accounts.c.id), 0))).scalar_one() + 1
    )
    values = {
        "id": identity,
        "person": person,
        "mailbox": mailbox.strip(),
        "name": name,
        "role": role,
        "language": language,
        "totp_used": 0,
        "made_at": writer.now,
    }
    connection.execute(accounts.insert().values(**values))
    writer.add_event(ACCOUNT_MADE, writer.now, detail={"account": person, "role": role})
    return account(connection, identity)


def change_account(
    writer: Writer,
    account_id: int,
    what: str,
    noted: dict[str, Any] | None = None,
    **values: Any,
) -> Account:
    """Change an account, and note what was done, with what else is to be `noted`.

    Every change but of the language ends its sessions. Raises Refused.
    """
    before = account(writer.connection, account_id)
    if "role" in values:
        check_role(values["role"])
    leaves = values.get("role", before.role) != "admin" or values.get("disabled_at") is not None
    if before.role == "admin" and leaves and not _other_admins(writer.connection, account_id):
        raise Refused(
            Refusal.CONFLICT,
            "account",
            before.mailbox,
            "this is the only administrator; name another one first",
        )
    writer.connection.execute(accounts.update().where(accounts.c.id == account_id).values(**values))
    if set(values) - {"language", "signing_key"}:
        writer.connection.execute(sessions.delete().where(sessions.c.account_id == account_id))
    detail = {"account": before.person, "what": what, **(noted or {})}
    if "role" in values:
        detail["role"] = values["role"]
    writer.add_event("account_changed", writer.now, detail=detail)
    return account(writer.connection, account_id)


def account(connection: Connection, account_id: int) -> Account:
    """Return an account. Raises NotInStoreError."""
    row = connection.execute(select(accounts).where(accounts.c.id == account_id)).first()
    if row is None:
        raise NotInStoreError(f"account {account_id} is not in the store.")
    return Account(*row)


def account_of(connection: Connection, mailbox: str) -> Account | None:
    """Return the account of a person by any spelling of the mailbox."""
    try:
        person = person_of(mailbox)
    except StoreError:
        return None
    row = connection.execute(select(accounts).where(accounts.c.person == person)).first()
    return Account(*row) if row else None


def account_with_mailbox(connection: Connection, mailbox: object) -> Account | None:
    """Return the account with exactly this mailbox, as an identity provider names it.

    The domain in lower case, the local part as it is given, ASCII alone: no other spelling.
    """
    exact = exact_mailbox(mailbox)
    if exact is None:
        return None
    account = account_of(connection, exact)
    return account if account and exact_mailbox(account.mailbox) == exact else None


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account, by mailbox."""
    return [
        Account(*row) for row in connection.execute(select(accounts).order_by(accounts.c.person))
    ]


def is_begun(connection: Connection) -> bool:
    """Say whether there is an administrator who can sign in."""
    return any(one.role == "admin" and one.ready for one in all_accounts(connection))


def check_role(role: str) -> None:
    """Raise Refused for a role that is none."""
    if role not in ROLES:
        raise Refused(Refusal.INVALID, "role", role[:40], f"use one of {', '.join(ROLES)}")


def _other_admins(connection: Connection, account_id: int) -> bool:
    return any(
        one.role == "admin" and one.ready and one.id != account_id
        for one in all_accounts(connection)
    )
