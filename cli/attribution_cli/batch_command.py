"""`attribution batch`: a list of URLs, over interruptions too."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.files.text_files import Encoding
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.batch import Order, run_batch
from attribution_cli.batch_output import BatchOutput
from attribution_cli.console import print_message, print_proxy_note
from attribution_cli.exit_code import INTERRUPTED
from attribution_cli.inputs import (
    InEncoding,
    InputFormat,
    count_items,
    deadline_seconds,
    print_encoding,
)
from attribution_cli.lookup_options import (
    Asking,
    CheckMailbox,
    Evidence,
    MaxAge,
    Offline,
    Refresh,
    Vouched,
    age_of,
    vouchings_in,
)
from attribution_cli.outputs import OutputFormat, UnusableOutput
from attribution_cli.progress import Progress

if TYPE_CHECKING:
    from attribution.settings import Settings


class GroupBy(StrEnum):
    """What results may be grouped by."""

    PROVIDER = "provider"


def batch(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="The list, or - for stdin.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write results here, by whole lines.")
    ] = None,
    form: Annotated[
        OutputFormat, typer.Option("--format", help="auto: a table on a terminal, else JSON lines.")
    ] = OutputFormat.AUTO,
    column: Annotated[
        str | None, typer.Option(help="Column or field that holds the URL. [default: url]")
    ] = None,
    input_format: Annotated[
        InputFormat, typer.Option(help="auto: by the file's name.")
    ] = InputFormat.AUTO,
    encoding: InEncoding = Encoding.AUTO,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an output that was interrupted.")
    ] = False,
    ordered: Annotated[bool, typer.Option("--ordered", help="Keep the input's order.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, max=1000, help="Lookups at once.")] = None,
    group_by: Annotated[
        GroupBy | None, typer.Option(help="Print one group for each company to stdout.")
    ] = None,
    evidence: Evidence = None,
    check_mailbox: CheckMailbox = False,
    max_age: MaxAge = None,
    refresh: Refresh = False,
    offline: Offline = False,
    vouched: Vouched = None,
    deadline: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Ask nothing after 90s, 30m or 8h, or at a time such as 2026-01-01T06:00Z.",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> int:
    """Look up a list of URLs. Every line gets exactly one result, also over interruptions."""
    from attribution.settings import load_settings

    settings = load_settings()
    print_proxy_note(settings)
    form = _output_format(form, output, regroups=group_by is not None and resume)
    order = Order(
        source=source,
        form=input_format,
        column=column,
        encoding=encoding,
        jobs=jobs or settings.jobs,
        ordered=ordered,
        asking=Asking(
            evidence=evidence,
            check_mailboxes=check_mailbox,
            max_age=age_of(max_age, refresh=refresh, offline=offline),
            offline=offline,
            vouched=vouchings_in(vouched),
        ),
        deadline=None if deadline is None else deadline_seconds(deadline),
    )
    print_encoding(Path(source), encoding)
    answers = BatchOutput(output, form, resume=resume, grouped=group_by is not None, quiet=quiet)
    if not _run(order, settings, answers, quiet=quiet):
        count = answers.tally.total
        if output is None:
            print_message(
                ngettext("interrupted after {count} line", "interrupted after {count} lines", count)
            )
        elif resume:
            print_message(
                ngettext(
                    "interrupted after {count} line; go on with the same command",
                    "interrupted after {count} lines; go on with the same command",
                    count,
                )
            )
        else:
            print_message(
                ngettext(
                    "interrupted after {count} line; go on with the same command and --resume "
                    "added",
                    "interrupted after {count} lines; go on with the same command and --resume "
                    "added",
                    count,
                )
            )
        return INTERRUPTED
    answers.show_groups()
    return answers.tally.code


def _output_format(form: OutputFormat, output: Path | None, *, regroups: bool) -> OutputFormat:
    """Return the format that is meant. Raises UnusableOutput for one that does not fit."""
    if form is OutputFormat.AUTO:
        on_terminal = output is None and sys.stdout.isatty()
        return OutputFormat.TABLE if on_terminal else OutputFormat.JSONL
    if form is OutputFormat.TABLE and output is not None:
        raise UnusableOutput(_("--format table is for the terminal; a file takes jsonl or csv"))
    if form is OutputFormat.CSV and regroups:
        raise UnusableOutput(
            _("--group-by with --resume reads the earlier results back: use --format jsonl")
        )
    return form


def _run(order: Order, settings: Settings, answers: BatchOutput, *, quiet: bool) -> bool:
    """Answer the list, showing progress; return False where it was interrupted."""
    count = None
    if not quiet:
        count = count_items(order.source, order.form, order.column, order.encoding)
    with Progress(answers.tally, count, quiet=quiet) as progress:
        answers.progress = progress
        try:
            if not run_batch(order, settings, answers):
                print_message(
                    _(
                        "the deadline came before all lines were begun; go on with the same "
                        "command and --resume"
                    )
                )
        except (KeyboardInterrupt, asyncio.CancelledError):
            progress.stop()
            return False
        finally:
            answers.close()
    return True
