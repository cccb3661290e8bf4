"""What commands of casework share: options, opening the store, and showing rows and outcomes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.files.whole_file import whole_file
from attribution.language import gettext as _
from attribution_cli.console import print_message, results
from attribution_cli.names import field_name
from attribution_cli.safe_text import escaped_json, shown

if TYPE_CHECKING:
    from attribution.casework.drafting import Sender
    from attribution.casework.terms import Terms
    from attribution.settings import Settings
    from attribution.store import Reader
    from attribution.store.log import Writer
    from attribution.store.store import Store
    from attribution.store.times import Micros
else:
    Micros = int  # options are read before the extra `hotline` is known to be there

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")
_TIME_FIELDS = frozenset(
    [
        "at",
        "known_at",
        "recorded_at",
        "undone_at",
        "opened_at",
        "last_opened",
        "since",
        "until",
        "met_at",
        "reported_at",
        "changed_at",
        "checked_at",
        "made_at",
        "disabled_at",
        "next_at",
        "sent_at",
        "follow_up_at",
        "may_gather_until",
    ]
)
"""Fields that hold microseconds since 1970 where they hold a number."""


def utc_time(text: str, example: str) -> datetime:
    """Return a time of the command line in UTC, which is also taken where no offset is given."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            _("{value}: give {example}", value=repr(text), example=example)
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _micros(text: str) -> Micros:
    from attribution.store.times import micros

    return micros(utc_time(text, _("one such as 2026-01-31T12:00Z")))


def date_of(text: str) -> datetime:
    """Read a date of the command line."""
    return utc_time(text, _("a date such as 2026-01-31"))


AsJson = Annotated[bool, typer.Option("--json", help="JSON lines for programs.")]
Who = Annotated[
    str | None,
    typer.Option("--who", help="Who did this. [default: the setting `analyst`, else your account]"),
]
At = Annotated[
    Micros | None,
    typer.Option(
        "--at",
        metavar="TIME",
        parser=_micros,
        help="When, ISO 8601; UTC without an offset. [default: now]",
    ),
]
"""A time in microseconds since 1970, as the store counts it."""
Since = Annotated[
    Micros | None,
    typer.Option(
        "--since",
        metavar="TIME",
        parser=_micros,
        help="Only what changed since this time, ISO 8601; UTC without an offset.",
    ),
]
LastOnline = Annotated[
    Micros | None,
    typer.Option(
        metavar="TIME", parser=_micros, help="With offline: when it was last seen online."
    ),
]
AtDate = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        metavar="DATE",
        parser=date_of,
        help="With what was known at this date's beginning (UTC). [default: the last thing known]",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]
