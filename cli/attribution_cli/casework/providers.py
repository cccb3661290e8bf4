"""`attribution provider`: who a provider is, by which marks, and which records are one company."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from attribution.extras import Extra
from attribution_cli.casework.desk import (
    AsJson,
    At,
    Who,
    Why,
    open_store,
    print_json,
    read_time,
    recording,
    show_fields,
    show_rows,
    tell,
    usual_terms,
    who_of,
)
from attribution_cli.needs import needs

provider_app = typer.Typer(
    help="Providers: who they are, and how they are written to.", no_args_is_help=True
)
Provider = Annotated[
    str, typer.Argument(metavar="PROVIDER", help="Its key, or a name or mailbox that only it has.")
]


@provider_app.command("list", epilog="Example: attribution provider list --json")
@needs("provider list", Extra.HOTLINE)
def provider_list(
    after: Annotated[
        str,
        typer.Option(
            metavar="KEY", help="From the one after this on: where an earlier list ended."
        ),
    ] = "",
    most: Annotated[
        int, typer.Option("--limit", min=1, max=10000, help="Most providers to list.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """List providers by key, with how many cases each has."""
    from attribution.casework.views import provider_lines
    from attribution.store.times import iso

    store, _ = open_store()
    with store, store.read() as connection:
        found = provider_lines(connection, after, most)
    rows = [{**asdict(one), "last_opened": iso(one.last_opened)} for one in found]
    show_rows(
        rows,
        ["key", "name", "country", "cases", "last_opened"],
        as_json=as_json,
        empty="no providers",
    )


@provider_app.command("show", epilog="Example: attribution provider show ripe:ORG-EX1-RIPE")
@needs("provider show", Extra.HOTLINE)
def provider_show(provider: Provider, as_json: AsJson = False) -> None:
    """Show a provider: what it is known by and since when, its links, approved mailboxes, and what
    happened to its cases.
    """
    from attribution.casework.providers import provider_named
    from attribution.casework.views import provider_view

    store, settings = open_store()
    with store, store.read() as connection:
        identity, _ = provider_named(connection, provider)
        view = asdict(provider_view(connection, identity, usual_terms(settings)))
    view = _with_times(view)
    if as_json:
        print_json(view)
        return
    lists = {name: view.pop(name) for name in ("marks", "links", "approved", "statements")}
    show_fields(view)
    for name, columns in (
        ("marks", ["kind", "value", "known_at", "source"]),
        ("links", ["link", "new", "kind", "old", "known_at", "source", "undone_at"]),
        ("approved", ["mailbox", "who", "at"]),
        ("statements", ["at", "kind", "who", "detail"]),
    ):
        if lists[name]:
            typer.echo(f"\n{name}:")
            show_rows(lists[name], columns, as_json=False, empty="")


@provider_app.command(
    "link",
    epilog="Example: attribution provider link ripe:ORG-NEW ripe:ORG-OLD --kind "
    "renamed_to --source 'trade register, 2026-03-01'",
)
@needs("provider link", Extra.HOTLINE)
def link(
    new: Annotated[str, typer.Argument(metavar="NEW", help="The provider as it is now.")],
    old: Annotated[
        list[str],
        typer.Argument(
            metavar="OLD",
            help="The one that it goes on from, is owned by, shares a desk with, or announces for; "
            "with same_operator, one or several.",
        ),
    ],
    source: Annotated[str, typer.Option("--source", help="How this is known.")],
    kind: Annotated[
        str,
        typer.Option(
            help="renamed_to, same_operator (one history), owned_by, same_abuse_desk, "
            "announces_for "
            "(not joined)."
        ),
    ] = "renamed_to",
    at: At = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Link two providers, from the day on which it was known. `provider unlink` undoes it."""
    from attribution.casework import SameOperator, same_operator
    from attribution.casework.providers import link as make_link
    from attribution.casework.providers import provider_named

    if kind == "same_operator":
        with recording(who) as writer:
            command = SameOperator((new, *old), source, read_time(at) or writer.now)
            numbers = same_operator(writer, command)
        shown = ", ".join(map(str, numbers))
        undoing = "`attribution provider unlink` with a link's number undoes it"
        tell({"links": numbers}, f"links made: {shown}; {undoing}", as_json=as_json)
        return
    if len(old) > 1:
        raise typer.BadParameter(f"--kind {kind}: name one OLD; only same_operator joins several")
    with recording(who) as writer:
        (new_id, new_key), (old_id, old_key) = (
            provider_named(writer.connection, new),
            provider_named(writer.connection, old[0]),
        )
        number = make_link(writer, new_id, old_id, kind, read_time(at) or writer.now, source)
    values = {"link": number, "new": new_key, "old": old_key, "kind": kind}
    tell(
        values,
        f"link {number} made; `attribution provider unlink {number}` undoes it",
        as_json=as_json,
    )


