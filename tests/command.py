"""Running the command as users do: a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "attribution_cli.entry"]


def run(*arguments: str | Path, stdin: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `attribution` with arguments."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], input=stdin, cwd=cwd, capture_output=True, text=True, timeout=110, check=False
    )


def lines(text: str) -> list[dict[str, Any]]:
    """Parse JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def timeless(values: Any) -> Any:
    """Leave out what differs between two looks at an unchanged world: times, and what came from the cache."""
    if isinstance(values, dict):
        dropped = ("observed_at", "fetched_at", "retry_at", "cached", "stale")
        return {key: timeless(value) for key, value in values.items() if key not in dropped}
    if isinstance(values, list):
        return [timeless(value) for value in values]
    return values
