"""`attribution import`, `export`, `backup`, `restore`, `keys`: what goes into the store and out of
it as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from attribution.extras import Extra, require
from attribution.files.text_files import Encoding
from attribution.files.whole_file import refuse_existing
from attribution_cli import exit_code
from attribution_cli.casework.shared import (
    AsJson,
    Force,
    Who,
    open_store,
    print_json,
    sender_of,
    show_rows,
    tell,
    who_of,
)
from attribution_cli.console import messages, say
from attribution_cli.inputs import InEncoding, say_encoding
from attribution_cli.needs import needs

keys_app = typer.Typer(help="The key file of the store.", no_args_is_help=True)


class ExportFormat(StrEnum):
    """What the store can be given out as."""

    HISTORY = "history"
    CSV = "csv"
    PARQUET = "parquet"
    XARF = "xarf"
    MISP = "misp"
    STIX = "stix"


_PACKAGES = {
    ExportFormat.PARQUET: "pyarrow",
    ExportFormat.MISP: "pymisp",
    ExportFormat.STIX: "stix2",
}


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
            help="Rows that cannot be taken, with line and reason. [default: rejects.jsonl "
            "beside PATH]"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file that --rejects names.")
    ] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> int:
    """Take reports, notices and events in. A bad row is put aside with its reason; the same file
    twice changes nothing.
    """
    from attribution.casework import importing
    from attribution.casework.xarf_import import import_xarf
    from attribution.formats.mappings import load_mapping

    if rejects is not None:
        refuse_existing(rejects, replace=force)
    aside = rejects or path.with_name(f"{path.name}.rejects.jsonl")
    reject, close = importing.rejects_file(aside)
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        say_encoding(file, encoding)
    store, settings = open_store()
    who = who_of(who, settings)
    status = messages().status("importing …")
    if messages().is_terminal:
        status.start()

    def progress(name: str, done: int) -> None:
        status.update(f"importing {name}: {done:,} rows …")

    try:
        with store:
            if path.is_dir():
                counts = importing.import_history(
                    store,
                    path,
                    who=who,
                    source=source,
                    reject=reject,
                    progress=progress,
                    encoding=encoding,
                )
            elif mapping is not None:
                counts = importing.import_csv(
                    store,
                    path,
                    load_mapping(mapping),
                    who=who,
                    source=source,
                    reject=reject,
                    keep_urls=settings.keep_urls,
                    progress=progress,
                    encoding=encoding,
                )
            elif rows is not None:
                counts = importing.import_rows(
                    store,
                    path,
                    rows,
                    who=who,
                    source=source,
                    reject=reject,
                    encoding=encoding,
                )
            else:
                counts = import_xarf(
                    store,
                    path,
                    who=who,
                    source=source,
                    reject=reject,
                    keep_urls=settings.keep_urls,
                    encoding=encoding,
                )
    finally:
        status.stop()
        close()
    table = [{"rows": name, **asdict(count)} for name, count in counts.items()]
    show_rows(
        table,
        ["rows", "added", "known", "rejected", "left_out"],
        as_json=as_json,
        empty="nothing to import",
    )
    bad = sum(count.rejected for count in counts.values())
    if bad:
        say(f"attribution: {bad} rows were not taken; why stands in {aside}")
    return exit_code.SOME_NOT if bad else 0


@needs("export", Extra.HOTLINE)
def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file, or for history the folder, to write.")
    ],
    form: Annotated[
        ExportFormat, typer.Option("--format", help="history: what `import` and `assess` read.")
    ] = ExportFormat.HISTORY,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Give the store out: whole, in one view. Sites and URLs go out only where a format is about
    them (csv, xarf).
    """
    if form in _PACKAGES:
        require(f"export --format {form}", Extra.EXCHANGE, _PACKAGES[form])
    from attribution.casework import exporting

    if form is not ExportFormat.HISTORY:
        refuse_existing(output, replace=force)
    store, settings = open_store()
    sender = sender_of(settings)
    with store:
        counts: dict[str, Any]
        match form:
            case ExportFormat.HISTORY:
                counts = exporting.export_history(store, output, replace=force)
            case ExportFormat.CSV:
                counts = exporting.export_csv(store, output, replace=force)
            case ExportFormat.PARQUET:
                counts = exporting.export_parquet(store, output, replace=force)
            case ExportFormat.XARF:
                counts = exporting.export_xarf(store, output, sender, replace=force)
            case ExportFormat.MISP:
                counts = exporting.export_misp(store, output, sender, replace=force)
            case ExportFormat.STIX:
                counts = exporting.export_stix(store, output, sender, replace=force)
    _say_counts(str(output), counts, as_json=as_json)


