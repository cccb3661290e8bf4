"""`attribution notice`: which notices are due, drafts of them, and what was sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.extras import Extra
from attribution.files.whole_file import refuse_existing
from attribution.language import gettext as _
from attribution_cli.casework.shared import (
    AsJson,
    At,
    Case,
    Force,
    Urls,
    View,
    Who,
    lines_of_file,
    print_json,
    readable,
    reading,
    recording,
    sender_of,
    show_fields,
    show_outcome,
    usual_terms,
    write_whole,
)
from attribution_cli.console import print_message
from attribution_cli.exit_code import SOME_NOT, incomplete
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.casework.drafting import Draft
    from attribution.casework.notices_due import Due

notice_app = typer.Typer(
    help="Notices: what is due, drafts, and what was sent.", no_args_is_help=True
)


@notice_app.command("due", epilog="Example: attribution notice due")
@needs("notice due", Extra.HOTLINE)
def due(as_json: AsJson = False) -> int:
    """List notices and reminders that are due, and what has to be done before each may go out."""
    with reading() as view:
        notices = _due(view)
    for notice in notices:
        if as_json:
            print_json(notice)
        else:
            show_fields(notice)
            typer.echo()
    if not notices:
        print_message(_("nothing is due"))
    return incomplete(any(notice.in_the_way for notice in notices))


@notice_app.command(
    "draft",
    epilog="Example: attribution notice draft c4b81d9f02aa --urls reported.txt --output drafts/",
)
@needs("notice draft", Extra.HOTLINE)
def draft(
    case: Case,
    urls: Urls = None,
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
    from attribution.casework.drafting import draft_notices

    stored_nowhere = lines_of_file(urls)
    with reading() as view:
        notices = _due(view, case)
        if not notices:
            print_message(_("case {case} has no open report: nothing to write about", case=case))
            return SOME_NOT
        notice = notices[0]
        if notice.route_to:
            authority = readable(notice.route_to)
            print_message(
                _(
                    "the provider of case {case} is in another country: pass it to {authority}",
                    case=case,
                    authority=authority,
                )
            )
            return SOME_NOT
        drafts = draft_notices(
            view.connection,
            view.store.keys,
            notice,
            sender_of(view.settings, language),
            stored_nowhere,
        )
    if output is not None:
        _draft_notices(output, drafts, replace=force)
    elif as_json:
        for letter in drafts:
            print_json(letter)
    else:
        for letter in drafts:
            _show_draft(letter)
    problems = drafts[0].in_the_way if drafts else ()
    for problem in problems:
        print_message(_("not to be sent yet: {problem}", problem=readable(problem)))
    return incomplete(problems)


@notice_app.command(
    "record",
    epilog="Example: attribution notice record c4b81d9f02aa --to abuse@host.example "
    "--message-id '<1@hotline.example>'",
)
@needs("notice record", Extra.HOTLINE)
def record(
    case: Case,
    to: Annotated[str, typer.Option("--to", help="The mailbox, form or person that it went to.")],
    at: At = None,
    message_id: Annotated[str | None, typer.Option(help="Of the mail that was sent.")] = None,
    channel: Annotated[str, typer.Option(help="mail, form, letter, telephone.")] = "mail",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note that a notice was sent: the first of a case, or a reminder."""
    from attribution.casework.notices_sent import RecordNotice, record_notice

    command = RecordNotice(case=case, at=at, to=to, message_id=message_id, channel=channel)
    with recording(who) as writer:
        kind = record_notice(writer, command)
    if kind == "reminder":
        sentence = _("noted as a reminder of case {case}", case=case)
    else:
        sentence = _("noted as the notice of case {case}", case=case)
    show_outcome({"case": case, "what": kind}, sentence, as_json=as_json)


def _due(view: View, case: str | None = None) -> list[Due]:
    from attribution.casework.notices_due import due_notices

    terms, country = usual_terms(view.settings), view.settings.hotline_country
    return due_notices(view.connection, view.now, terms, country, case=case)


def _show_draft(letter: Draft) -> None:
    show_fields(
        {
            "to": f"{letter.to} <{letter.mailbox or _('no mailbox known')}>",
            "when": letter.when,
            "subject": letter.subject,
            "not yet": letter.in_the_way,
        }
    )
    typer.echo("\n" + "\n".join(map(readable, letter.text.splitlines())) + "\n")


def _draft_notices(folder: Path, drafts: list[Draft], *, replace: bool) -> None:
    """Write each draft as text with its XARF beside it; nothing where one of the files exists."""
    files: dict[Path, str] = {}
    for number, letter in enumerate(drafts, start=1):
        head = f"To: {letter.mailbox or letter.to}\nReply-To: {letter.reply_to}\n"
        path = folder / f"{letter.case}-{number}-{letter.role}"
        files[Path(f"{path}.txt")] = f"{head}Subject: {letter.subject}\n\n{letter.text}"
        if letter.xarf:
            lines = (json.dumps(report, ensure_ascii=False) + "\n" for report in letter.xarf)
            files[Path(f"{path}.xarf.jsonl")] = "".join(lines)
    refuse_existing(*files, replace=replace)
    for path, text in files.items():
        write_whole(path, [text], replace=replace)
