"""`attribution serve`, `account`, `api-key`: the service, and who may use it."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution_cli.casework.shared import (
    AsJson,
    Who,
    open_store,
    reading,
    recording,
    show_outcome,
    show_rows,
)
from attribution_cli.console import print_message
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.store import Reader
    from attribution.store.queries.service_accounts import Account

account_app = typer.Typer(help="People who may sign in to the service.", no_args_is_help=True)
api_key_app = typer.Typer(help="Keys of programs that ask the service.", no_args_is_help=True)
Mailbox = Annotated[str, typer.Argument(metavar="MAILBOX")]


@needs("serve", Extra.HOTLINE)
def serve(
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; the page is for loopback, or behind a proxy with TLS. "
            "[default: the setting serve_host, 127.0.0.1]"
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="0 takes any that is free. [default: the setting serve_port, 8420]",
        ),
    ] = None,
) -> None:
    """Serve the page for analysts and the interface for programs, until it is interrupted."""
    from attribution.settings import load_settings
    from attribution.web.serve import serve as run

    settings = load_settings()
    host = settings.serve_host if host is None else host
    port = settings.serve_port if port is None else port
    if host not in ("127.0.0.1", "::1", "localhost") and not settings.public_url.startswith(
        "https:"
    ):
        print_message(
            _(
                "passwords and URLs are sent unencrypted: put a reverse proxy with TLS in front, "
                "see docs/guides/run-the-service.md"
            )
        )
    run(settings, host, port, lambda line: print_message(f"{line}"))


@account_app.command(
    "add",
    epilog="Example: attribution account add ann@hotline.example --name 'Ann Example' --role "
    "analyst",
)
@needs("account add", Extra.HOTLINE)
def add(
    mailbox: Mailbox,
    name: Annotated[str, typer.Option(help="Of the person.")],
    role: Annotated[str, typer.Option(help="reader, analyst, signer or admin.")] = "analyst",
    language: Annotated[str, typer.Option(help="en or nl.")] = "en",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Add a person, and print the one-time link with which the account is set up.

    You see the link, so that somebody else confirms the account before it signs.
    """
    from attribution.web.access.accounts import add_account
    from attribution.web.access.tickets import set_up_ticket

    with recording(who) as writer:
        account = add_account(writer, mailbox, name, role, language)
        token = set_up_ticket(writer, account.id)
    _show_link(account.mailbox, token, as_json=as_json)


@account_app.command("link", epilog="Example: attribution account link ann@hotline.example")
@needs("account link", Extra.HOTLINE)
def link(mailbox: Mailbox, who: Who = None, as_json: AsJson = False) -> None:
    """Print a new one-time link: password and authenticator are set up anew with it."""
    from attribution.web.access.tickets import set_up_ticket

    with recording(who) as writer:
        account = _account(writer.connection, mailbox)
        token = set_up_ticket(writer, account.id)
    _show_link(account.mailbox, token, as_json=as_json)


@account_app.command(
    "confirm",
    epilog="Example: attribution account confirm ann@hotline.example --by bob@hotline.example "
    "--why 'met her, and compared the fingerprint of her key'",
)
@needs("account confirm", Extra.HOTLINE)
def confirm(
    mailbox: Mailbox,
    by: Annotated[str, typer.Option(help="Your own mailbox: of a signer or administrator.")],
    why: Annotated[
        str, typer.Option(help="How you know that the person set the account up; it is noted.")
    ],
    as_json: AsJson = False,
) -> None:
    """Confirm that a person, and nobody who saw the link, set an account up: then its keys sign.

    Your password and the code of your authenticator are asked for; from a pipe, a line each.
    """
    from attribution.casework.confirming_accounts import ConfirmAccount, confirm_account
    from attribution.casework.people import person_of
    from attribution.casework.signers import named_signers
    from attribution.web.access.signing import fingerprint
    from attribution.web.access.signing_in import Credentials, check_person

    password, code = _secret(_("Your password")), _secret(_("The code of your authenticator"))
    store = open_store()[0]
    with store:
        confirmer = check_person(store, Credentials(by, password, code))
        with store.write(confirmer.person) as writer:
            event = confirm_account(writer, ConfirmAccount(mailbox, confirmer.person, why))
            keys = [
                fingerprint(key)
                for key, signer in named_signers(writer.connection).items()
                if signer["mailbox"] == person_of(mailbox)
            ]
    show_outcome(
        {"event": event, "mailbox": mailbox, "by": confirmer.mailbox, "signing_keys": keys},
        _(
            "{mailbox} is confirmed by {by}; its signing key: {keys}",
            mailbox=mailbox,
            by=confirmer.mailbox,
            keys=", ".join(keys) or _("none"),
        ),
        as_json=as_json,
    )


