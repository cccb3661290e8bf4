"""`attribution notice`: which notices are due, drafts of them, and what was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.extras import Extra
from attribution.files.whole_file import refuse_existing
from attribution.language import gettext as _
from attribution_cli.casework.shared import (
    AsJson,
    At,
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
    from attribution.casework.digests import Digest
    from attribution.casework.drafting import Draft, Sender
    from attribution.casework.notices_due import Due


class Form(StrEnum):
    """How drafts are written."""

    TEXT = "text"
    """Text, with XARF in a file of its own."""
    EML = "eml"
    """A mail (RFC 5322), with a XARF report an attachment."""


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
    case: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="Its key, from `case list`.")
    ] = None,
    company: Annotated[
        str | None,
        typer.Option(
            metavar="PROVIDER", help="One notice of all its cases that are due, instead of CASE."
        ),
    ] = None,
    urls: Urls = None,
    language: Annotated[
        str | None,
        typer.Option(help="Such as bg, de, en, fr or nl. [default: the setting notice_language]"),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", help="text, or eml: a mail with its XARF reports.", metavar="FORMAT"
        ),
    ] = Form.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Write each draft, and XARF, here."),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Write the notice of a case to each party in the order to write, as text and XARF v4; or one
    notice of all cases of a company that are due. Nothing is sent.
    """
    if (case is None) == (company is None):
        raise typer.BadParameter(_("give a CASE, or --company PROVIDER"))
    if form not in list(Form):
        raise typer.BadParameter(_("--format: text or eml"))
    stored_nowhere = lines_of_file(urls)
    with reading() as view:
        sender = sender_of(view.settings, language)
        letters: Sequence[Draft | Digest]
        if case is not None:
            letters = _drafts(view, case, sender, stored_nowhere)
        else:
            letters = _digests(view, company or "", sender, stored_nowhere)
    if not letters:
        return SOME_NOT
    if output is not None:
        _write_letters(output, letters, sender, form=Form(form), replace=force)
    else:
        for letter in letters:
            if form == Form.EML:
                if letter.mailbox is not None:
                    typer.echo(_mail_of(letter, sender))
            elif as_json:
                print_json(letter)
            else:
                _show_draft(letter)
    problems = letters[0].in_the_way
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
    cases: Annotated[
        list[str],
        typer.Argument(metavar="CASE...", help="Its key; of a digest those of all of its cases."),
    ],
    to: Annotated[str, typer.Option("--to", help="The mailbox, form or person that it went to.")],
    at: At = None,
    message_id: Annotated[str | None, typer.Option(help="Of the mail that was sent.")] = None,
    channel: Annotated[str, typer.Option(help="mail, form, letter, telephone.")] = "mail",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note that a notice was sent: the first of a case, or a reminder; of several cases all or
    none.
    """
    from attribution.casework.notices_sent import RecordDigest, record_digest

    command = RecordDigest(cases=tuple(cases), at=at, to=to, message_id=message_id, channel=channel)
    with recording(who) as writer:
        kinds = record_digest(writer, command)
    for case, kind in kinds.items():
        if kind == "reminder":
            sentence = _("noted as a reminder of case {case}", case=case)
        else:
            sentence = _("noted as the notice of case {case}", case=case)
        show_outcome({"case": case, "what": kind}, sentence, as_json=as_json)


def _drafts(view: View, case: str, sender: Sender, urls: list[str]) -> list[Draft]:
    """Return the notices of a case; none, and say why, where there is nothing to write."""
    from attribution.casework.drafting import draft_notices

    notices = _due(view, case)
    if not notices:
        print_message(_("case {case} has no open report: nothing to write about", case=case))
        return []
    if notices[0].route_to:
        _say_abroad(notices[0])
        return []
    return draft_notices(view.connection, view.store.keys, notices[0], sender, urls)


def _digests(view: View, company: str, sender: Sender, urls: list[str]) -> list[Digest]:
    """Return the notices of all cases of a company that are due and have nothing in their way; of
    all that are due where each has something.
    """
    from attribution.casework.digests import draft_digest
    from attribution.casework.providers import provider_named

    key = provider_named(view.connection, company)[1]
    due = [notice for notice in _due(view) if notice.provider == key]
    for notice in due:
        if notice.route_to:
            _say_abroad(notice)
    own = [notice for notice in due if not notice.route_to]
    ready = [notice for notice in own if not notice.in_the_way]
    if not own:
        print_message(_("nothing is due"))
        return []
    for notice in own if ready else ():
        for obstacle in notice.in_the_way:
            print_message(
                _("left out: {case}: {problem}", case=notice.case, problem=readable(obstacle))
            )
    return draft_digest(view.connection, view.store.keys, ready or own, sender, urls)


def _say_abroad(notice: Due) -> None:
    print_message(
        _(
            "the provider of case {case} is in another country: pass it to {authority}",
            case=notice.case,
            authority=readable(notice.route_to),
        )
    )


def _due(view: View, case: str | None = None) -> list[Due]:
    from attribution.casework.notices_due import due_notices

    terms, country = usual_terms(view.settings), view.settings.hotline_country
    return due_notices(view.connection, view.now, terms, country, case=case)


def _show_draft(letter: Draft | Digest) -> None:
    fields = {
        "to": f"{letter.to} <{letter.mailbox or _('no mailbox known')}>",
        "when": getattr(letter, "when", None),
        "cases": [part.case for part in getattr(letter, "cases", ())] or None,
        "subject": letter.subject,
        "not yet": letter.in_the_way,
    }
    show_fields({name: value for name, value in fields.items() if value is not None})
    typer.echo("\n" + "\n".join(map(readable, letter.text.splitlines())) + "\n")


def _write_letters(
    folder: Path, letters: Sequence[Draft | Digest], sender: Sender, *, form: Form, replace: bool
) -> None:
    """Write each draft: as text with its XARF beside it, or as a mail; nothing where one of the
    files exists.
    """
    files: dict[Path, str] = {}
    for number, letter in enumerate(letters, start=1):
        about = getattr(letter, "case", None) or "digest"
        path = folder / f"{about}-{number}-{letter.role}"
        if form == Form.EML:
            if letter.mailbox is not None:
                files[Path(f"{path}.eml")] = _mail_of(letter, sender)
            continue
        head = f"To: {letter.mailbox or letter.to}\nReply-To: {letter.reply_to}\n"
        files[Path(f"{path}.txt")] = f"{head}Subject: {letter.subject}\n\n{letter.text}"
        if reports := list(letter.reports()):
            lines = (json.dumps(report, ensure_ascii=False) + "\n" for _case, report in reports)
            files[Path(f"{path}.xarf.jsonl")] = "".join(lines)
    refuse_existing(*files, replace=replace)
    for path, text in files.items():
        write_whole(path, [text], replace=replace)


def _mail_of(letter: Draft | Digest, sender: Sender) -> str:
    """Return a mail as text; its lines end as files of this machine do."""
    from email.policy import SMTP

    from attribution.notices.message import notice_message

    mail = notice_message(letter, sender)
    return mail.as_bytes(policy=SMTP.clone(linesep="\n", cte_type="7bit")).decode("ascii")
