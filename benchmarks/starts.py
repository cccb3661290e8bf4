"""Seconds of whole processes: `starts.py RUNS URL` prints them for a Python that does nothing and
for the command's starts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path


def seconds(command: list[str]) -> float:
    """Run a command to its end; return how long it took."""
    began = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Run each in turn, so that a slower moment of the machine meets all of them."""
    runs, url = int(sys.argv[1]), sys.argv[2]
    attribution = str(Path(sys.executable).with_name("attribution"))
    commands = {
        "pass": [sys.executable, "-c", "pass"],
        "--version": [attribution, "--version"],
        "--help": [attribution, "--help"],
        "check": [attribution, "check", url],
    }
    for command in commands.values():
        seconds(command)
    timings: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            timings[name].append(seconds(command))
    sys.stdout.write(json.dumps(timings) + "\n")


if __name__ == "__main__":
    main()
