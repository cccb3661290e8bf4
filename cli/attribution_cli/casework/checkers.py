"""`attribution checker`: the keys by which checks of reported URLs are signed, and what they
signed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from attribution.errors import StoreError
from attribution.extras import Extra
from attribution.language import gettext as _
from attribution.language.errors import error_text
from attribution_cli.casework.shared import (
    AsJson,
    Who,
    Why,
    reading,
    recording,
    show_outcome,
    show_rows,
)
from attribution_cli.console import print_message
from attribution_cli.exit_code import incomplete
from attribution_cli.needs import needs

checker_app = typer.Typer(
    help="Programs and people that sign what they saw of a reported URL.", no_args_is_help=True
)
_MOST_BYTES = 16 * 1024 * 1024
Name = Annotated[str, typer.Argument(metavar="NAME", help="The checker's name.")]


@checker_app.command(
    "add", epilog="Example: attribution checker add 'night checker' --public-key …"
)
@needs("checker add", Extra.HOTLINE)
def add(
    name: Name,
    public_key: Annotated[str, typer.Option(help="Ed25519, base64, as `list key` prints it.")],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Register a checker's key. From then on only signed checks count in an assessment."""
    from attribution.casework.checking import AddChecker, add_checker

    with recording(who) as writer:
        number = add_checker(writer, AddChecker(name, public_key))
    sentence = _(
        "{name}: registered; checks that nobody signed count for nothing from now on", name=name
    )
    show_outcome({"event": number, "checker": name}, sentence, as_json=as_json)


@checker_app.command(
    "retire",
    epilog="Example: attribution checker retire 'night checker' --why 'its machine was sold'",
)
@needs("checker retire", Extra.HOTLINE)
def retire(name: Name, why: Why, who: Who = None, as_json: AsJson = False) -> None:
    """Take a checker's statements no more; what was noted before stays."""
    from attribution.casework.checking import RetireChecker, retire_checker

    with recording(who) as writer:
        number = retire_checker(writer, RetireChecker(name, why))
    sentence = _("{name}: retired", name=name)
    show_outcome({"event": number, "checker": name}, sentence, as_json=as_json)


@checker_app.command("list", epilog="Example: attribution checker list")
@needs("checker list", Extra.HOTLINE)
def list_all(as_json: AsJson = False) -> None:
    """List the checkers whose statements are taken."""
    from attribution.casework.checking import checkers

    with reading() as view:
        keys = checkers(view.connection)
    rows = [{"checker": name, "public_key": key} for key, name in keys.items()]
    show_rows(rows, ("checker", "public_key"), as_json=as_json, empty=_("no checker is registered"))


def note_statements(path: Path, who: str | None, *, as_json: bool) -> int:
    """Note the signed statements of a file, one JSON object a line; return the exit code.

    Each is noted for itself: one that is refused is named with its line, and stops no other.
    """
    from attribution.casework.checking import note_statement

    if path.stat().st_size > _MOST_BYTES:
        raise typer.BadParameter(
            _(
                "{file} is larger than {most:,} bytes: split it",
                file=repr(str(path)),
                most=_MOST_BYTES,
            )
        )
    events: list[int] = []
    refused = 0
    with recording(who) as writer:
        for line, text in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                if text.strip():
                    events += note_statement(writer, json.loads(text.decode("utf-8")))
                continue
            except StoreError as error:
                reason = error_text(error)
            except (ValueError, RecursionError):
                reason = _("write one JSON object a line, in UTF-8.")
            refused += 1
            print_message(
                _("{file}, line {line}: {reason}", file=path.name, line=line, reason=reason)
            )
    values = {"events": events, "refused": refused}
    sentence = _("{noted} checks noted, {refused} refused", noted=len(events), refused=refused)
    show_outcome(values, sentence, as_json=as_json)
    return incomplete(refused)
