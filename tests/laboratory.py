"""Running the shared laboratory: a small internet on loopback, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from filelock import FileLock

from command import COMMAND

# The laboratory has fixed ports: one at a time, whoever else runs tests on this machine.
_ALONE = FileLock(Path(tempfile.gettempdir()) / "attribution-laboratory.lock")


class Laboratory:
    """One world of the laboratory."""

    def __init__(self, shared: Path, folder: Path, world: list[str]) -> None:
        self._lab = shared / "lab" / "lab.py"
        self.folder = folder
        self.seconds = 0.0
        """How long the last program ran, without what it waited for the laboratory."""
        subprocess.run([sys.executable, str(self._lab), *world, "--dir", str(folder)], check=True, capture_output=True)

    @property
    def urls(self) -> Path:
        """The list of URLs."""
        return self.folder / "urls.txt"

    def truth(self) -> dict[str, dict[str, Any]]:
        """What a right answer says, by host."""
        rows = [json.loads(line) for line in (self.folder / "truth.jsonl").read_text("utf-8").splitlines()]
        return {row["host"]: row for row in rows}

    def serve(self, *options: str, program: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a program inside the laboratory; short round trips, a cache of its own."""
        quick = ["--rtt-dns", "1", "--rtt-rdap", "2", "--rtt-whois", "2"]
        environment = {**os.environ, "ATTRIBUTION_CACHE_FOLDER": str(self.folder / "cache")}
        command = [sys.executable, str(self._lab), "serve", "--dir", str(self.folder), *quick, *options, "--", *program]
        with _ALONE:
            began = time.monotonic()
            done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, check=False)
            self.seconds = time.monotonic() - began
        return done

    def batch(self, *options: str, arguments: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Run a batch over the world's list; return its results."""
        output = self.folder / "out.jsonl"
        output.unlink(missing_ok=True)
        program = [*COMMAND, "batch", str(self.urls), "--output", str(output), *arguments]
        self.last = self.serve(*options, program=program)
        assert output.exists(), self.last.stderr
        return [json.loads(line) for line in output.read_text("utf-8").splitlines()]
