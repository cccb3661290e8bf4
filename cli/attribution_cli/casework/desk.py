"""What the verbs of casework share: opening the store, reading times, and showing rows to people or
programs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.files.whole_file import whole_file
from attribution_cli.console import results, say
from attribution_cli.safe_text import escaped_json, shown

if TYPE_CHECKING:
    from attribution.casework.drafting import Sender
    from attribution.casework.terms import Terms
    from attribution.settings import Settings
    from attribution.store.log import Writer
    from attribution.store.store import Store
    from attribution.store.times import Micros

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines for programs.")]
Who = Annotated[
    str | None,
    typer.Option("--who", help="Who did this. [default: the setting `analyst`, else your account]"),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="When, ISO 8601; UTC without an offset. [default: now]"
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]
Why = Annotated[str, typer.Option("--why", help="Why; it is noted.")]


def open_store(settings: Settings | None = None) -> tuple[Store, Settings]:
    """Open the store that the settings name."""
    from attribution.settings import load_settings
    from attribution.store import Store

    settings = settings or load_settings()
    return Store.from_settings(settings), settings


def who_of(who: str | None, settings: Settings) -> str | None:
    """Return who is noted as having done this."""
    return who or settings.analyst


def usual_terms(settings: Settings) -> Terms:
    """Return how a provider is written to where nothing else was agreed."""
    from attribution.casework.terms import Terms

    return Terms.usual(settings)


def sender_of(settings: Settings, language: str | None = None) -> Sender:
    """Return the hotline as notices name it."""
    from attribution.casework.drafting import Sender

    return Sender.of(settings, language)


def utc_time(text: str, name: str, form: str) -> datetime:
    """Read a time of the command line, UTC where it says no offset; `name` and `form` are for who
    made a slip.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{name} {text!r}: give {form}") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def read_time(text: str | None) -> Micros | None:
    """Return a time of the command line as the store counts it; None where none was given."""
    from attribution.store.times import micros

    return None if text is None else micros(utc_time(text, "time", "one such as 2026-01-31T12:00Z"))


def write_whole(path: Path, lines: Iterable[str], *, replace: bool = False) -> None:
    """Write a text file whole.

    Raises OutputError, and OutputExistsError where it is there and not to be replaced.
    """
    with whole_file(path, replace=replace) as out:
        out.writelines(lines)


@contextmanager
def recording(who: str | None) -> Iterator[Writer]:
    """Open the store that the settings name, to add to it; on disk when the block ends."""
    store, settings = open_store()
    with store, store.write(who_of(who, settings)) as writer:
        yield writer


def show_rows(
    rows: Iterable[dict[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str
) -> int:
    """Show rows as JSON lines, or as a table of some of their columns; return how many."""
    from rich.table import Table
    from rich.text import Text

    if as_json:
        listed = list(rows)
        for row in listed:
            print_json(row)
        return len(listed)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(words(row.get(column))) for column in columns))
    if table.row_count:
        results().print(table)
    else:
        sys.stderr.write(f"attribution: {empty}\n")
    return table.row_count


def show_fields(values: dict[str, Any]) -> None:
    """Show one thing, a field a line, to a person."""
    from rich.text import Text

    width = max(map(len, values), default=0)
    for name, value in values.items():
        if value in (None, (), [], {}):
            continue
        line = Text(f"{name.replace('_', ' '):{width}}  ", style="bold")
        results().print(line.append(Text(words(value), style="not bold")), soft_wrap=True)


def show_events(log: Iterable[dict[str, Any]]) -> None:
    """Show events to a person: a line each, and below it what else is known, as wide as it is."""
    from rich.text import Text

    for event in log:
        about = [event["report"], event["who"]]
        if event["corrects"] is not None:
            about.append(f"corrects {event['corrects']}")
        line = [
            str(event["seq"]),
            words(event["at"]),
            event["kind"],
            *map(words, filter(None, about)),
        ]
        results().print(Text("  ".join(line), style="bold"), soft_wrap=True)
        if event["detail"]:
            results().print(Text(f"    {words(event['detail'])}"), soft_wrap=True)


def print_json(row: dict[str, Any]) -> None:
    """Write one object as a line that shows nothing else than it holds."""
    typer.echo(escaped_json(json.dumps(row, ensure_ascii=False)))


def tell(values: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    """Say what was done: as an object to programs, as a sentence on stderr to people."""
    if as_json:
        print_json(values)
    else:
        say(f"attribution: {sentence}")


def words(value: Any) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {words(one)}" for name, one in value.items() if one not in (None, [], {}, ())
        )
    if isinstance(value, list | tuple):
        return "; ".join(words(one) for one in value)
    text = shown(str(value))
    time = _TIME.fullmatch(text)
    return f"{time[1]} {time[2]}" if time else text