@provider_app.command("unlink", epilog="Example: attribution provider unlink 1207")
@needs("provider unlink", Extra.HOTLINE)
def unlink(
    number: Annotated[
        int, typer.Argument(metavar="LINK", help="Its number, from `provider show`.")
    ],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Undo a link from now on. What was decided while it held stays as it was."""
    from attribution.casework.providers import unlink as undo

    with recording(who) as writer:
        undo(writer, number)
    tell({"undone": number}, f"link {number} is undone", as_json=as_json)


@provider_app.command("suggest", epilog="Example: attribution provider suggest")
@needs("provider suggest", Extra.HOTLINE)
def suggest(
    provider: Annotated[
        str | None, typer.Argument(metavar="[PROVIDER]", help="Only pairs with this one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Suggest pairs of records that may be one company, with reasons. Nothing is joined: a person
    decides with `provider link`.
    """
    from attribution.casework.providers import provider_named
    from attribution.casework.providers import suggest as pairs

    store, _ = open_store()
    with store, store.read() as connection:
        identity = provider_named(connection, provider)[0] if provider else None
        found = [asdict(one) for one in pairs(connection, identity)]
    show_rows(found, ["one", "other", "reasons"], as_json=as_json, empty="no pair stands out")


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
    from attribution.casework.mailboxes import approve as approve_mailbox
    from attribution.casework.providers import add_marks, provider_named

    with recording(who) as writer:
        identity, key = provider_named(writer.connection, provider)
        approve_mailbox(writer, identity, mailbox, why)
        add_marks(writer, identity, [("mailbox", mailbox.strip().lower())], "approved")
    tell(
        {"provider": key, "mailbox": mailbox.strip().lower()},
        f"{mailbox} is approved for {key}",
        as_json=as_json,
    )


@provider_app.command(
    "mark",
    epilog="Example: attribution provider mark ripe:ORG-EX1-RIPE company_number "
    "12345678 --source 'trade register'",
)
@needs("provider mark", Extra.HOTLINE)
def mark(
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
    """Note what else a provider is known by, since a day. It joins nothing: it is a reason to
    look.
    """
    from attribution.casework.providers import MARK_KINDS, add_marks, provider_named
    from attribution.codes import Refusal
    from attribution.errors import Refused

    if kind not in MARK_KINDS:
        raise Refused(Refusal.INVALID, "kind", kind, f"use one of {', '.join(MARK_KINDS)}")
    with recording(who) as writer:
        identity, key = provider_named(writer.connection, provider)
        plain = value.strip().lower() if kind == "mailbox" else value.strip()
        added = add_marks(writer, identity, [(kind, plain)], source, read_time(at) or writer.now)
    tell(
        {"provider": key, "kind": kind, "value": plain, "new": bool(added)},
        f"noted for {key}" if added else "known already",
        as_json=as_json,
    )


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
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Withdraw the word instead.")
    ] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Vouch for a company whose block is a customer's:
    look-ups name it, and the provider above it too.
    """
    from attribution.casework import Vouch, WithdrawVouching, vouch, withdraw_vouching

    with recording(who) as writer:
        if withdraw:
            number = withdraw_vouching(writer, WithdrawVouching(provider, why))
        else:
            number = vouch(writer, Vouch(provider, why, name))
    said = (
        "withdrawn: look-ups name the provider above it"
        if withdraw
        else "noted: look-ups name it from now on"
    )
    tell({"event": number, "provider": provider}, f"{provider}: {said}", as_json=as_json)


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
    from attribution.casework.notices_due import Terms, set_terms, terms_of
    from attribution.casework.providers import provider_named

    store, settings = open_store()
    with store, store.write(who_of(who, settings)) as writer:
        identity, key = provider_named(writer.connection, provider)
        now = terms_of(writer.connection, identity, usual_terms(settings))
        days = (
            now.quiet_days
            if quiet_days is None
            else tuple(day.strip().lower() for day in quiet_days.split(",") if day.strip())
        )
        set_terms(
            writer,
            identity,
            Terms(
                now.grouping_hours if grouping_hours is None else grouping_hours,
                now.reminder_hours if reminder_hours is None else reminder_hours,
                days,
            ),
        )
    tell({"provider": key}, f"noted for {key}", as_json=as_json)


def _with_times(value: Any) -> Any:
    from attribution.store.times import iso

    if isinstance(value, dict):
        return {
            key: iso(one)
            if key in ("at", "known_at", "undone_at") and isinstance(one, int)
            else _with_times(one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_with_times(one) for one in value]
    return value
