"""`attribution dossier`, `letter`, `contest`, `overview`: proof, and the provider's reply to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from attribution.errors import AttributionError
from attribution.extras import Extra
from attribution.files.whole_file import refuse_existing, whole_file
from attribution.language import N_, ngettext
from attribution.language import gettext as _
from attribution_cli.casework.assess import HistoryFolder, load_history
from attribution_cli.casework.shared import (
    AsJson,
    AtDate,
    Force,
    Provider,
    Who,
    open_store,
    readable,
    show_object,
)
from attribution_cli.console import print_message
from attribution_cli.exit_code import incomplete
from attribution_cli.needs import needs

_PICTURES = ("html", "svg")


@needs("dossier", Extra.HOTLINE)
def dossier(
    provider: Provider,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Write dossier.html, dossier.json and cases.csv here.",
        ),
    ],
    history: HistoryFolder = None,
    at: AtDate = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare with what stands in FOLDER, and write nothing."),
    ] = False,
    force: Force = False,
) -> int:
    """Write a provider's dossier: every case, the weeks, the curve of removal, what was not
    counted. The same bytes each time.
    """
    from attribution.pattern.dossier.render import DOSSIER_FILES, dossier_files

    if not verify:
        refuse_existing(*(output / name for name in DOSSIER_FILES), replace=force)
    files = dossier_files(_dossier(provider, history, at))
    names = ", ".join(files)
    if verify:
        different = [output / name for name, raw in files.items() if _bytes(output / name) != raw]
        for path in different:
            print_message(_("{file} is not what the history gives", file=path))
        if not different:
            print_message(
                _("{files} in {folder} are what the history gives", files=names, folder=output)
            )
        return incomplete(different)
    for name, raw in files.items():
        with whole_file(output / name, "wb", replace=force) as out:
            out.write(raw)
    print_message(_("{files} in {folder}", files=names, folder=output))
    return 0


@needs("letter", Extra.HOTLINE)
def letter(
    provider: Provider,
    history: HistoryFolder = None,
    at: AtDate = None,
    record_to: Annotated[
        str | None,
        typer.Option("--record", metavar="TO", help="Note that it was sent today, and to whom."),
    ] = None,
    who: Who = None,
) -> None:
    """Write the letter to a provider that goes with its dossier, at least 14 days before anything
    is published of it.
    """
    from attribution.casework.publishing import NoteLetter, note_letter
    from attribution.pattern.dossier.render import dossier_hash, letter_text
    from attribution.settings import load_settings

    settings = load_settings()
    values = _dossier(provider, history, at)
    hotline = settings.hotline_name or "(the hotline's name)"
    text = letter_text(values, hotline, settings.hotline_mailbox or "(its mailbox)")[0]
    typer.echo("\n".join(map(readable, text.splitlines())))
    if record_to is not None:
        store = open_store()[0]
        with store, store.write(who or settings.analyst) as writer:
            command = NoteLetter(
                provider=provider,
                sent_on=store.now.date(),
                dossier_sha256=dossier_hash(values),
                to=record_to,
            )
            note_letter(writer, command)
        print_message(_("noted that the letter went to {recipient}", recipient=record_to))


@needs("contest", Extra.HOTLINE)
def contest(
    provider: Provider,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="CASE", help="A case to leave out; may be given again and again."
        ),
    ] = None,
    history: HistoryFolder = None,
    at: AtDate = None,
    as_json: AsJson = False,
) -> int:
    """Decide again without the cases that a provider contests: whether its label stands, and by
    what margin.
    """
    from attribution.pattern.dossier.dossier import contest as decide_without

    notices = load_history(history, at, provider=provider)[0]
    try:
        result = decide_without(notices, provider, without or [], at)
    except KeyError:
        raise _no_notice(provider) from None
    stands = result["stands"] if as_json else _("yes") if result["stands"] else _("no")
    show_object({**result, "stands": stands}, as_json=as_json)
    return incomplete(result["unknown"])


@needs("overview", Extra.HOTLINE)
def overview(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="An .html or .svg file.")
    ],
    history: HistoryFolder = None,
    at: AtDate = None,
    force: Force = False,
) -> None:
    """Draw all providers: a funnel plot, and how many there are of each label."""
    form = output.suffix.lstrip(".").lower()
    if form not in _PICTURES:
        raise typer.BadParameter(
            _("--output {file}: name an .html or .svg file", file=repr(str(output)))
        )
    refuse_existing(output, replace=force)
    from attribution.pattern.assess import assess
    from attribution.pattern.dossier.overview import overview_page, overview_picture

    notices, countries = load_history(history, at)
    assessed = assess(notices, at)
    with whole_file(output, "wb", replace=force) as out:
        page = overview_page(assessed, countries) if form == "html" else overview_picture(assessed)
        out.write(page)
    print_message(
        ngettext(
            "{count} provider in {file}", "{count} providers in {file}", len(assessed), file=output
        )
    )


def _dossier(provider: str, history: Path | None, at: datetime | None) -> dict[str, Any]:
    from attribution.pattern.dossier.dossier import dossier as dossier_of

    notices, countries = load_history(history, at, provider=provider)
    try:
        return dossier_of(notices, provider, at, countries.get(provider))
    except KeyError:
        raise _no_notice(provider) from None


def _no_notice(provider: str) -> AttributionError:
    from attribution.codes import Refusal
    from attribution.errors import Refused

    remedy = N_(
        "it has no notice in the history by then; `attribution assess` lists those that have"
    )
    return Refused(Refusal.NOT_FOUND, "provider", provider, remedy)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
