"""The command's verbs. Each reads its options, calls the library, and shows what came back."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from attribution.extras import Extra, require
from attribution.files.text_files import Encoding
from attribution_cli import exit_code
from attribution_cli.casework.assess import assess
from attribution_cli.casework.checkers import checker_app
from attribution_cli.casework.exchange import backup, export, import_, keys_app, restore, stamp
from attribution_cli.casework.notices import case_app, event_app, mail_app, notice_app
from attribution_cli.casework.providers import provider_app
from attribution_cli.casework.publishing import contest, dossier, letter, list_app, overview
from attribution_cli.casework.reports import recheck, report_app
from attribution_cli.console import (
    ReaderGoneError,
    let_go_of_output,
    messages,
    results,
    say,
    say_proxy,
    show_warnings,
)
from attribution_cli.housekeeping import AsJson, ServedFrom, cache_app, config_app, data_app
from attribution_cli.inputs import (
    InEncoding,
    InputFormat,
    UnusableInput,
    count_items,
    say_encoding,
)
from attribution_cli.outputs import OutputFormat, UnusableOutput
from attribution_cli.safe_text import escaped_json, shown
from attribution_cli.service import account_app, api_key_app, serve

if TYPE_CHECKING:
    from attribution.attributor import Investigation
    from attribution.evidence.statements import ServedStatement, Vouching
    from attribution.lookup.protocols.origin import DisclosedOrigin
    from attribution.models import Attribution
    from attribution.settings import Settings

# Typer exports no name for the class of all usage errors.
_UsageError: Any = typer.BadParameter.__mro__[1]
_EXIT_CODES = (
    "Exit codes: 0 all attributed, 1 some not, 2 usage, 3 nothing upstream "
    "could be reached, 130 interrupted."
)


class _Verbs(TyperGroup):
    """The verbs, of which each ends in the same way when nobody reads its output any more."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb. Raises ReaderGoneError."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise ReaderGoneError from None
        return result


app = typer.Typer(
    name="attribution",
    cls=_Verbs,
    help="From a reported URL to the company that can take it down and its abuse mailbox.\n\n"
    + _EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cache_app, name="cache")
app.add_typer(data_app, name="data")
app.add_typer(config_app, name="config")
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", metavar="FOLDER", help="Keep a bundle of each answer here."),
]
MaxAge = Annotated[
    float | None,
    typer.Option(
        "--max-age",
        min=0,
        metavar="HOURS",
        help="Use kept answers of at most this age; 0 asks anew.",
    ),
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Ask everything anew; the same as --max-age 0.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Ask nobody: answer from what is kept, up to 7 days old.")
]
CheckMailbox = Annotated[
    bool,
    typer.Option(
        "--check-mailbox",
        help="Ask DNS whether the mailboxes' domains take mail; no mail server is asked.",
    ),
]


Vouched = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Customers that a person vouches for: CSV with provider, by, why, date.",
    ),
]


class GroupBy(StrEnum):
    """What results may be grouped by."""

    PROVIDER = "provider"


def run() -> int:
    """Run the command; return its exit code."""
    from attribution.errors import AttributionError

    try:
        code = app(standalone_mode=False)
    except typer.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError, typer.Abort):
        say("attribution: interrupted")
        return exit_code.INTERRUPTED
    except (AttributionError, UnusableInput, UnusableOutput) as error:
        say(f"attribution: {error}")
        return exit_code.USAGE
    except ReaderGoneError:
        let_go_of_output()
        return exit_code.READER_GONE
    except OSError as error:
        say(f"attribution: {_complaint(error)}")
        return exit_code.USAGE
    except _UsageError as error:
        error.show()
        return exit_code.USAGE
    return code if isinstance(code, int) else 0


def _complaint(error: OSError) -> str:
    """Return what a file or folder is complained of for, as one line with the way out."""
    from attribution.files.whole_file import reason_of

    name = error.filename if error.filename2 is None else f"{error.filename} and {error.filename2}"
    return (
        f"{str(name)!r} cannot be used: {reason_of(error)}"
        if name is not None
        else reason_of(error)
    )


