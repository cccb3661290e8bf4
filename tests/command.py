"""Running the command as users do: a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "attribution_cli.entry"]


def run(
    *arguments: str | Path, stdin: str | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `attribution` with arguments."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def call(*arguments: str | Path) -> tuple[int, str]:
    """Run `attribution` in this process, where a test has to run it often;
    return its code and what it said on stderr.
    """
    from unittest.mock import patch

    from attribution_cli.app import run as run_here

    told = io.StringIO()
    with (
        patch.object(sys, "argv", ["attribution", *map(str, arguments)]),
        contextlib.redirect_stderr(told),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        return run_here(), told.getvalue()


def lines(text: str) -> list[dict[str, Any]]:
    """Parse JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def timeless(values: Any) -> Any:
    """Leave out what differs between two looks at an unchanged world: times, and what came from the
    cache.
    """
    if isinstance(values, dict):
        dropped = ("observed_at", "fetched_at", "retry_at", "cached", "stale")
        return {key: timeless(value) for key, value in values.items() if key not in dropped}
    if isinstance(values, list):
        return [timeless(value) for value in values]
    return values
