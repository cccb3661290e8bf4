"""The command: its verbs, each in the module of its family, and how a run ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from attribution.language import SOURCE, command_language
from attribution.language import gettext as _
from attribution_cli import exit_code
from attribution_cli.batch_command import batch
from attribution_cli.bundles import diff, replay, verify
from attribution_cli.casework.assess import assess
from attribution_cli.casework.cases import case_app
from attribution_cli.casework.checkers import checker_app
from attribution_cli.casework.dossiers import contest, dossier, letter, overview
from attribution_cli.casework.events import event_app
from attribution_cli.casework.exchange import export, import_
from attribution_cli.casework.figures import figures
from attribution_cli.casework.mail import mail_app
from attribution_cli.casework.notices import notice_app
from attribution_cli.casework.provider_links import provider_app
from attribution_cli.casework.published_list import list_app
from attribution_cli.casework.queue import queue
from attribution_cli.casework.reports import recheck, report_app
from attribution_cli.casework.upkeep import backup, keys_app, restore, stamp
from attribution_cli.console import ReaderGoneError, let_go_of_output, print_message, show_warnings
from attribution_cli.demo import demo
from attribution_cli.inputs import UnusableInput
from attribution_cli.local_data import cache_app, config_app, data_app
from attribution_cli.lookups import check, explain
from attribution_cli.outputs import UnusableOutput
from attribution_cli.registries import registries
from attribution_cli.service import account_app, api_key_app, serve

# Typer exports no name for the class of all usage errors.
_UsageError: Any = typer.BadParameter.__mro__[1]
_HELP = """From a reported URL to the company that can take it down and its abuse mailbox.

Exit codes: 0 all attributed, 1 some not, 2 usage, 3 nothing upstream could be reached, 130 \
interrupted."""


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
    help=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run() -> int:
    """Run the command; return its exit code."""
    from attribution.errors import AttributionError
    from attribution.language.errors import error_text

    try:
        code = _command()(standalone_mode=False)
    except typer.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError, typer.Abort):
        print_message(_("interrupted"))
        return exit_code.INTERRUPTED
    except (AttributionError, UnusableInput, UnusableOutput) as error:
        print_message(error_text(error))
        return exit_code.USAGE
    except ReaderGoneError:
        let_go_of_output()
        return exit_code.READER_GONE
    except OSError as error:
        print_message(_complaint(error))
        return exit_code.USAGE
    except _UsageError as error:
        _show_usage_error(error)
        return exit_code.USAGE
    return code if isinstance(code, int) else 0


def _command() -> Any:
    """Return the command with its help in the language of the environment."""
    command = typer.main.get_command(app)
    if command_language() != SOURCE:
        from attribution_cli.translated_help import translate_help

        translate_help(command)
    return command


def _show_usage_error(error: Any) -> None:
    if command_language() == SOURCE:
        error.show()
        return
    from attribution_cli.translated_help import show_usage_error

    show_usage_error(error)


def _complaint(error: OSError) -> str:
    """Return why a file or folder cannot be used, as one line with the way out."""
    from attribution.files.whole_file import reason_of

    if error.filename is None:
        return reason_of(error)
    name = repr(str(error.filename))
    if error.filename2 is not None:
        name = _("{file} and {other}", file=name, other=repr(str(error.filename2)))
    return _("{file} cannot be used: {reason}", file=name, reason=reason_of(error))


def _print_version(requested: bool) -> None:
    if requested:
        from attribution._version import __version__

        typer.echo(f"attribution {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    show_warnings()


_VERBS: tuple[tuple[str, Callable[..., int | None], str], ...] = (
    ("check", check, "attribution check 'hxxps://www[.]site.example/x'"),
    (
        "explain",
        explain,
        "attribution explain www.site.example\nattribution explain evidence/3f….json",
    ),
    ("replay", replay, "attribution replay evidence/3f….json"),
    ("diff", diff, "attribution diff evidence/3f….json evidence/81….json"),
    ("verify", verify, "attribution verify evidence/ --head 9c1b…"),
    (
        "batch",
        batch,
        "attribution batch urls.txt --output results.jsonl --resume\n"
        "attribution batch reports.csv --column url --format csv --group-by provider",
    ),
    ("registries", registries, "attribution registries"),
    ("queue", queue, "attribution queue"),
    ("recheck", recheck, "attribution recheck"),
    (
        "import",
        import_,
        "attribution import history/\n"
        "attribution import ntd.csv --mapping scart-notices --source scart",
    ),
    ("export", export, "attribution export --output history/"),
    ("assess", assess, "attribution assess --history history/ --output assessed.jsonl"),
    (
        "dossier",
        dossier,
        "attribution dossier ripe:ORG-EX1-RIPE --at 2026-03-01 --output dossier/",
    ),
    ("letter", letter, "attribution letter ripe:ORG-EX1-RIPE"),
    ("contest", contest, "attribution contest ripe:ORG-EX1-RIPE --without c4b81d9f02aa"),
    ("overview", overview, "attribution overview --output overview.html"),
    (
        "figures",
        figures,
        "attribution figures --from 2026-01-01 --to 2026-12-31 --by country\n"
        "attribution figures --from 2026-01-01 --to 2026-12-31 --report dsa22 --format csv",
    ),
    ("stamp", stamp, "attribution stamp"),
    ("backup", backup, "attribution backup --output cases.backup"),
    (
        "restore",
        restore,
        "ATTRIBUTION_STORE=sqlite:///new.sqlite3 attribution restore cases.backup",
    ),
    ("serve", serve, "attribution serve"),
    (
        "demo",
        demo,
        "attribution demo\n"
        "attribution demo -- attribution check kiosk.example\n"
        "attribution demo --serve",
    ),
)
"""Each verb, with an example a line."""
_GROUPS = {
    "cache": cache_app,
    "data": data_app,
    "config": config_app,
    "report": report_app,
    "notice": notice_app,
    "event": event_app,
    "case": case_app,
    "provider": provider_app,
    "mail": mail_app,
    "keys": keys_app,
    "list": list_app,
    "checker": checker_app,
    "account": account_app,
    "api-key": api_key_app,
}
for _name, _verb, _examples in _VERBS:
    app.command(
        _name,
        epilog="\n\n".join(f"Example: {line}" for line in _examples.splitlines()),
        # What follows `demo` is a command of its own, with its own options.
        context_settings={"allow_interspersed_args": _verb is not demo},
    )(_verb)
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)
