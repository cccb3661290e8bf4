"""`attribution notice`, `event`, `case`, `mail`:
what goes out, what comes back, what became of it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.files.whole_file import refuse_existing
from attribution_cli import exit_code
from attribution_cli.casework.checkers import note_statements
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
    show_events,
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

if TYPE_CHECKING:
    from attribution.casework import MailRead

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
    from attribution.casework.sending import due as due_now
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
    """Write the notice of a case to each party in the order to write, as text and XARF v4. Nothing
    is sent.
    """
    from attribution.casework.drafting import draft as write_drafts
    from attribution.casework.sending import due as due_now
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
                f"attribution: the provider of case {case} is in another country: pass "
                f"it to {words(found[0].route_to)}"
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
            show_fields(
                {
                    "to": f"{one.to} <{one.mailbox or 'no mailbox known'}>",
                    "when": one.when,
                    "subject": one.subject,
                    "not yet": list(one.in_the_way),
                }
            )
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
    epilog="Example: attribution notice record c4b81d9f02aa --to abuse@host.example "
    "--message-id '<1@hotline.example>'",
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
    from attribution.casework.sending import record_notice

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
    last_online: Annotated[
        str | None, typer.Option(metavar="TIME", help="With offline: when it was last seen online.")
    ] = None,
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
    from attribution.casework import NoteEvent, counts_for_nothing, read_fields
    from attribution.casework import note as note_happening
    from attribution.store.times import iso

    if (kind is None) == (statement is None):
        raise typer.BadParameter("give a KIND, or signed checks with --statement FILE")
    if statement is not None:
        return note_statements(statement, who, as_json=as_json)
    assert kind is not None
    detail = read_fields(fields or [])
    if note:
        detail["note"] = note
    if last_online:
        detail["last_online"] = iso(read_time(last_online))
    with recording(who) as writer:
        command = NoteEvent(kind, read_time(at) or writer.now, case, report, provider, detail)
        numbers = note_happening(writer, command)
        void = counts_for_nothing(writer.connection, kind)
    if as_json:
        print_json({"events": numbers})
        return None
    say(f"attribution: noted as event {', '.join(map(str, numbers))}")
    if void:
        say(
            "attribution: it counts for nothing: a checker signs such a check, and "
            "--statement takes it"
        )
    return None


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
    from attribution.casework.events import correct as take_back

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
    from attribution.casework.providers import provider_named
    from attribution.casework.views import case_lines
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
    """Show a case: its URLs, and everything that happened,
    with when it was known and who noted it.
    """
    from attribution.casework.views import case_view
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
        if one["detail"].pop("statement", None) is not None:
            one["detail"]["signed"] = True
    show_events(log)


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
        bool,
        typer.Option(
            "--record",
            help="Note bounces, delays, and what provably comes from the provider; each mail once.",
        ),
    ] = False,
    take: Annotated[
        list[str] | None,
        typer.Option(
            "--record-proposed",
            metavar="WHAT",
            help="Note proposals too: automatic, delivered, relayed, opened. May be repeated.",
        ),
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> int:
    """Tell bounces, deliveries, programs' and people's answers apart, and match them to cases."""
    from attribution.casework import Proposal, ReadMail, read_mails
    from attribution.mail import Relay
    from attribution.mail import read_mails as read_boxes

    known = {proposal.value: proposal for proposal in Proposal}
    if unknown := [name for name in take or () if name not in known]:
        raise typer.BadParameter(f"--record-proposed {unknown[0]!r}: use one of {', '.join(known)}")
    taken = frozenset(known[name] for name in take or ())
    store, settings = open_store()
    relay = Relay(settings.mail_authserv, frozenset(settings.mail_relay_hosts))
    rows: list[dict[str, Any]] = []
    with store:
        mails = (
            ReadMail(name, reading, record=record_them, take=taken)
            for name, reading in read_boxes(path, relay)
        )
        rows += (_mail_row(read) for read in read_mails(store, who_of(who, settings), mails))
    show_rows(
        rows,
        ["mail", "what", "case", "event", "decision", "origin", "believed", "from", "said"],
        as_json=as_json,
        empty="no mail",
    )
    return exit_code.SOME_NOT if any(row["case"] is None or row["problem"] for row in rows) else 0


def _mail_row(read: MailRead) -> dict[str, Any]:
    """Return what became of a mail, as JSON lines and the table have it."""
    from attribution.store.times import iso, micros

    reading = read.reading
    cases = [match.case for match in read.matches]
    return {
        "mail": read.name,
        "what": reading.kind.value,
        "at": None if reading.at is None else iso(micros(reading.at)),
        "from": reading.sender or None,
        "case": cases[0] if cases else None,
        "cases": cases,
        "matched_by": read.matches[0].by.value if read.matches else None,
        "event": read.event,
        "decision": read.decision.value,
        "noted": list(read.noted),
        "believed": read.believed,
        "origin": read.origin.method.value if read.origin else None,
        "origin_domain": read.origin.domain if read.origin else None,
        "recognised_by": [evidence.value for evidence in reading.evidence],
        "recipients": [one.mailbox for one in reading.recipients if one.mailbox],
        "status": reading.status,
        "said": reading.diagnostic or reading.subject[:200] or None,
        "disposition": reading.disposition,
        "attachments": reading.attachments,
        "attachments_sha256": reading.attachments_sha256,
        "beyond": [bound.value for bound in reading.beyond],
        "to_be_read": reading.to_be_read,
        "problem": read.problem,
    }


def _lines_of(path: Path | None) -> list[str]:
    from attribution.codes import Refusal
    from attribution.errors import Refused

    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(Refusal.INVALID, "urls", str(path), f"it cannot be read: {error}") from None
