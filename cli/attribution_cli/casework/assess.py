"""`attribution assess`: which providers do not act, as a pattern, with proof."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.files.whole_file import refuse_existing
from attribution_cli import exit_code
from attribution_cli.casework.desk import (
    AsJson,
    Force,
    open_store,
    show_rows,
    utc_time,
    write_whole,
)
from attribution_cli.console import say
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.pattern.history import History

AtDate = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="DATE",
        help="With what was known at this date's beginning (UTC). [default: the last thing known]",
    ),
]
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
    """Say of each provider whether it acts on notices, how sure that is, and what may be done next.
    Nothing is published.
    """
    from attribution.pattern.assess import assess as assess_all
    from attribution.pattern.labels import gravity
    from attribution.pattern.report import as_row

    if output is not None:
        refuse_existing(output, replace=force)
    look = read_date(at)
    with _Counting() as counting:
        found, where = load_history(history, look, counting.read)
        assessed = assess_all(found, look, counting.assessed)
    for fault in found.faults[:10]:
        say(f"attribution: {fault}")
    if len(found.faults) > 10:
        say(f"attribution: and {len(found.faults) - 10} more rows that could not be used")
    rows = [as_row(one, where.get(one.names[0], country)) for one in assessed]
    if output is not None:
        write_whole(
            output, (json.dumps(row, ensure_ascii=True) + "\n" for row in rows), replace=force
        )
    else:
        ordered = (
            rows
            if as_json
            else sorted(rows, key=lambda row: (gravity(row["now"]), -row["p_systematic"]))
        )
        show_rows(
            ordered,
            ["provider", "now", "first_flagged", "released", "e_value", "weeks", "share_failed"],
            as_json=as_json,
            empty="no providers",
        )
    return exit_code.SOME_NOT if found.faults else 0


class _Counting:
    """Says on a terminal how far the reading and assessing is."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._next = 0.0

    def __enter__(self) -> _Counting:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")

    def read(self, what: str, done: int) -> None:
        """Show how many rows of a kind are read."""
        self._show(f"reading: {done:,} {what}")

    def assessed(self, done: int, of: int) -> None:
        """Show how many providers are assessed."""
        self._show(f"assessing: {done:,} of {of:,} providers")

    def _show(self, text: str) -> None:
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + 0.2
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()


def read_date(text: str | None) -> datetime | None:
    """Return a look's time: the beginning of a date, or a time as it stands."""
    return None if text is None else utc_time(text, "--at", "a date such as 2026-01-31")


def load_history(
    folder: Path | None,
    at: datetime | None,
    progress: Callable[[str, int], None] = lambda what, done: None,
    *,
    provider: str | None = None,
) -> tuple[History, dict[str, str]]:
    """Return a history with what was known at a time, from a folder or the store, and the
    providers' countries.

    With `provider`, the store is asked for what concerns that one alone.
    """
    if folder is None:
        from attribution.casework.notice_history import countries, history_of, history_of_provider
        from attribution.casework.providers import provider_named

        store, _ = open_store()
        with store, store.read() as connection:
            if provider is not None:
                identity, _ = provider_named(connection, provider)
                return history_of_provider(connection, identity, at), countries(connection)
            return history_of(connection, at, progress), countries(connection)
    from attribution.history.folder import check_folder, file_of, rows
    from attribution.history.rows import BadRow, HistoryRows
    from attribution.pattern.builder import history_from_rows

    check_folder(folder)
    faults: list[str] = []

    def good(name: str) -> Iterator[Any]:
        path = file_of(folder, name)
        for number, row in rows(path, name):
            if isinstance(row, BadRow):
                faults.append(f"{path.name} line {number}: {row}")
            else:
                yield row

    kinds = ("notices", "reports", "events", "aliases")
    made = history_from_rows(HistoryRows(**{kind: good(kind) for kind in kinds}), at, progress)
    made.faults[:0] = faults
    return made, {}