@needs("backup", Extra.HOTLINE)
def backup(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write everything to one file, while others go on writing.
    Keep the key file too, elsewhere.
    """
    from attribution.store.backup import back_up

    refuse_existing(output, replace=force)
    store, _ = open_store()
    with store:
        _say_counts(str(output), back_up(store, output, replace=force), as_json=as_json)


@needs("restore", Extra.HOTLINE)
def restore(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.")],
    as_json: AsJson = False,
) -> None:
    """Fill the empty database that the settings name from a backup; of either kind of database."""
    from attribution.settings import load_settings
    from attribution.store.backup import restore as fill

    settings = load_settings()
    _say_counts(settings.store_url, fill(path, settings.store_url), as_json=as_json)


@keys_app.command("rotate", epilog="Example: attribution keys rotate")
@needs("keys rotate", Extra.HOTLINE)
def rotate(as_json: AsJson = False) -> None:
    """Make a new key for kept URLs, put each under it, and forget the old one."""
    store, _ = open_store()
    with store:
        count = store.rotate_keys()
    tell({"urls": count}, f"{count} kept URLs are under a new key", as_json=as_json)


def verify_store(head: str | None, against: Sequence[Path], *, as_json: bool) -> int:
    """Check the store's log, every row that it covers, and the heads that left this machine."""
    from attribution.casework.verifying import CheckStore, check_store

    store, settings = open_store()
    with store:
        result = check_store(store, settings, CheckStore(head, tuple(against)))
    log, stamps = result.log, result.stamps
    if as_json:
        last = stamps.last.isoformat() if stamps.last else None
        print_json(
            {
                "events": log.events,
                "head": log.head,
                "stamps": stamps.count,
                "last_stamp": last,
                "stamped_events": stamps.covered,
                "longest_wait_days": stamps.longest_wait.days if stamps.longest_wait else None,
                "faults": list(result.faults),
            }
        )
        return exit_code.SOME_NOT if result.faults else 0
    for fault in result.faults:
        say(f"attribution: {fault}")
    state = f"{len(result.faults)} faults" if result.faults else "whole"
    stamped = ""
    if stamps.last:
        stamped = f"; stamped up to event {stamps.covered} on {stamps.last:%Y-%m-%d %H:%M} UTC"
    if stamps.longest_wait:
        stamped += f", each event within {stamps.longest_wait.days + 1} days"
    typer.echo(f"{log.events} events, {state}{stamped}; head {log.head}")
    return exit_code.SOME_NOT if result.faults else 0


@needs("stamp", Extra.HOTLINE)
def stamp(as_json: AsJson = False) -> None:
    """Have the log's head stamped (RFC 3161):
    `verify` then finds a log that was rewritten since.
    """
    from attribution.casework.stamping import StampHead, stamp_head

    store, settings = open_store()
    with store:
        result = stamp_head(store, settings, StampHead())
    at = result.at.isoformat() if result.at else None
    said = (
        f"event {result.head.seq} was stamped at {at}"
        if at
        else f"event {result.head.seq} is the log's end still, and was stamped before"
    )
    values = {
        "event": result.head.seq,
        "hash": result.head.hash,
        "at": at,
        "file": str(result.path),
    }
    tell(values, f"{said}: {result.path}", as_json=as_json)


def _say_counts(where: str, counts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"output": where, **counts})
    else:
        say(
            f"attribution: {where}: "
            + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        )
