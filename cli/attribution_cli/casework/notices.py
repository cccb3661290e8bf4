"""`attribution notice`, `event`, `case`, `mail`: what goes out, what comes back, what became of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from attribution.extras import Extra
from attribution.whole_file import refuse_existing
from attribution_cli import exit_code
from attribution_cli.casework.desk import (
    AsJson,
    At,
    Force,
    Who,
    Why,
    open_store,
    print_json,
    read_time,
    recording,
    sender_of,
    show_fields,
    show_rows,
    tell,
    usual_terms,
    who_of,
    words,
    write_whole,
)
from attribution_cli.console import say
from attribution_cli.needs import needs

notice_app = typer.Typer(
    help="Notices: what is due, drafts, and what was sent.", no_args_is_help=True
)
event_app = typer.Typer(help="What happened to a case or provider.", no_args_is_help=True)
case_app = typer.Typer(help="Cases: one site at one provider.", no_args_is_help=True)
mail_app = typer.Typer(help="What came back by mail.", no_args_is_help=True)


@notice_app.command("due", epilog="Example: attribution notice due")
@needs("notice due", Extra.HOTLINE)
def due(as_json: AsJson = False) -> int:
    """List notices and reminders that are due, and what has to be done before each may go out."""
    from attribution.cases.notices import due as due_now
    from attribution.store.times import iso, micros

    store, settings = open_store()
    with store, store.read() as connection:
        found = due_now(
            connection, micros(store.now), usual_terms(settings), settings.hotline_country
        )
    rows = [{**asdict(one), "since": iso(one.since)} for one in found]
    for row in rows:
        if as_json:
            print_json(row)
        else:
            show_fields({"case": row.pop("case"), **row})
            typer.echo()
    if not rows:
        say("attribution: nothing is due")
    return exit_code.SOME_NOT if any(one.in_the_way for one in found) else 0


@notice_app.command(
    "draft",
    epilog="Example: attribution notice draft c4b81d9f02aa --urls reported.txt --output drafts/",
)
@needs("notice draft", Extra.HOTLINE)
def draft(
    case: Annotated[str, typer.Argument(metavar="CASE")],
    urls: Annotated[
        Path | None,
        typer.Option(
            "--urls", metavar="FILE", help="The reported URLs, where the store does not keep them."
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="nl, en, de or fr. [default: the setting notice_language]")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Write each draft as text, and its XARF, here."
        ),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Write the notice of a case to each party in the order to write, as text and XARF v4. Nothing is sent."""
    from attribution.cases.drafting import draft as write_drafts
    from attribution.cases.notices import due as due_now
    from attribution.store.times import micros

    store, settings = open_store()
    given = _lines_of(urls)
    with store, store.read() as connection:
        found = due_now(
            connection,
            micros(store.now),
            usual_terms(settings),
            settings.hotline_country,
            case=case,
        )
        if not found:
            say(f"attribution: case {case} has no open report: nothing to write about")
            return exit_code.SOME_NOT
        if found[0].route_to:
            say(
                f"attribution: the provider of case {case} is in another country: pass it to {words(found[0].route_to)}"
            )
            return exit_code.SOME_NOT
        drafts = write_drafts(
            connection, store.keys, found[0], sender_of(settings, language), given
        )
    if output is not None:
        _write_drafts(output, drafts, replace=force)
    for one in drafts if output is None else ():
        if as_json:
            print_json(asdict(one))
        else:
            show_fields({"to": f"{one.to} <{one.mailbox or 'no mailbox known'}>", "when": one.when, "subject": one.subject, "not yet": list(one.in_the_way)})  # fmt: skip
            typer.echo("\n" + "\n".join(words(line) for line in one.text.splitlines()) + "\n")
    for reason in drafts[0].in_the_way if drafts else ():
        say(f"attribution: not to be sent yet: {words(reason)}")
    return exit_code.SOME_NOT if drafts and drafts[0].in_the_way else 0


def _write_drafts(folder: Path, drafts: list[Any], *, replace: bool) -> None:
    """Write each draft as text, and its XARF beside it;
    nothing where one of the files is there already.
    """
    files: dict[Path, str] = {}
    for number, one in enumerate(drafts, start=1):
        head = f"To: {one.mailbox or one.to}\nReply-To: {one.reply_to}\nSubject: {one.subject}\n\n"
        files[folder / f"{one.case}-{number}-{one.role}.txt"] = head + one.text
        if one.xarf:
            lines = (json.dumps(report, ensure_ascii=False) + "\n" for report in one.xarf)
            files[folder / f"{one.case}-{number}-{one.role}.xarf.jsonl"] = "".join(lines)
    refuse_existing(*files, replace=replace)
    for path, text in files.items():
        write_whole(path, [text], replace=replace)