def _version(wanted: bool) -> None:
    if wanted:
        from attribution._version import __version__

        typer.echo(f"attribution {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    show_warnings()


@app.command(epilog="Example: attribution check 'hxxps://www[.]site.example/x'")
def check(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="URLs, host names or addresses.")
    ],
    as_json: AsJson = False,
    evidence: Evidence = None,
    check_mailbox: CheckMailbox = False,
    max_age: MaxAge = None,
    refresh: Refresh = False,
    offline: Offline = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            "--origin",
            metavar="ADDRESS",
            help="An address behind a proxy, as its operator told it.",
        ),
    ] = None,
    origin_source: Annotated[
        str | None, typer.Option(help="Who told the origin; goes with --origin.")
    ] = None,
    origin_told: Annotated[
        datetime | None,
        typer.Option(
            metavar="TIME", help="When it was told, in UTC. It counts for 12 hours. [default: now]"
        ),
    ] = None,
    served_from: ServedFrom = None,
    vouched: Vouched = None,
) -> int:
    """Say whom to write to about a URL: company, mailbox, how sure, and what comes next."""
    tally = exit_code.Tally()
    if bool(origin) != bool(origin_source) or (origin and len(targets) > 1):
        raise typer.BadParameter("--origin, --origin-source and one target go together")
    if served_from and len(targets) > 1:
        raise typer.BadParameter("--served-from and one target go together")
    told_at = (origin_told or datetime.now(UTC)).replace(tzinfo=UTC, microsecond=0)

    def show(found: Investigation) -> None:
        tally.add(found.attribution)
        if as_json:
            from attribution_cli.outputs import json_line

            typer.echo(json_line(None, found.attribution))
        else:
            from attribution_cli.panel import panel

            results().print(panel(found))

    from attribution.lookup.protocols.origin import DisclosedOrigin

    origins = [DisclosedOrigin(address, origin_source or "", told_at) for address in origin or []]
    asking = _asking(check_mailbox, max_age, refresh=refresh, offline=offline, vouched=vouched)
    served = _served(served_from)
    _investigate(targets, evidence, show, asking, origins, served)
    return tally.code


@app.command(
    epilog="Example: attribution explain www.site.example\n\nExample: attribution explain "
    "evidence/3f….json"
)
def explain(
    target: Annotated[
        str, typer.Argument(metavar="URL|BUNDLE", help="A target to look up, or a kept bundle.")
    ],
    as_json: AsJson = False,
    evidence: Evidence = None,
) -> int:
    """Walk through the rules applied, in order, each with the field and server that it rests on."""
    from attribution_cli.explanation import explanation, explanation_json

    tally = exit_code.Tally()

    def show(found: Investigation) -> None:
        tally.add(found.attribution)
        if as_json:
            for line in explanation_json(found):
                typer.echo(line)
        else:
            results().print(explanation(found))

    if Path(target).is_file():
        show(_decided_again(Path(target)))
    else:
        _investigate([target], evidence, show)
    return tally.code


@app.command(epilog="Example: attribution replay evidence/3f….json")
def replay(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle kept with --evidence.")
    ],
) -> int:
    """Decide again from a kept bundle, without any network: the same bytes as when it was kept."""
    from attribution_cli.outputs import json_line

    found = _decided_again(bundle)
    typer.echo(json_line(None, found.attribution))
    tally = exit_code.Tally()
    tally.add(found.attribution)
    return tally.code


@app.command(epilog="Example: attribution diff evidence/3f….json evidence/81….json")
def diff(
    before: Annotated[Path, typer.Argument(metavar="BUNDLE", help="An earlier look.")],
    after: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A later look at the same target.")
    ],
    as_json: AsJson = False,
) -> int:
    """Say what changed between two kept looks: another host, company or mailbox. Exit code 1 when
    something did.
    """
    from attribution.decide import changes_between

    found = changes_between(_decided_again(before).attribution, _decided_again(after).attribution)
    for change in found:
        if as_json:
            typer.echo(escaped_json(json.dumps(asdict(change), ensure_ascii=False)))
        else:
            typer.echo(shown(f"{change.what}: {change.before} -> {change.after}"))
    if not found:
        say("attribution: nothing changed")
    return exit_code.SOME_NOT if found else exit_code.ALL_ATTRIBUTED


