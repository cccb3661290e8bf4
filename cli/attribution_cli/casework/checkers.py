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
from attribution_cli import exit_code
from attribution_cli.casework.shared import (
    AsJson,
    Who,
    Why,
    open_store,
    print_json,
    recording,
    show_rows,
    tell,
)
from attribution_cli.console import say
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
    said = f"{name}: registered; checks that nobody signed count for nothing from now on"
    tell({"event": number, "checker": name}, said, as_json=as_json)


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
    tell({"event": number, "checker": name}, f"{name}: retired", as_json=as_json)


@checker_app.command("list", epilog="Example: attribution checker list")
@needs("checker list", Extra.HOTLINE)
def list_all(as_json: AsJson = False) -> None:
    """List the checkers whose statements are taken."""
    from attribution.casework.checking import checkers

    store, _ = open_store()
    with store, store.read() as connection:
        rows = [{"checker": name, "public_key": key} for key, name in checkers(connection).items()]
    show_rows(rows, ("checker", "public_key"), as_json=as_json, empty="no checker is registered")


def note_statements(path: Path, who: str | None, *, as_json: bool) -> int:
    """Note the signed statements of a file, one JSON object a line; return the exit code.

    Each is noted for itself: one that is refused is told with its line, and stops no other.
    """
    from attribution.casework.checking import note_statement

    if path.stat().st_size > _MOST_BYTES:
        raise typer.BadParameter(f"{str(path)!r} is larger than {_MOST_BYTES:,} bytes: split it")
    numbers: list[int] = []
    refused = 0
    with recording(who) as writer:
        for line, text in enumerate(path.read_bytes().splitlines(), start=1):
            if not text.strip():
                continue
            try:
                numbers += note_statement(writer, json.loads(text.decode("utf-8")))
            except StoreError as error:
                refused += 1
                say(f"attribution: {path.name}, line {line}: {error}")
            except (ValueError, RecursionError):
                refused += 1
                say(
                    f"attribution: {path.name}, line {line}: write one JSON object a line, "
                    f"in UTF-8."
                )
    if as_json:
        print_json({"events": numbers, "refused": refused})
    else:
        say(f"attribution: {len(numbers)} checks noted, {refused} refused")
    return exit_code.SOME_NOT if refused else 0