@notice_app.command(
    "record",
    epilog="Example: attribution notice record c4b81d9f02aa --to abuse@host.example --message-id '<1@hotline.example>'",
)
@needs("notice record", Extra.HOTLINE)
def record(
    case: Annotated[str, typer.Argument(metavar="CASE")],
    to: Annotated[str, typer.Option("--to", help="The mailbox, form or person that it went to.")],
    at: At = None,
    message_id: Annotated[str | None, typer.Option(help="Of the mail that was sent.")] = None,
    channel: Annotated[str, typer.Option(help="mail, form, letter, telephone.")] = "mail",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note that a notice was sent: the first of a case, or a reminder."""
    from attribution.cases.notices import record_notice

    with recording(who) as writer:
        what = record_notice(
            writer, case, read_time(at) or writer.now, to=to, message_id=message_id, channel=channel
        )
    if as_json:
        print_json({"case": case, "what": what})
    else:
        say(
            f"attribution: noted as {'a reminder' if what == 'reminder' else 'the notice'} "
            f"of case {case}"
        )


@event_app.command(
    "add", epilog="Example: attribution event add ack --case c4b81d9f02aa --at 2026-03-01T10:00Z"
)
@needs("event add", Extra.HOTLINE)
def add(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="ack, bounce, refused, still_online, offline, reply, court_order, "
            "contact_confirmed, …",
        ),
    ],
    case: Annotated[str | None, typer.Option(help="The case that it happened to.")] = None,
    report: Annotated[
        str | None, typer.Option(help="The URL's report, for what happened to one URL.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="The provider, for what concerns it as a whole.")
    ] = None,
    at: At = None,
    note: Annotated[str | None, typer.Option(help="What else is to be known.")] = None,
    last_online: Annotated[
        str | None, typer.Option(metavar="TIME", help="With offline: when it was last seen online.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAME=VALUE",
            help="What else is known, as often as needed: served_by, resolved_to, compared, checker, "
            "automatic, believed, by, to, channel, legal_ground, by_whom, notices.",
        ),
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note that something happened. What was noted is never changed: `event correct` takes it back by another event."""
    from attribution.casework import NoteEvent, read_fields
    from attribution.casework import note as note_happening
    from attribution.store.times import iso

    detail = read_fields(fields or [])
    if note:
        detail["note"] = note
    if last_online:
        detail["last_online"] = iso(read_time(last_online))
    with recording(who) as writer:
        command = NoteEvent(kind, read_time(at) or writer.now, case, report, provider, detail)
        numbers = note_happening(writer, command)
    if as_json:
        print_json({"events": numbers})
    else:
        say(f"attribution: noted as event {', '.join(map(str, numbers))}")


@event_app.command(
    "correct",
    epilog="Example: attribution event correct 1207 --why 'the bounce was of another notice'",
)
@needs("event correct", Extra.HOTLINE)
def correct(
    seq: Annotated[int, typer.Argument(metavar="EVENT")],
    why: Why,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Take back an event that was noted wrongly, by a new one that names it."""
    from attribution.cases.noting import correct as take_back

    with recording(who) as writer:
        number = take_back(writer, seq, why)
    tell(
        {"event": number, "corrects": seq},
        f"event {seq} is taken back by event {number}",
        as_json=as_json,
    )


@case_app.command("list", epilog="Example: attribution case list --provider ripe:ORG-EX1-RIPE")
@needs("case list", Extra.HOTLINE)
def case_list(
    provider: Annotated[
        str | None,
        typer.Option(help="Only of this provider, under every name that is one history with it."),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="CASE", help="From the one after this on: where an earlier list ended."
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--limit", min=1, max=10000, help="Most cases to list.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, the latest first."""
    from attribution.cases.providers import provider_named
    from attribution.cases.views import case_lines
    from attribution.store.times import iso

    store, _ = open_store()
    with store, store.read() as connection:
        identity = provider_named(connection, provider)[0] if provider else None
        found = case_lines(connection, provider_id=identity, after=after, limit=most)
    rows = [
        {
            "case": one.key,
            **{name: value for name, value in asdict(one).items() if name != "key"},
            "opened_at": iso(one.opened_at),
        }
        for one in found
    ]
    show_rows(
        rows,
        ["case", "opened_at", "state", "provider", "site", "urls", "online"],
        as_json=as_json,
        empty="no cases",
    )


@case_app.command("show", epilog="Example: attribution case show c4b81d9f02aa")
@needs("case show", Extra.HOTLINE)
def case_show(
    case: Annotated[str, typer.Argument(metavar="CASE")], as_json: AsJson = False
) -> None:
    """Show a case: its URLs, and everything that happened, with when it was known and who noted it."""
    from attribution.cases.views import case_view
    from attribution.store.times import iso, micros

    store, _ = open_store()
    with store, store.read() as connection:
        found = case_view(connection, case, micros(store.now))
    line = {**asdict(found.line), "opened_at": iso(found.line.opened_at)}
    reports = [
        {**one, "reported_at": iso(one["reported_at"]), "checked_at": iso(one["checked_at"])}
        for one in found.reports
    ]
    log = [
        {
            **one,
            "at": iso(one["at"]),
            "known_at": iso(one["known_at"]),
            "recorded_at": iso(one["recorded_at"]),
        }
        for one in found.events
    ]
    if as_json:
        print_json(
            {
                "case": line.pop("key"),
                **line,
                "token": found.token,
                "next_step": found.next_step,
                "reports": reports,
                "events": log,
            }
        )
        return
    show_fields(
        {"case": line.pop("key"), **line, "token": found.token, "next_step": found.next_step}
    )
    typer.echo()
    show_rows(
        reports,
        ["report", "host", "reported_at", "last_check", "checked_at", "erased"],
        as_json=False,
        empty="no URLs",
    )
    typer.echo()
    for one in log:
        one["detail"].pop("evidence_sha256", None)
    show_rows(
        log,
        ["seq", "at", "kind", "report", "who", "corrects", "detail"],
        as_json=False,
        empty="no events",
    )


@mail_app.command("read", epilog="Example: attribution mail read ~/Maildir --record")
@needs("mail read", Extra.HOTLINE)
def mail_read(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|MAILDIR", help="A mail, an mbox, a Maildir or a folder of mails."
        ),
    ],
    record_them: Annotated[
        bool, typer.Option("--record", help="Note what is proposed; each mail once.")
    ] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> int:
    """Recognise bounces, automatic replies and answers by their case's token, and propose events."""
    from attribution.cases.mail import read_mails
    from attribution.cases.noting import case_with_token, note_event
    from attribution.store.times import iso, micros

    store, settings = open_store()
    kinds = {"bounce": "bounce", "auto_reply": "ack", "reply": "ack"}
    rows: list[dict[str, Any]] = []
    with store:
        for name, letter in read_mails(path):
            if letter is None:
                rows.append({"mail": name, "what": "no mail", "case": None, "event": None})
                continue
            at = micros(letter.at)
            with store.write(who_of(who, settings)) as writer:
                case = case_with_token(writer, letter.tokens)
                event = kinds.get(letter.kind) if case else None
                noted: list[int] = []
                if record_them and case and event:
                    detail = {"mail": letter.message_id, "from": letter.sender, "automatic": letter.kind != "reply", "status": letter.status, "said": letter.text}  # fmt: skip
                    origin = (
                        "mail "
                        + hashlib.sha256(
                            f"{letter.message_id} {case} {event}".encode()
                        ).hexdigest()[:32]
                    )
                    noted = note_event(
                        writer, event, min(at, writer.now), case=case, origin=origin,
                        detail={key: value for key, value in detail.items() if value is not None},
                    )  # fmt: skip
            rows.append({
                "mail": name, "what": letter.kind, "at": iso(at), "from": letter.sender, "case": case, "event": event,
                "recipients": list(letter.recipients), "status": letter.status, "said": letter.text, "noted": noted,
                "to_be_read": letter.kind == "reply",
            })  # fmt: skip
    show_rows(
        rows,
        ["mail", "what", "at", "case", "event", "from", "status", "said"],
        as_json=as_json,
        empty="no mail",
    )
    return exit_code.SOME_NOT if any(row["case"] is None for row in rows) else 0


def _lines_of(path: Path | None) -> list[str]:
    from attribution.errors import StoreError

    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"--urls {str(path)!r} cannot be read: {error}.") from None
