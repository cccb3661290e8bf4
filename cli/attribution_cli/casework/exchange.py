"""`attribution import`, `export`: what goes into the store and out of it as a whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from attribution.extras import Extra, require
from attribution.files.text_files import Encoding
from attribution.files.whole_file import refuse_existing
from attribution.formats.registry import export_formats
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.casework.shared import (
    AsJson,
    Force,
    Who,
    open_store,
    sender_of,
    show_counts,
    show_rows,
)
from attribution_cli.console import print_message, working
from attribution_cli.exit_code import incomplete
from attribution_cli.inputs import InEncoding, print_encoding
from attribution_cli.names import field_name
from attribution_cli.needs import needs

_FORMATS = export_formats()


@needs("import", Extra.HOTLINE)
def import_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A history folder, a CSV file with --mapping, a JSON-lines file with "
            "--rows, or XARF v4.",
        ),
    ],
    mapping: Annotated[
        str | None, typer.Option(help="For CSV: a mapping file, or scart-notices or scart-reports.")
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(help="For one JSON-lines file: notices, reports, events or aliases."),
    ] = None,
    encoding: InEncoding = Encoding.AUTO,
    source: Annotated[
        str,
        typer.Option(
            help="Where it comes from: names in it are kept apart from those of other sources."
        ),
    ] = "",
    rejects: Annotated[
        Path | None,
        typer.Option(
            help="Rows that cannot be kept, with line and reason. [default: rejects.jsonl "
            "beside PATH]"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file that --rejects names.")
    ] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> int:
    """Import reports, notices and events. A bad row is put aside with its reason; the same file
    twice changes nothing.
    """
    from attribution.casework.importing import import_path
    from attribution.casework.importing_rows import Import, Rejects

    if rejects is not None:
        refuse_existing(rejects, replace=force)
    rejects = rejects or path.with_name(f"{path.name}.rejects.jsonl")
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        print_encoding(file, encoding)
    store, settings = open_store()
    with store, Rejects(rejects) as reject, working(_("importing …")) as status:
        command = Import(
            who=who or settings.analyst,
            source=source,
            reject=reject,
            keep_urls=settings.keep_urls,
            encoding=encoding,
            progress=lambda kind, done: status.update(
                _("importing {kind}: {count:,} rows …", kind=field_name(kind), count=done)
            ),
        )
        counts = import_path(store, path, command, mapping=mapping, kind=rows)
    show_rows(
        [{"rows": kind, **asdict(count)} for kind, count in counts.items()],
        ["rows", "added", "known", "rejected", "left_out"],
        as_json=as_json,
        empty=_("nothing to import"),
    )
    rejected = sum(count.rejected for count in counts.values())
    if rejected:
        print_message(
            ngettext(
                "{count} row was not imported; {file} has the reason",
                "{count} rows were not imported; {file} has the reasons",
                rejected,
                file=rejects,
            )
        )
    return incomplete(rejected)


@needs("export", Extra.HOTLINE)
def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file, or for history the folder, to write.")
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar=f"[{'|'.join(_FORMATS)}]",
            help="history: what `import` and `assess` read.",
        ),
    ] = "history",
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Export the store: whole, in one view. Sites and URLs go out only where a format is about them
    (csv, xarf).
    """
    if form not in _FORMATS:
        raise typer.BadParameter(
            _(
                "--format {format}: use one of {formats}",
                format=repr(form),
                formats=", ".join(_FORMATS),
            )
        )
    if package := _FORMATS[form].package:
        require(f"export --format {form}", Extra.EXCHANGE, package)
    from attribution.casework.exporting import ExportStore, export_store

    store, settings = open_store()
    with store:
        command = ExportStore(output=output, form=form, hotline=sender_of(settings), replace=force)
        counts = export_store(store, command)
    show_counts(str(output), counts, as_json=as_json)
