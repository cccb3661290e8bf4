"""`attribution assess`: which providers do not act, as a pattern, with proof."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.files.whole_file import refuse_existing
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.casework.shared import (
    AsJson,
    AtDate,
    Force,
    reading,
    show_rows,
    write_whole,
)
from attribution_cli.console import print_message, working
from attribution_cli.exit_code import incomplete
from attribution_cli.names import field_name
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.pattern.history import History

_FAULTS_SHOWN = 10
HistoryFolder = Annotated[
    Path | None,
    typer.Option("--history", metavar="FOLDER", help="A history folder. [default: the store]"),
]


@needs("assess", Extra.HOTLINE)
def assess(
    history: HistoryFolder = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write one JSON object a provider here."
        ),
    ] = None,
    at: AtDate = None,
    country: Annotated[
        str | None,
        typer.Option(help="Country of providers whose own is not known, for the next step."),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Assess of each provider whether it acts on notices, how sure that is, and what may be done
    next. Nothing is published.
    """
    from attribution.pattern.assess import assess as assess_all
    from attribution.pattern.labels import gravity
    from attribution.pattern.report import as_row

    if output is not None:
        refuse_existing(output, replace=force)
    with working(_("reading …")) as status:
        notices, countries = load_history(
            history,
            at,
            lambda kind, done: status.update(
                _("reading: {count:,} {kind}", count=done, kind=field_name(kind))
            ),
        )
        assessed = assess_all(
            notices,
            at,
            lambda done, of: status.update(
                _("assessing: {done:,} of {all:,} providers", done=done, all=of)
            ),
        )
    faults = notices.faults
    for fault in faults[:_FAULTS_SHOWN]:
        print_message(fault)
    if len(faults) > _FAULTS_SHOWN:
        print_message(
            ngettext(
                "and {count} more row that could not be used",
                "and {count} more rows that could not be used",
                len(faults) - _FAULTS_SHOWN,
            )
        )
    rows = [as_row(result, countries.get(result.names[0], country)) for result in assessed]
    if output is not None:
        lines = (json.dumps(row, ensure_ascii=True) + "\n" for row in rows)
        write_whole(output, lines, replace=force)
        return incomplete(faults)
    if not as_json:
        rows.sort(key=lambda row: (gravity(row["now"]), -row["p_systematic"]))
    show_rows(
        rows,
        ["provider", "now", "first_flagged", "released", "e_value", "weeks", "share_failed"],
        as_json=as_json,
        empty=_("no providers"),
    )
    return incomplete(faults)


def load_history(
    folder: Path | None,
    at: datetime | None,
    progress: Callable[[str, int], None] = lambda kind, done: None,
    *,
    provider: str | None = None,
) -> tuple[History, dict[str, str]]:
    """Return a history with what was known at a time, from a folder or the store, and the
    providers' countries.

    With `provider`, the store is asked for what concerns that one alone.
    """
    if folder is not None:
        return _folder_history(folder, at, progress), {}
    from attribution.casework.notice_history import countries, history_of, history_of_provider

    with reading() as view:
        provider_id = view.provider_id(provider)
        if provider_id is None:
            history = history_of(view.connection, at, progress)
        else:
            history = history_of_provider(view.connection, provider_id, at)
        return history, countries(view.connection)


def _folder_history(
    folder: Path, at: datetime | None, progress: Callable[[str, int], None]
) -> History:
    from attribution.history.folder import check_folder, file_of, rows
    from attribution.history.rows import READERS, BadRow, HistoryRows
    from attribution.pattern.builder import history_from_rows

    check_folder(folder)
    faults: list[str] = []

    def usable_rows(name: str) -> Iterator[Any]:
        path = file_of(folder, name)
        for number, row in rows(path, name):
            if isinstance(row, BadRow):
                faults.append(
                    _("{file} line {line}: {fault}", file=path.name, line=number, fault=row)
                )
            else:
                yield row

    usable = HistoryRows(**{name: usable_rows(name) for name in READERS})
    history = history_from_rows(usable, at, progress)
    history.faults[:0] = faults
    return history
