"""What takes longer than a change may wait for,
within an hour: `make soak` prints a row for each part.

Kills by the hundred, mutated answers by the hundred thousand, simulated years, and the laboratory's
worlds of many seeds. Exit code 1 where a part fails or does not end within its share of the time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTEST = [sys.executable, "-m", "pytest", "--quiet", "--numprocesses=2", "--no-header"]
KILLS = "tests/end_to_end/test_interruptions.py", "tests/end_to_end/test_store_faults.py"


@dataclass(frozen=True)
class Part:
    """One command, with its share of the hour in seconds."""

    name: str
    command: list[str]
    limit: float
    environment: dict[str, str] = field(default_factory=dict)


PARTS = [
    Part("kills, 100 each", [*PYTEST, *KILLS, "-k", "killed"], 1500, {"TEST_KILLS": "100"}),
    Part("mutated answers, 100,000", [sys.executable, "tests/fuzz.py", "--mutants", "100000"], 600),
    Part(
        "simulated years, seeds 1 to 30",
        [sys.executable, "benchmarks/simulate.py", "--seeds", "1-30"],
        900,
    ),
    Part(
        "laboratory, other seeds",
        [*PYTEST, "tests/end_to_end/test_laboratory.py"],
        600,
        {"TEST_SEEDS": "5"},
    ),
]


def main() -> int:
    """Run every part; print its result, seconds and last line."""
    failed = 0
    for part in PARTS:
        began = time.monotonic()
        try:
            done = subprocess.run(
                part.command,
                cwd=ROOT,
                env=os.environ | part.environment,
                capture_output=True,
                text=True,
                timeout=part.limit,
                check=False,
            )
            result, last = ("ok" if done.returncode == 0 else "failed"), _last_line(done.stdout)
            if done.returncode:
                sys.stderr.write(done.stdout[-5000:] + done.stderr[-2000:])
        except subprocess.TimeoutExpired:
            result, last = "too slow", f"not ended after {part.limit:.0f} s"
        failed += result != "ok"
        print(f"{part.name:32} {result:9} {time.monotonic() - began:6.0f} s  {last}", flush=True)
    return int(failed > 0)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1][:100]


if __name__ == "__main__":
    sys.exit(main())
