"""`attribution provider`: who providers are, and how they are written to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution_cli.casework.shared import (
    AsJson,
    At,
    Limit,
    Provider,
    Who,
    Why,
    open_store,
    plain,
    print_json,
    reading,
    recording,
    show_fields,
    show_outcome,
    show_rows,
    usual_terms,
)
from attribution_cli.names import field_name
from attribution_cli.needs import needs

provider_app = typer.Typer(
    help="Providers: who they are, and how they are written to.", no_args_is_help=True
)
_LISTS = {
    "marks": ["kind", "value", "known_at", "source"],
    "links": ["link", "new", "kind", "old", "known_at", "source", "undone_at"],
    "approved": ["mailbox", "who", "at"],
    "statements": ["at", "kind", "who", "detail"],
}
"""Lists of a provider's view, and the columns of each that are shown."""


@provider_app.command("list", epilog="Example: attribution provider list --json")
@needs("provider list", Extra.HOTLINE)
def provider_list(
    after: Annotated[
        str, typer.Option(metavar="KEY", help="Cursor: list the providers after this one.")
    ] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List providers by key, with how many cases each has."""
    from attribution.casework.views import provider_lines

    with reading() as view:
        rows = provider_lines(view.connection, after, limit)
    columns = ["key", "name", "country", "cases", "last_opened"]
    show_rows(rows, columns, as_json=as_json, empty=_("no providers"))


@provider_app.command("show", epilog="Example: attribution provider show ripe:ORG-EX1-RIPE")
@needs("provider show", Extra.HOTLINE)
def provider_show(provider: Provider, as_json: AsJson = False) -> None:
    """Show a provider: what it is known by and since when, its links, approved mailboxes, and what
    happened to its cases.
    """
    from attribution.casework.providers import provider_named
    from attribution.casework.views import provider_view

    with reading() as view:
        provider_id = provider_named(view.connection, provider)[0]
        values = plain(provider_view(view.connection, provider_id, usual_terms(view.settings)))
    if as_json:
        print_json(values)
        return
    show_fields({name: part for name, part in values.items() if name not in _LISTS})
    for name, columns in _LISTS.items():
        if values[name]:
            typer.echo(f"\n{field_name(name)}:")
            show_rows(values[name], columns, as_json=False, empty="")


@provider_app.command(
    "approve",
    epilog="Example: attribution provider approve ripe:ORG-EX1-RIPE "
    "abuse@host.example --why 'named on its imprint, called back'",
)
@needs("provider approve", Extra.HOTLINE)
def approve(
    provider: Provider,
    mailbox: Annotated[str, typer.Argument(metavar="MAILBOX")],
    why: Why,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Approve a mailbox as the provider's. Until then no notice carries URLs to it; a mailbox that
    changes loses it.
    """
    from attribution.casework.mailboxes import ApproveMailbox, approve_mailbox

    command = ApproveMailbox(provider=provider, mailbox=mailbox, why=why)
    with recording(who) as writer:
        approved = approve_mailbox(writer, command)
    values = {"provider": approved.provider, "mailbox": approved.mailbox}
    sentence = _(
        "{mailbox} is approved for {provider}", mailbox=mailbox, provider=approved.provider
    )
    show_outcome(values, sentence, as_json=as_json)


@provider_app.command(
    "mark",
    epilog="Example: attribution provider mark ripe:ORG-EX1-RIPE company_number "
    "12345678 --source 'trade register'",
)
@needs("provider mark", Extra.HOTLINE)
def add_identifier(
    provider: Provider,
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="company_number, name, handle, asn or mailbox.")
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE")],
    source: Annotated[str, typer.Option("--source", help="How this is known.")],
    at: At = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note an identifier by which a provider is known since a day. It joins nothing: it makes
    `provider suggest` propose pairs.
    """
    from attribution.casework.providers import AddIdentifier
    from attribution.casework.providers import add_identifier as note_identifier

    command = AddIdentifier(provider=provider, kind=kind, value=value, source=source, known_at=at)
    with recording(who) as writer:
        added = note_identifier(writer, command)
    if added.new:
        sentence = _("noted for {provider}", provider=added.provider)
    else:
        sentence = _("{provider} is known by it already", provider=added.provider)
    show_outcome(asdict(added), sentence, as_json=as_json)


@provider_app.command(
    "vouch",
    epilog="Example: attribution provider vouch ripe:ORG-EX1-RIPE --why 'acts within a day since "
    "2024, called on 2026-03-01'",
)
@needs("provider vouch", Extra.HOTLINE)
def provider_vouch(
    provider: Annotated[
        str,
        typer.Argument(metavar="PROVIDER", help="Its id, registry:HANDLE, as an answer shows it."),
    ],
    why: Why,
    name: Annotated[
        str | None, typer.Option(help="Its name, where the store does not know it yet.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Vouch for it no longer.")] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Vouch for a company whose block is a customer's:
    lookups name it, and the provider above it too.
    """
    from attribution.casework import Vouch, WithdrawVouching, vouch, withdraw_vouching

    with recording(who) as writer:
        if withdraw:
            number = withdraw_vouching(writer, WithdrawVouching(provider, why))
            sentence = _(
                "{provider}: withdrawn: lookups name the provider above it", provider=provider
            )
        else:
            number = vouch(writer, Vouch(provider, why, name))
            sentence = _("{provider}: noted: lookups name it from now on", provider=provider)
    show_outcome({"event": number, "provider": provider}, sentence, as_json=as_json)


@provider_app.command(
    "terms",
    epilog="Example: attribution provider terms ripe:ORG-EX1-RIPE --grouping-hours 4 --quiet-days "
    "sat,sun",
)
@needs("provider terms", Extra.HOTLINE)
def terms(
    provider: Provider,
    grouping_hours: Annotated[
        float | None, typer.Option(min=0, max=720, help="Hours for which reports of a site gather.")
    ] = None,
    reminder_hours: Annotated[
        float | None, typer.Option(min=1, max=720, help="Hours after which a reminder is due.")
    ] = None,
    quiet_days: Annotated[
        str | None, typer.Option(help="Days without notices: sat,sun,2026-12-25; empty for none.")
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Set how this provider is written to."""
    from attribution.casework.terms import SetTerms, set_terms

    command = SetTerms(
        provider=provider,
        grouping_hours=grouping_hours,
        reminder_hours=reminder_hours,
        quiet_days=quiet_days,
    )
    store, settings = open_store()
    with store, store.write(who or settings.analyst) as writer:
        key = set_terms(writer, command, usual_terms(settings))
    sentence = _("noted for {provider}", provider=key)
    show_outcome({"provider": key}, sentence, as_json=as_json)
