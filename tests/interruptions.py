"""Killing a batch at chosen moments and resuming it: shared by tests, and run inside the laboratory
as a program.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from command import COMMAND, timeless

KILLS = int(os.environ.get("TEST_KILLS", "3"))
"""How often each of these tests kills what it tests,
at moments spread over the work; `make soak` sets more.
"""

KILLS = int(os.environ.get("TEST_KILLS", "3"))
"""How often each of these tests kills what it tests,
at moments spread over the work; `make soak` sets more.
"""


def undisturbed(urls: Path, folder: Path) -> list[str]:
    """Run a batch to its end; return its lines, times and order aside."""
    output = folder / "undisturbed.jsonl"
    _finish(urls, output, folder / "cache-undisturbed")
    return comparable(output)


def killed_and_resumed(urls: Path, folder: Path, after_lines: int) -> tuple[int, list[str]]:
    """Kill a batch with SIGKILL once it has written so many lines, and resume it.

    Returns how many lines the kill left, and the lines in the end.
    """
    output, cache = folder / f"killed-{after_lines}.jsonl", folder / f"cache-{after_lines}"
    process = _start(urls, output, cache, resume=False)
    ends = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < ends:
        if output.exists() and output.read_bytes().count(b"\n") >= after_lines:
            break
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = output.read_bytes().count(b"\n") if output.exists() else 0
    _finish(urls, output, cache)
    return left, comparable(output)


def comparable(output: Path) -> list[str]:
    """Return the file's lines in one order, without times."""
    rows: list[Any] = [
        timeless(json.loads(line)) for line in output.read_text("utf-8").splitlines()
    ]
    return [json.dumps(row, sort_keys=True) for row in sorted(rows, key=lambda row: row["line"])]


def _start(urls: Path, output: Path, cache: Path, *, resume: bool) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "ATTRIBUTION_CACHE_FOLDER": str(cache)}
    options = ["--resume"] if resume else []
    return subprocess.Popen(
        [*COMMAND, "batch", str(urls), "--output", str(output), "--quiet", "--jobs", "8", *options],
        env=environment,
    )


def _finish(urls: Path, output: Path, cache: Path) -> None:
    code = _start(urls, output, cache, resume=True).wait(timeout=200)
    if code not in (0, 1):
        raise RuntimeError(f"the batch ended with {code}")


def main() -> None:
    """Print what some kills of a list leave: `python interruptions.py URLS FOLDER`."""
    urls, folder = Path(sys.argv[1]), Path(sys.argv[2])
    expected = undisturbed(urls, folder)
    count = len(expected)
    for moment in range(KILLS):
        left, found = killed_and_resumed(urls, folder, moment * count // KILLS)
        sys.stdout.write(
            json.dumps({"left": left, "count": count, "same": found == expected}) + "\n"
        )


if __name__ == "__main__":
    main()
