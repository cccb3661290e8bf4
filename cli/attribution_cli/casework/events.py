"""`attribution event`: what happened to a case, to one of its URLs, or to a provider."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution_cli.casework.checkers import note_statements
from attribution_cli.casework.shared import (
    AsJson,
    At,
    LastOnline,
    Who,
    Why,
    recording,
    show_outcome,
)
from attribution_cli.console import print_message
from attribution_cli.needs import needs

event_app = typer.Typer(help="What happened to a case or provider.", no_args_is_help=True)


@event_app.command(
    "add", epilog="Example: attribution event add ack --case c4b81d9f02aa --at 2026-03-01T10:00Z"
)
@needs("event add", Extra.HOTLINE)
def add(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help="ack, bounce, refused, still_online, offline, reply, court_order, "
            "contact_confirmed, …",
        ),
    ] = None,
    case: Annotated[str | None, typer.Option(help="The case that it happened to.")] = None,
    report: Annotated[
        str | None, typer.Option(help="The URL's report, for what happened to one URL.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="The provider, for what concerns it as a whole.")
    ] = None,
    at: At = None,
    note: Annotated[str | None, typer.Option(help="What else is to be known.")] = None,
    last_online: LastOnline = None,
    statement: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Checks that a registered checker signed, a JSON object a line, instead of KIND.",
        ),
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAME=VALUE",
            help="What else is known, as often as needed: served_by, resolved_to, "
            "compared, checker, "
            "automatic, believed, by, to, channel, legal_ground, by_whom, notices.",
        ),
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> int | None:
    """Note that something happened. What was noted is never changed: `event correct` takes it back
    by another event.
    """
    from attribution.casework.event_fields import read_event_fields
    from attribution.casework.noting import NoteEvent, counts_for_nothing, note_event
    from attribution.store.times import iso

    if statement is not None and kind is None:
        return note_statements(statement, who, as_json=as_json)
    if statement is not None or kind is None:
        raise typer.BadParameter(_("give a KIND, or signed checks with --statement FILE"))
    detail = read_event_fields(fields or [])
    if note:
        detail["note"] = note
    if last_online:
        detail["last_online"] = iso(last_online)
    with recording(who) as writer:
        command = NoteEvent(
            kind=kind, at=at, case=case, report=report, provider=provider, fields=detail
        )
        numbers = note_event(writer, command)
        unsigned = counts_for_nothing(writer.connection, kind)
    sentence = _("noted as event {numbers}", numbers=", ".join(map(str, numbers)))
    show_outcome({"events": numbers}, sentence, as_json=as_json)
    if unsigned and not as_json:
        print_message(
            _("it counts for nothing: a checker signs such a check, and --statement takes it")
        )
    return None


@event_app.command(
    "correct",
    epilog="Example: attribution event correct 1207 --why 'the bounce was of another notice'",
)
@needs("event correct", Extra.HOTLINE)
def correct(
    events: Annotated[
        list[int], typer.Argument(metavar="EVENT...", help="Their numbers, from `case show`.")
    ],
    why: Why,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Take back events that were noted wrongly, each by a new one that names it. A notice that is
    taken back counts as never sent; the mail itself is not taken back.
    """
    from attribution.casework.working import TakeBack, take_back

    with recording(who) as writer:
        taken_back = take_back(writer, TakeBack(events=tuple(events), why=why))
    for event in taken_back:
        if event.is_notice:
            sentence = _(
                "event {event} is taken back by event {number}: the case counts as if this notice "
                "had never been sent. The mail itself is not taken back; write to whoever received "
                "it where that is needed.",
                event=event.corrects,
                number=event.event,
            )
        else:
            sentence = _(
                "event {event} is taken back by event {number}",
                event=event.corrects,
                number=event.event,
            )
        values = {"event": event.event, "corrects": event.corrects, "kind": event.kind}
        show_outcome(values, sentence, as_json=as_json)
