"""Running the shared laboratory: a small internet on loopback, in processes of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from command import COMMAND

# The laboratory has fixed ports: one at a time, whoever else runs tests on this machine.
_ALONE = FileLock(Path(tempfile.gettempdir()) / "attribution-laboratory.lock")


class Score(NamedTuple):
    """What the laboratory says of a batch."""

    results: int
    faults: int
    asked: int
    """RDAP questions that were asked."""
    least: int
    """RDAP questions that no client can avoid, but for those that redirects cost."""
    text: str


class Laboratory:
    """One world of the laboratory."""

    def __init__(self, shared: Path, folder: Path, world: list[str]) -> None:
        self._lab = shared / "lab" / "lab.py"
        self.folder = folder
        self._read: dict[str, Any] | None = None
        self._ranges: list[tuple[int, int, str]] = []
        self.seconds = 0.0
        """How long the last program ran, without what it waited for the laboratory."""
        subprocess.run(
            [sys.executable, str(self._lab), *world, "--dir", str(folder)],
            check=True,
            capture_output=True,
        )

    @property
    def urls(self) -> Path:
        """The list of URLs."""
        return self.folder / "urls.txt"

    def truth(self) -> dict[str, dict[str, Any]]:
        """What a right answer says, by host."""
        rows = [
            json.loads(line)
            for line in (self.folder / "truth.jsonl").read_text("utf-8").splitlines()
        ]
        return {row["host"]: row for row in rows}

    def serve(self, *options: str, program: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a program inside the laboratory; short round trips, a cache of its own."""
        quick = ["--rtt-dns", "1", "--rtt-rdap", "2", "--rtt-whois", "2"]
        environment = {**os.environ, "ATTRIBUTION_CACHE_FOLDER": str(self.folder / "cache")}
        command = [
            sys.executable,
            str(self._lab),
            "serve",
            "--dir",
            str(self.folder),
            *quick,
            *options,
            "--",
            *program,
        ]
        with _ALONE:
            began = time.monotonic()
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=600, check=False
            )
            self.seconds = time.monotonic() - began
        return done

    def score(self) -> Score:
        """Compare the last batch's results with the truth, by the laboratory's own rules."""
        command = [sys.executable, str(self._lab), "score", "--dir", str(self.folder)]
        command += ["--output", str(self.folder / "out.jsonl")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        results, faults = (
            int(text.split()[0]) for text in done.stdout.splitlines()[-1].split(", ")
        )
        asked = re.search(r"^RDAP questions (\d+) / least (\d+) ", done.stdout, re.MULTILINE)
        numbers = (int(asked[1]), int(asked[2])) if asked else (0, 0)
        return Score(results, faults, *numbers, done.stdout)

    def redirects(self) -> int:
        """How often a registry is asked only to learn that
        another one has the space: at least once for a /24.
        """
        hosts = self._world()["hosts"].values()
        addresses = {int(ip_address(text)) for host in hosts for text in host.get("A", ())}
        return len({address >> 8 for address in addresses if self._moved(address)})

    def registries_of(self, host: str) -> set[str]:
        """Return the registries that have to answer for a host:
        of its space, before a transfer too, and of its AS.
        """
        world = self._world()
        found: set[str] = set()
        entry = world["hosts"][host]
        for text in (world["hosts"][entry["CNAME"]] if "CNAME" in entry else entry)["A"]:
            address = ip_address(text)
            routes = [(ip_network(row[0]), str(row[1])) for row in world["origins"]]
            around = [route for route in routes if address in route[0]]
            _, system = max(around, key=lambda route: route[0].prefixlen)
            found |= {self._home(int(address)), world["autnums"][system]["registry"]}
            found |= {registry for _, _, registry in self._around(int(address))}
        return found

    def forget(self) -> None:
        """Empty the cache."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def _moved(self, address: int) -> bool:
        _, _, registry = min(self._around(address), key=lambda one: one[1] - one[0])
        return registry != self._home(address)

    def _around(self, address: int) -> list[tuple[int, int, str]]:
        return [one for one in self._networks() if one[0] <= address <= one[1]]

    def _home(self, address: int) -> str:
        """Return the registry that IANA's files name: that of the first network in the /8."""
        return next(
            registry for first, _, registry in self._networks() if first >> 24 == address >> 24
        )

    def _networks(self) -> list[tuple[int, int, str]]:
        if not self._ranges:
            self._ranges = [
                (int(ip_address(one["start"])), int(ip_address(one["end"])), str(one["registry"]))
                for one in self._world()["networks"]
            ]
        return self._ranges

    def _world(self) -> dict[str, Any]:
        if self._read is None:
            self._read = json.loads((self.folder / "world.json").read_text("utf-8"))
        return self._read

    def batch(self, *options: str, arguments: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Run a batch over the world's list; return its results."""
        output = self.folder / "out.jsonl"
        output.unlink(missing_ok=True)
        program = [*COMMAND, "batch", str(self.urls), "--output", str(output), *arguments]
        self.last = self.serve(*options, program=program)
        assert output.exists(), self.last.stderr
        return [json.loads(line) for line in output.read_text("utf-8").splitlines()]
