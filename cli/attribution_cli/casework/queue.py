"""`attribution queue`: what is to be done, by state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.casework.shared import (
    AsJson,
    open_store,
    print_json,
    readable,
    show_rows,
    time_text,
    view_of_queue,
)
from attribution_cli.console import print_message, results
from attribution_cli.names import status_name
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.casework.queue import QueuePart
    from attribution.store.queries.queue import QueueRow

_COLUMNS = ("case", "next", "company", "site", "assignee")


@needs("queue", Extra.HOTLINE)
def queue(
    rows: Annotated[
        int,
        typer.Option("--rows", min=0, max=1000, help="How many cases of each state to show."),
    ] = 10,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Compute the state of every case from the log again."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is to be done, by state: how many cases are in each, and the most urgent ones.
    Every open case is in exactly one state.
    """
    from attribution.casework.filling_queue import rebuild_queue
    from attribution.casework.queue import queue_terms, read_queue

    if rebuild:
        store = open_store()[0]
        with store:
            count = rebuild_queue(store)
        sentence = ngettext(
            "The state of {count} case was computed from the log.",
            "The states of {count} cases were computed from the log.",
            count,
        )
        print_message(sentence)
    with view_of_queue() as view:
        parts = read_queue(view.connection, queue_terms(view.settings), rows)
    for part in parts:
        if as_json:
            print_json(
                {
                    "state": part.state.value,
                    "count": part.count,
                    "rows": [row_values(row, view.now) for row in part.rows],
                }
            )
        elif part.count:
            _show(part, view.now)
    if not as_json and not any(part.count for part in parts):
        print_message(_("Nothing is to be done."))


def row_values(row: QueueRow, now: int) -> dict[str, Any]:
    """Return a case of the queue as fields, with whether its next step is due."""
    return {**row._asdict(), "due": row.queue != "done" and row.next_at <= now}


def next_step(row: QueueRow, now: int) -> str:
    """Return what comes next with a case, and when, as a person reads it."""
    at = time_text(row.next_at, now)
    if row.what == "notice":
        if row.next_at <= now:
            return _("send it now")
        return _("may still gather until {time}", time=at)
    task = status_name(row.what)
    if row.what in ("reminder", "check", "follow_up"):
        return _("{task} due {time}", task=task, time=at)
    if row.what in ("closed", "all_gone"):
        return task
    return _("{task} since {time}", task=task, time=at)


def _show(part: QueuePart, now: int) -> None:
    from rich.text import Text

    title = Text(f"{status_name(part.state.value).capitalize()}  {part.count}", style="bold")
    results().print(title.append(Text(f"  {_(part.state.line)}", style="not bold dim")))
    shown = (
        {**row._asdict(), "case": row.case or row.report, "next": next_step(row, now)}
        for row in part.rows
    )
    show_rows(shown, _COLUMNS, as_json=False, empty="")
    left = part.count - len(part.rows)
    if left > 0:
        command = f"attribution case list --state {part.state.value}"
        typer.echo(readable(_("… and {count} more: {command}", count=left, command=command)))
    typer.echo()