@account_app.command("disable", epilog="Example: attribution account disable ann@hotline.example")
@needs("account disable", Extra.HOTLINE)
def disable(mailbox: Mailbox, who: Who = None) -> None:
    """Close a person's account, and end their sessions."""
    from attribution.web.access.accounts import change_account

    with recording(who) as writer:
        change_account(
            writer, _account(writer.connection, mailbox).id, "disabled", disabled_at=writer.now
        )
    print_message(_("{mailbox} can sign in no longer", mailbox=mailbox))


@account_app.command("list", epilog="Example: attribution account list --json")
@needs("account list", Extra.HOTLINE)
def listed(as_json: AsJson = False) -> None:
    """List accounts, and who else saw the link with which each was set up."""
    from attribution.casework.confirming_accounts import waiting_accounts
    from attribution.store.queries.service_accounts import all_accounts

    with reading() as view:
        waiting = waiting_accounts(view.connection)
        accounts = all_accounts(view.connection)
    seen_by = {account.mailbox: list(account.seen_by) for account in waiting}
    rows = [
        {
            "mailbox": account.mailbox,
            "name": account.name,
            "role": account.role,
            "ready": account.ready,
            "disabled_at": account.disabled_at,
            "link_seen_by": seen_by.get(account.mailbox, []),
        }
        for account in accounts
    ]
    show_rows(
        rows,
        ["mailbox", "name", "role", "ready", "disabled_at", "link_seen_by"],
        as_json=as_json,
        empty=_("there is no account yet"),
    )


@api_key_app.command("make", epilog="Example: attribution api-key make scart --scope attribute")
@needs("api-key make", Extra.HOTLINE)
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the program that gets it.")],
    scope: Annotated[
        list[str],
        typer.Option(help="attribute, read, write, audit or metrics; may be given again."),
    ],
    who: Who = None,
) -> None:
    """Make a key and print it: it is not to be seen again."""
    from attribution.web.access.api_keys import make_key

    with recording(who) as writer:
        key = make_key(writer, name, scope)
    typer.echo(key)


@api_key_app.command("disable", epilog="Example: attribution api-key disable scart")
@needs("api-key disable", Extra.HOTLINE)
def disable_api_key(name: Annotated[str, typer.Argument(metavar="NAME")], who: Who = None) -> None:
    """Let a key open nothing any more, from five seconds on."""
    from attribution.web.access.api_keys import disable_key

    with recording(who) as writer:
        disable_key(writer, name)
    print_message(_("the key {name} opens nothing any more", name=name))


@api_key_app.command("list", epilog="Example: attribution api-key list")
@needs("api-key list", Extra.HOTLINE)
def list_api_keys(as_json: AsJson = False) -> None:
    """List keys, without their secrets."""
    from attribution.store.queries.service_keys import all_keys

    with reading() as view:
        rows = [
            {
                "name": key.name,
                "scopes": sorted(key.scopes),
                "made_at": key.made_at,
                "disabled_at": key.disabled_at,
            }
            for key in all_keys(view.connection)
        ]
    columns = ["name", "scopes", "made_at", "disabled_at"]
    show_rows(rows, columns, as_json=as_json, empty=_("there is no key yet"))


def _secret(name: str) -> str:
    """Read a secret without showing it; a line of stdin where that is no terminal."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _account(connection: Reader, mailbox: str) -> Account:
    from attribution.errors import NotInStoreError
    from attribution.web.access.accounts import account_of

    account = account_of(connection, mailbox)
    if account is None:
        raise NotInStoreError(
            _(
                "account {mailbox} is not in the store. `attribution account list` shows those "
                "that are.",
                mailbox=repr(mailbox),
            )
        )
    return account


def _show_link(mailbox: str, token: str, *, as_json: bool) -> None:
    from attribution.settings import load_settings

    settings = load_settings()
    if not settings.public_url:
        print_message(
            _(
                "the link is for a service at {url}; where people reach it at another address, set "
                "ATTRIBUTION_PUBLIC_URL (or ATTRIBUTION_SERVE_HOST and ATTRIBUTION_SERVE_PORT) and "
                "run `attribution account link {mailbox}`",
                url=settings.service_url,
                mailbox=mailbox,
            )
        )
    link = f"{settings.service_url}set-up/{token}"
    sentence = _("give {mailbox} this link, which works once, for three days", mailbox=mailbox)
    show_outcome({"mailbox": mailbox, "link": link}, sentence, as_json=as_json)
    if not as_json:
        typer.echo(link)
