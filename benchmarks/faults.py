"""What a hostile or broken registry costs: 150 URLs of a
laboratory world, once for each fault, beside the calm run.

Prints for each fault the seconds, their ratio to the calm run, the longest gap between the ticks of
a 5 ms ticker in the same event loop, and how many results name a wrong company. Each run has a
cache of its own and waits for nobody.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from attribution.attributor import Attributor
from attribution.settings import load_settings

LAB = Path(__file__).parent.parent.parent / "shared" / "lab" / "lab.py"
REGISTRIES = ("arin", "ripe", "apnic", "lacnic", "afrinic")
HTTP = [
    "dead",
    "hang",
    "drip",
    "torn",
    "html429",
    "notice200",
    "later",
    "forbidden",
    "broken",
    "notjson",
    "deep",
    "huge",
    "wrong",
    "loop",
    "inward",
    "mapped",
    "stranger",
    "bomb",
    "swarm",
    "wide",
    "limit200",
]
TEXT = ("lines",)
TICK = 0.005


def run_all(folder: Path) -> None:
    """Make the world, and print a row for each fault."""
    subprocess.run(
        [
            sys.executable,
            str(LAB),
            "synthetic",
            "--rules",
            "2",
            "--dir",
            str(folder),
            "--seed",
            "1",
            "--urls",
            "150",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    calm = run_one(folder, [])
    print(
        f"{'calm':10} {calm['seconds']:6.1f} s          gap {calm['gap_ms']:6.1f} ms  wrong "
        f"{calm['wrong']}"
    )
    for kind in (*HTTP, *TEXT):
        prefix = "whois." if kind in TEXT else ""
        faults = [f"{prefix}{registry}={kind}" for registry in REGISTRIES]
        if kind in TEXT:  # text is asked for only where RDAP does not answer
            faults += [f"{registry}=broken" for registry in REGISTRIES]
        row = run_one(folder, faults)
        ratio = row["seconds"] / calm["seconds"]
        print(
            f"{kind:10} {row['seconds']:6.1f} s  {ratio:5.1f} x  gap {row['gap_ms']:6.1f} ms "
            f" wrong {row['wrong']}",
            flush=True,
        )


def run_one(folder: Path, faults: list[str]) -> dict[str, float]:
    """Run the list once in the laboratory, with faults; return what was measured."""
    options = [word for fault in faults for word in ("--fault", fault)]
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {
            "ATTRIBUTION_WAIT": "0",
            "ATTRIBUTION_CACHE_FOLDER": cache,
            "ATTRIBUTION_PATIENCE": "0",
        }
        command = [
            sys.executable,
            str(LAB),
            "serve",
            "--dir",
            str(folder),
            *options,
            "--",
            sys.executable,
            __file__,
        ]
        done = subprocess.run(
            [*command, "--inside", str(folder)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


async def measure(folder: Path) -> dict[str, float]:
    """Look the list up in this process, with a ticker beside it."""
    truth = {
        row["host"]: row["provider"] for row in map(json.loads, (folder / "truth.jsonl").open())
    }
    urls = (folder / "urls.txt").read_text().split()
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            gaps.append(now - last - TICK)
            last = now

    wrong = 0
    async with Attributor(load_settings()) as attributor:
        await attributor.attribute("192.0.2.1")  # loads what is loaded once
        ticker = asyncio.create_task(tick())
        began = time.perf_counter()
        async for answer in attributor.attribute_many(urls):
            name = answer.primary.provider.name if answer.primary else None
            wrong += name is not None and name != truth.get(answer.host or "")
        seconds = time.perf_counter() - began
        ticker.cancel()
    return {"seconds": seconds, "gap_ms": max(gaps) * 1000, "wrong": wrong}


def main() -> None:
    """Measure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.inside:
        print(json.dumps(asyncio.run(measure(options.inside))))
        return
    with tempfile.TemporaryDirectory(prefix="attribution-faults-") as folder:
        run_all(Path(folder))


if __name__ == "__main__":
    main()
