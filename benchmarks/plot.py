"""Throughput of a batch against time while one registry dies and comes back: `python plot.py`, part
of `make bench`.

Runs the command on the laboratory, reads when each line was written, and draws lines a second for
the registry that failed
and for all others. Writes docs/throughput.png.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
DIED, CAME_BACK = 10, 25
TARGET = HERE.parent / "docs" / "throughput.png"


def main() -> int:
    """Measure and draw."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared")
    arguments.add_argument("--urls", type=int, default=10_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder)
        laboratory = [sys.executable, str(options.shared / "lab" / "lab.py")]
        subprocess.run(
            [
                *laboratory,
                "synthetic",
                "--rules",
                "2",
                "--dir",
                folder,
                "--seed",
                "1",
                "--urls",
                str(options.urls),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(
            [
                *laboratory,
                "serve",
                "--dir",
                folder,
                "--fault",
                f"ripe=dead@{DIED}-{CAME_BACK}",
                "--fault",
                f"whois.ripe=dead@{DIED}-{CAME_BACK}",
                "--",
                sys.executable,
                __file__.replace("plot.py", "watched.py"),
                str(world / "urls.txt"),
                str(world / "lines.json"),
            ],
            check=True,
            env={
                **os.environ,
                "ATTRIBUTION_CACHE_FOLDER": str(world / "cache"),
                "ATTRIBUTION_WAIT": "60",
            },
        )
        lines = json.loads((world / "lines.json").read_text("utf-8"))
    draw(lines)
    late = sum(line["status"] != "attributed" for line in lines)
    sys.stdout.write(
        f"{len(lines)} lines in {max(line['at'] for line in lines):.0f} s, "
        f"{late} of them not attributed; {TARGET.name} drawn\n"
    )
    return 0


def draw(lines: list[dict[str, object]]) -> None:
    """Draw lines a second: of the registry that failed, and of the others."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    counts = {True: Counter[int](), False: Counter[int]()}
    for line in lines:
        counts[line["registry"] == "ripe"][int(float(str(line["at"])))] += 1
    seconds = range(max(max(counts[True], default=0), max(counts[False], default=0)) + 1)
    figure, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
    axes.axvspan(DIED, CAME_BACK, color="#d9d9d9", label="the registry is dead")
    axes.plot(
        seconds,
        [counts[False][second] for second in seconds],
        color="#0072b2",
        label="lines of the other registries",
    )
    axes.plot(
        seconds,
        [counts[True][second] for second in seconds],
        color="#d55e00",
        linestyle="--",
        label="lines of that registry",
    )
    axes.set(
        xlabel="seconds since the batch began",
        ylabel="lines written in a second",
        ylim=(0, None),
        xlim=(0, None),
    )
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(TARGET, dpi=110, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
