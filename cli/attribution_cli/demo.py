"""`attribution demo`: the main job on a world of invented companies, with the command itself over
real sockets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from attribution.extras import Extra, require
from attribution.language import gettext as _
from attribution_cli.console import print_message, results
from attribution_cli.exit_code import USAGE

_COMMAND = [sys.executable, "-m", "attribution_cli.entry"]
_LIST = "urls.txt"


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
    if serve_it:
        require("demo --serve", Extra.HOTLINE)
        return _serve_demo()
    return _run_in_demo(command) if command else _show_demo()


def _show_demo() -> int:
    """Run one check, one explain and one batch; return the first exit code that is not expected."""
    from attribution.demo import DemoWorld
    from attribution.demo.world import URLS

    with DemoWorld() as world, tempfile.TemporaryDirectory(prefix="attribution-demo-") as folder:
        Path(folder, _LIST).write_text("\n".join(["# forty reported URLs", *URLS]) + "\n", "utf-8")
        runs: list[tuple[list[str], int]] = [
            (["check", "hxxps://shop[.]quay-customer[.]example/1"], 0),
            (["explain", "https://kiosk.example/"], 0),
            (["batch", _LIST, "--group-by", "provider", "--format", "table"], 1),
        ]
        environment = {**os.environ, **world.environment()}
        if sys.stdout.isatty():
            environment["FORCE_COLOR"] = "1"
        for arguments, expected in runs:
            results().print(f"\n$ attribution {' '.join(arguments)}", style="bold", markup=False)
            done = subprocess.run(  # noqa: S603 - our own command
                [*_COMMAND, *arguments],
                cwd=folder,
                env=environment,
                check=False,
            )
            if done.returncode != expected:
                return done.returncode or 1
    return 0


def _serve_demo() -> int:
    """Serve the page in the demo world, with a store of its own that is gone afterwards; return the
    exit code.
    """
    from attribution.demo import DemoWorld

    with DemoWorld() as world:
        environment = {
            **os.environ,
            **world.environment(),
            "ATTRIBUTION_HOTLINE_NAME": "Example Hotline",
            "ATTRIBUTION_HOTLINE_MAILBOX": "notices@hotline.example",
            "ATTRIBUTION_KEEP_URLS": "true",
        }
        environment.pop("ATTRIBUTION_STORE", None)
        from attribution.demo.hotline import fill
        from attribution.store import Store

        with Store.open(
            f"sqlite:///{Path(environment['ATTRIBUTION_DATA_FOLDER']) / 'cases.sqlite3'}"
        ) as store:
            fill(store)
        command = [*_COMMAND, "serve"]
        try:
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - our own command
        except KeyboardInterrupt:
            return 0


def _run_in_demo(command: list[str]) -> int:
    """Run any command with settings that point it at the demo world; return its exit code."""
    from attribution.demo import DemoWorld

    if command[0] == "attribution":
        command = [*_COMMAND, *command[1:]]
    with DemoWorld() as world:
        try:
            environment = {**os.environ, **world.environment()}
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
        except OSError as error:
            print_message(
                _(
                    "{command} cannot be run: {reason}",
                    command=repr(command[0]),
                    reason=error.strerror,
                )
            )
            return USAGE