@app.command(epilog="Example: attribution verify evidence/ --head 9c1b…")
def verify(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="A folder written with --evidence. [default: the store of reports and notices]",
        ),
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="A head noted earlier: finds a chain whose end was cut off.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A backup, signed list or dossier: the head in it has to be in the log. "
            "Repeatable.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check the store, or a folder of evidence, for changed, missing or reordered records. Exit
    code 1 when there are any.
    """
    if folder is None:
        require("verify", Extra.HOTLINE)
        from attribution_cli.casework.exchange import verify_store

        return verify_store(head, against or [], as_json=as_json)
    from attribution.evidence import verify_folder

    found = verify_folder(folder, head)
    if as_json:
        values = {
            "bundles": found.bundles,
            "head": found.head,
            "faults": found.faults,
            "unlisted": found.unlisted,
        }
        typer.echo(json.dumps(values))
    else:
        for fault in found.faults:
            typer.echo(f"fault: {fault}")
        for name in found.unlisted:
            typer.echo(f"not in the chain: {name}")
        state = f"{len(found.faults)} faults" if found.faults else "unbroken"
        typer.echo(f"{found.bundles} bundles, {state}; head {found.head}")
    return exit_code.SOME_NOT if found.faults else exit_code.ALL_ATTRIBUTED


@app.command(
    epilog="Example: attribution batch urls.txt --output results.jsonl --resume\n\n"
    "Example: attribution batch reports.csv --column url --format csv --group-by provider"
)
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
    jobs: Annotated[int | None, typer.Option(min=1, max=1000, help="Look-ups at once.")] = None,
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
    from attribution_cli.batch import Order, groups_of, run_batch
    from attribution_cli.groups import Groups
    from attribution_cli.inputs import deadline_seconds
    from attribution_cli.outputs import Lines, Recalled
    from attribution_cli.progress import Progress
    from attribution_cli.table import Table

    settings = load_settings()
    say_proxy(settings)
    if form is OutputFormat.AUTO:
        on_terminal = output is None and sys.stdout.isatty()
        form = OutputFormat.TABLE if on_terminal else OutputFormat.JSONL
    if form is OutputFormat.TABLE and output is not None:
        raise UnusableOutput("--format table is for the terminal; a file takes jsonl or csv")
    if group_by and resume and form is OutputFormat.CSV:
        raise UnusableOutput(
            "--group-by with --resume reads the earlier results back: use --format jsonl"
        )
    asking = _asking(check_mailbox, max_age, refresh=refresh, offline=offline, vouched=vouched)
    seconds = None if deadline is None else deadline_seconds(deadline)
    order = Order(
        source,
        input_format,
        column,
        jobs or settings.jobs,
        ordered,
        evidence,
        asking,
        seconds,
        encoding,
    )
    say_encoding(Path(source), encoding)
    tally, groups = exit_code.Tally(), Groups() if group_by else None
    # A file of JSON lines is read back in the end, with what earlier runs wrote; else groups grow
    # in memory.
    read_back = output if form is OutputFormat.JSONL else None
    lines = Lines(output, form, resume=resume, silent=group_by is not None)
    for status, count in lines.done.statuses.items():
        tally.add_earlier(status, count)
    table = Table() if form is OutputFormat.TABLE and not groups else None

    class Sink:
        """Counts an answer, and shows or writes it."""

        def write(self, line: int, answer: Attribution | Recalled) -> None:
            if isinstance(answer, Recalled) and (table or (groups and not read_back)):
                answer = answer.attribution()
            if isinstance(answer, Recalled):
                tally.add_earlier(answer.status, 1)
            else:
                tally.add(answer)
                if table:
                    progress.above(table.row(line, answer))
                if groups and not read_back:
                    groups.add(line, answer)
            if not table and (output is not None or not groups):
                lines.write(line, answer)
            progress.step()

        def flush(self) -> None:
            lines.flush()

        def waiting(self, lines: int, seconds: float) -> None:
            if not quiet:
                count = "1 line waits" if lines == 1 else f"{lines} lines wait"
                say(f"attribution: {count} up to {seconds:g} s for registries that did not answer")

    with Progress(
        tally, None if quiet else count_items(source, input_format, column, encoding), quiet=quiet
    ) as progress:
        try:
            if not run_batch(order, settings, lines, Sink()):
                say(
                    "attribution: the deadline came before all lines were begun; go on with "
                    "the same command and --resume"
                )
        except (KeyboardInterrupt, asyncio.CancelledError):
            progress.stop()
            go_on = (
                f"; go on with the same command and --resume{'' if resume else ' added'}"
                if output
                else ""
            )
            say(f"attribution: interrupted after {tally.total} lines{go_on}")
            return exit_code.INTERRUPTED
        finally:
            lines.close()
    if groups:
        _show_groups(groups_of(read_back) if read_back else groups, form)
    return tally.code


def _show_groups(groups: Any, form: OutputFormat) -> None:
    if form is OutputFormat.CSV:
        for line in groups.csv_lines():
            typer.echo(line)
    elif sys.stdout.isatty() or form is OutputFormat.TABLE:
        results().print(groups.table())
    else:
        for line in groups.json_lines():
            typer.echo(line)


@app.command(epilog="Example: attribution registries")
def registries(as_json: AsJson = False) -> None:
    """Show how each registry is asked: its budget, what it refused, and when it may be asked
    again.
    """
    from attribution_cli.registries import show_registries

    show_registries(as_json=as_json)


@app.command(
    epilog="Example: attribution demo\n\nExample: attribution demo -- attribution "
    "check kiosk.example\n\nExample: attribution demo --serve",
    context_settings={"allow_interspersed_args": False},
)
def demo(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND...]", help="Run this in the demo world instead."),
    ] = None,
    serve_it: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve the page in it, with half a year of an invented hotline, until "
            "interrupted.",
        ),
    ] = False,
) -> int:
    """Show the main job on a small world of invented companies, on loopback, without any
    network.
    """
    from attribution_cli.demo import run_in_demo, serve_demo, show_demo

    if serve_it:
        require("demo --serve", Extra.HOTLINE)
        return serve_demo()
    return run_in_demo(command) if command else show_demo()


def _served(address: str | None) -> ServedStatement | None:
    """Return what a person says of the address that
    serves the content; None where nothing was said.
    """
    if address is None:
        return None
    import getpass

    from attribution.evidence.statements import ServedStatement
    from attribution.settings import load_settings

    return ServedStatement(
        address,
        load_settings().analyst or getpass.getuser(),
        datetime.now(UTC).replace(microsecond=0),
    )


_MOST_VOUCHINGS = 4 * 1024 * 1024
"""Bytes of a table of vouchings."""


def _vouchings(path: Path | None) -> list[Vouching]:
    """Read a table of vouchings. Raises SettingsError or InvalidVouching."""
    if path is None:
        return []
    import csv

    from attribution.errors import SettingsError
    from attribution.evidence.statements import read_vouchings
    from attribution.files.text_files import decoded

    try:
        with path.open("rb") as raw:
            whole = raw.read(_MOST_VOUCHINGS + 1)
        if len(whole) > _MOST_VOUCHINGS:
            raise SettingsError(
                f"--vouched {str(path)!r} is larger than {_MOST_VOUCHINGS} bytes: name a CSV file "
                "with the columns provider, by, why and date."
            )
        return read_vouchings(decoded(whole))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(
            f"--vouched {str(path)!r} cannot be read: {error}. Name a CSV file in UTF-8."
        ) from None


def _asking(
    check_mailbox: bool,
    max_age: float | None,
    *,
    refresh: bool,
    offline: bool,
    vouched: Path | None,
) -> dict[str, Any]:
    """Return how the Attributor is to ask."""
    if offline and (refresh or max_age is not None):
        raise typer.BadParameter("--offline asks nobody: leave out --refresh and --max-age")
    hours = 0 if refresh else max_age
    return {
        "check_mailboxes": check_mailbox,
        "max_age": None if hours is None else timedelta(hours=hours),
        "offline": offline,
        "vouched": _vouchings(vouched),
    }


def _investigate(
    targets: list[str],
    evidence: Path | None,
    show: Callable[[Investigation], None],
    asking: dict[str, Any] | None = None,
    origins: Sequence[DisclosedOrigin] = (),
    served: ServedStatement | None = None,
) -> None:
    """Look targets up at once and show them in the order given."""
    from attribution.attributor import Attributor
    from attribution.settings import load_settings
    from attribution_cli.recalled import note_environment

    async def all_of(settings: Settings) -> None:
        async with (
            Attributor(
                settings, evidence=evidence, keep_steps=True, **(asking or {})
            ) as attributor,
            asyncio.TaskGroup() as group,
        ):
            slots = asyncio.Semaphore(settings.jobs)

            async def one(target: str) -> Investigation:
                async with slots:
                    return await attributor.investigate(target, origins=origins, served_from=served)

            tasks = [group.create_task(one(target)) for target in targets]
            for task in tasks:
                found = await task
                status.stop()
                show(found)

    settings = load_settings()
    say_proxy(settings)
    status = messages().status("asking resolvers and registries …")
    if sys.stderr.isatty():
        status.start()
    try:
        asyncio.run(all_of(settings))
        note_environment(settings)
    except ExceptionGroup as group:
        raise _first(group) from None
    finally:
        status.stop()


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _decided_again(bundle: Path) -> Investigation:
    from attribution.attributor import Investigation
    from attribution.errors import EvidenceError
    from attribution.evidence import Evidence

    try:
        raw = bundle.read_bytes()
    except OSError as error:
        raise EvidenceError(f"bundle {str(bundle)!r} cannot be read: {error.strerror}") from None
    return Investigation.of(Evidence.from_bytes(raw))


for _name, _verbs in (
    ("report", report_app),
    ("notice", notice_app),
    ("event", event_app),
    ("case", case_app),
    ("provider", provider_app),
    ("mail", mail_app),
    ("keys", keys_app),
    ("list", list_app),
    ("checker", checker_app),
):
    app.add_typer(_verbs, name=_name)
app.command("recheck", epilog="Example: attribution recheck")(recheck)
app.command(
    "import",
    epilog="Example: attribution import history/\n\nExample: attribution import "
    "ntd.csv --mapping scart-notices --source scart",
)(import_)
app.command("export", epilog="Example: attribution export --output history/")(export)
app.command(
    "assess", epilog="Example: attribution assess --history history/ --output assessed.jsonl"
)(assess)
app.command(
    "dossier",
    epilog="Example: attribution dossier ripe:ORG-EX1-RIPE --at 2026-03-01 --output dossier/",
)(dossier)
app.command("letter", epilog="Example: attribution letter ripe:ORG-EX1-RIPE")(letter)
app.command(
    "contest", epilog="Example: attribution contest ripe:ORG-EX1-RIPE --without c4b81d9f02aa"
)(contest)
app.command("overview", epilog="Example: attribution overview --output overview.html")(overview)
app.command("stamp", epilog="Example: attribution stamp")(stamp)
app.command("backup", epilog="Example: attribution backup --output cases.backup")(backup)
app.command(
    "restore",
    epilog="Example: ATTRIBUTION_STORE=sqlite:///new.sqlite3 attribution restore cases.backup",
)(restore)
app.command("serve", epilog="Example: attribution serve")(serve)
app.add_typer(account_app, name="account")
app.add_typer(api_key_app, name="api-key")