Why = Annotated[str, typer.Option("--why", help="Why; it is noted.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10000, help="How many to list at most.")]
Provider = Annotated[
    str, typer.Argument(metavar="PROVIDER", help="Its key, or a name or mailbox that only it has.")
]
Case = Annotated[str, typer.Argument(metavar="CASE", help="Its key, from `case list`.")]
Urls = Annotated[
    Path | None,
    typer.Option(
        "--urls", metavar="FILE", help="The reported URLs, where the store does not keep them."
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="The file to write.")]


@dataclass(frozen=True, slots=True)
class View:
    """The store as it is now, while commands read it."""

    store: Store
    settings: Settings
    connection: Reader

    @property
    def now(self) -> int:
        """The store's time, in microseconds since 1970."""
        from attribution.store.times import micros

        return micros(self.store.now)

    def provider_id(self, text: str | None) -> int | None:
        """Return the id of a provider named on the command line. Raises StoreError."""
        from attribution.casework.providers import provider_named

        return None if text is None else provider_named(self.connection, text)[0]


def open_store() -> tuple[Store, Settings]:
    """Open the store that the settings name."""
    from attribution.settings import load_settings
    from attribution.store import Store

    settings = load_settings()
    return Store.from_settings(settings), settings


@contextmanager
def reading() -> Iterator[View]:
    """Open the store that the settings name, to read it."""
    store, settings = open_store()
    with store, store.read() as connection:
        yield View(store, settings, connection)


@contextmanager
def view_of_queue() -> Iterator[View]:
    """Open the store that the settings name, to read states of cases that follow the log."""
    from attribution.casework.filling_queue import fresh_queue

    store, settings = open_store()
    with store, fresh_queue(store) as connection:
        yield View(store, settings, connection)


@contextmanager
def recording(who: str | None) -> Iterator[Writer]:
    """Open the store that the settings name, to add to it; on disk when the block ends."""
    store, settings = open_store()
    with store, store.write(who or settings.analyst) as writer:
        yield writer


def usual_terms(settings: Settings) -> Terms:
    """Return how a provider is written to where nothing else was agreed."""
    from attribution.casework.terms import Terms

    return Terms.usual(settings)


def sender_of(settings: Settings, language: str | None = None) -> Sender:
    """Return the hotline as notices name it."""
    from attribution.casework.drafting import Sender

    return Sender.of(settings, language)


def lines_of_file(path: Path | None) -> list[str]:
    """Return the lines of a file of URLs, without empty ones. Raises Refused."""
    from attribution.codes import Refusal
    from attribution.errors import Refused

    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(Refusal.INVALID, "urls", str(path), f"it cannot be read: {error}") from None


def write_whole(path: Path, lines: Iterable[str], *, replace: bool = False) -> None:
    """Write a text file whole.

    Raises OutputError, and OutputExistsError where it is there and not to be replaced.
    """
    with whole_file(path, replace=replace) as out:
        out.writelines(lines)


def plain(value: Any, name: str = "") -> Any:
    """Return a value of dataclasses as plain ones: times as text (RFC 3339)."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {key: plain(part, key) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, name) for part in value]
    if name in _TIME_FIELDS and isinstance(value, int):
        from attribution.store.times import iso

        return iso(value)
    return value


def show_rows(rows: Iterable[Any], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Show rows as JSON lines, or as a table of some of their columns."""
    from rich.table import Table
    from rich.text import Text

    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(field_name(column), overflow="fold")
    for row in map(plain, rows):
        table.add_row(*(Text(readable(row.get(column))) for column in columns))
    if table.row_count:
        results().print(table)
    elif empty:
        print_message(empty)


def show_fields(value: Any) -> None:
    """Show one object to a person, a field a line; empty fields are left out."""
    from rich.text import Text

    values = {field_name(name): part for name, part in plain(value).items()}
    width = max(map(len, values), default=0)
    for name, part in values.items():
        if part not in (None, (), [], {}):
            line = Text(f"{name:{width}}  ", style="bold")
            results().print(line.append(Text(readable(part), style="not bold")), soft_wrap=True)


def show_object(value: Any, *, as_json: bool) -> None:
    """Show one object: as a line of JSON to programs, a field a line to people."""
    if as_json:
        print_json(value)
    else:
        show_fields(value)


def print_json(value: Any) -> None:
    """Write one object as a line of JSON in which nothing changes how it is shown."""
    typer.echo(escaped_json(json.dumps(plain(value), ensure_ascii=False)))


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a header and rows as CSV."""
    from attribution.formats.figures_table import csv_lines

    for line in csv_lines(columns, rows):
        typer.echo(line)


def show_outcome(values: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    """Show what was done: as an object to programs, as a sentence on stderr to people."""
    if as_json:
        print_json(values)
    else:
        print_message(sentence)


def time_text(at: int, now: int) -> str:
    """Return a time (UTC) as a person reads it: of today the hour alone."""
    from attribution.store.times import moment

    is_today = moment(at).date() == moment(now).date()
    return f"{moment(at):%H:%M}" if is_today else f"{moment(at):%Y-%m-%d %H:%M}"


def age_text(at: int, now: int) -> str:
    """Return how long ago a time was: `2 h ago`."""
    from attribution.store.times import DAY, HOUR

    age = max(0, now - at)
    if age < HOUR:
        return _("{count} min ago", count=age * 60 // HOUR)
    if age < 2 * DAY:
        return _("{count} h ago", count=age // HOUR)
    return _("{count} days ago", count=age // DAY)


def show_counts(output: str, counts: Mapping[str, int], *, as_json: bool) -> None:
    """Show how many rows of each kind were written to an output."""
    listed = ", ".join(f"{count} {field_name(name)}" for name, count in counts.items())
    show_outcome({"output": output, **counts}, f"{output}: {listed}", as_json=as_json)


def readable(value: Any) -> str:
    """Return a plain value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, dict):
        parts = {name: part for name, part in value.items() if part not in (None, [], {}, ())}
        return ", ".join(f"{name} {readable(part)}" for name, part in parts.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(readable, value))
    text = shown(str(value))
    time = _TIME.fullmatch(text)
    return f"{time[1]} {time[2]}" if time else text
