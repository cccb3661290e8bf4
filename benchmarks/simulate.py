"""How well patterns are recognised on simulated years, beside rules that hotlines might use.

Run by `make simulate`. Each seed is a year of 300 invented providers with the truth kept apart; the
command is run on what a hotline would know, and scored by the simulator's own scorer. The naive
rules get the same. Then the simulator's strategies of gaming and framing, on seeds of their own
(`--gamers`). One table, JSON beside it; exit code 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared" / "simulator"
# The tests first: their `gamers` assesses the strategies that the simulator's `gamers` makes.
sys.path[:0] = [str(HERE.parent / "tests"), str(SHARED)]
sys.dont_write_bytecode = True  # the simulator's folder may not be written
OVERDUE = 14.0
YEAR = 365
HONEST_PROVIDERS = 240
ENDS = ("offline", "moved_to_other_host", "removed_after_court_order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A figure and what it has to be."""

    figure: str
    read: Callable[[dict[str, Any]], float]
    """Reads it from the merged score."""
    at_most: float | None = None
    at_least: float | None = None

    def row(self, merged: dict[str, Any]) -> dict[str, Any]:
        """Return the figure with whether the bar is met."""
        value = self.read(merged)
        if self.at_most is not None:
            bar, met = f"<= {self.at_most}", value <= self.at_most
        else:
            bar, met = f">= {self.at_least}", value >= (self.at_least or 0.0)
        return {"figure": self.figure, "value": value, "bar": bar, "met": met}


def _at(*path: Any) -> Callable[[dict[str, Any]], float]:
    """Return a reader of one figure of a score."""

    def read(score: Any) -> float:
        for key in path:
            score = score[key]
        return float(score)

    return read


BARS = [
    Bar(figure="honest providers named, of all", read=_at("false_honest"), at_most=2),
    Bar(
        figure="found, 60 notices a year or more",
        read=_at("power_by_notices", ">=60", 0),
        at_least=0.98,
    ),
    Bar(figure="found, 26 to 59", read=_at("power_by_notices", "26-59", 0), at_least=0.92),
    Bar(figure="found, 12 to 25", read=_at("power_by_notices", "12-25", 0), at_least=0.68),
    Bar(figure="ignoring, 26 or more", read=_at("power_by_kind", "ignoring_26"), at_least=0.98),
    Bar(figure="refusing, 26 or more", read=_at("power_by_kind", "refusing_26"), at_least=0.98),
    Bar(figure="renamed, 26 or more", read=_at("power_by_kind", "renamed_26"), at_least=0.98),
    Bar(figure="selective, 26 or more", read=_at("power_by_kind", "selective_26"), at_least=0.80),
    Bar(figure="renamed, all", read=_at("power_by_kind", "renamed"), at_least=0.87),
    Bar(figure="largest E of an honest provider", read=_at("largest_honest_e"), at_most=40_000),
    Bar(figure="days to the flag, 26 or more, median", read=_at("days26", 0), at_most=125),
    Bar(figure="weeks of evidence to the flag, median", read=_at("weeks", 0), at_most=8),
    Bar(figure="weeks of evidence to the flag, 90 %", read=_at("weeks", 1), at_most=12),
    Bar(figure="released after improvement", read=_at("delisted_share"), at_least=0.85),
    Bar(figure="days to the release, median", read=_at("delist_days_median"), at_most=85),
    Bar(figure="p_systematic, Brier", read=_at("brier"), at_most=0.03),
    Bar(figure="p_systematic, ECE", read=_at("ece"), at_most=0.03),
    Bar(figure="seconds a world, the most", read=_at("seconds"), at_most=10),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One seed, assessed."""

    score: dict[str, Any]
    """What the simulator's scorer counted."""
    seconds: float
    weeks: list[int]
    """Weeks of evidence at each right flag."""
    named_by_rule: dict[str, int]
    """The honest providers that each naive rule would have named."""
    largest_honest_e: float


def assess_world(seed: int) -> World:
    """Run the command on one seed, and score it."""
    import evaluate
    import score

    with tempfile.TemporaryDirectory(prefix="attribution-simulate-") as name:
        folder = Path(name)
        truth, notices, history = score.prepare(seed, folder)
        output = folder / "assessed.jsonl"
        command = f"-m attribution_cli.entry assess --history {history} --output {output}"
        began = time.perf_counter()
        subprocess.run([sys.executable, *command.split()], check=True)
        seconds = time.perf_counter() - began
        assessed = [json.loads(line) for line in output.read_text().splitlines()]
        truth_of = {f"p{name}": provider for provider in truth for name in provider["names"]}
        rows = [
            {
                "provider": int(row["provider"][1:]),
                "label": row["label"],
                "first_flagged": score.day(row["first_flagged"]),
                "delisted": score.day(row["released"]),
                "p_systematic": row["p_systematic"],
            }
            for row in assessed
        ]
        honest = [row for row in assessed if truth_of[row["provider"]]["honest"]]
        recognised = [
            row
            for row in assessed
            if not truth_of[row["provider"]]["honest"]
            and truth_of[row["provider"]]["bad_from"] == 0
            and row["weeks_at_flag"] is not None
        ]
        return World(
            score=evaluate.score(truth, rows, notices),
            seconds=seconds,
            weeks=[row["weeks_at_flag"] for row in recognised],
            named_by_rule=named_by_rules(history, truth),
            largest_honest_e=max(row["e_value"] for row in honest),
        )


def assess_strategy(task: tuple[str, int]) -> list[str]:
    """Assess one strategy of gaming or framing on a seed; return what is not as it should be."""
    import gamers

    name, seed = task
    faults = gamers.faults(name, gamers.assessed(name, seed))
    return [f"{name}, seed {seed}: {fault}" for fault in faults]


def named_by_rules(history: Path, truth: list[dict[str, Any]]) -> dict[str, int]:
    """Count the honest providers that simple rules over overdue notices would name in the year."""
    overdue = _overdue(history)
    shares = {
        provider: np.mean([late for _, late in rows])
        for provider, rows in overdue.items()
        if len(rows) >= 5
    }
    mean, spread = np.mean(list(shares.values())), np.std(list(shares.values()))
    counts = {"over half overdue": 0, "z-score above 3": 0, "binomial test a day, 1 in 20,000": 0}
    honest = {f"p{name}" for provider in truth if provider["honest"] for name in provider["names"]}
    for provider in honest & set(overdue):
        lates = np.array([late for _, late in sorted(overdue[provider])])
        judged, failed = np.arange(1, len(lates) + 1), np.cumsum(lates)
        counts["over half overdue"] += bool(((failed / judged > 0.5) & (judged >= 3)).any())
        counts["z-score above 3"] += bool(
            provider in shares and (shares[provider] - mean) / spread > 3
        )
        counts["binomial test a day, 1 in 20,000"] += bool(
            (binom.sf(failed - 1, judged, 0.1) < 1 / 20000).any()
        )
    return counts


def _overdue(history: Path) -> dict[str, list[tuple[float, bool]]]:
    """Return of each provider (day, whether content was there) of each notice when overdue."""
    import score

    urls_of: dict[str, set[str]] = defaultdict(set)
    for row in _rows(history / "reports.jsonl"):
        urls_of[row["notice"]].add(row["url"])
    gone: dict[str, float] = defaultdict(float)
    for row in _rows(history / "events.jsonl"):
        if row["kind"] in ENDS:
            urls_of[row["notice"]].discard(row["url"])
            gone[row["notice"]] = max(gone[row["notice"]], score.day(row["at"]))
    overdue: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for row in _rows(history / "notices.jsonl"):
        notice, sent = row["notice"], score.day(row["sent_at"])
        if sent + OVERDUE < YEAR:
            late = bool(urls_of[notice]) or gone[notice] - sent > OVERDUE
            overdue[row["provider"]].append((sent + OVERDUE, late))
    return overdue


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as lines:
        yield from map(json.loads, lines)


def main() -> int:
    """Run, print, and say whether every bar was met."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--seeds", default="1-100")
    arguments.add_argument("--gamers", default="1-20", help="seeds of the strategies")
    arguments.add_argument("--jobs", type=int, default=2)
    given = arguments.parse_args()
    if not SHARED.is_dir():
        sys.stderr.write(f"no simulator in {SHARED}\n")
        return 2
    import evaluate

    import gamers

    seeds = _seeds(given.seeds)
    tasks = [(name, seed) for seed in _seeds(given.gamers) for name in gamers.strategies()]
    worlds: list[World] = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for world in pool.map(assess_world, seeds):
            worlds.append(world)
            sys.stderr.write(f"\r{len(worlds)} of {len(seeds)} years")
        sys.stderr.write("\n")
        faults = [*chain.from_iterable(pool.map(assess_strategy, tasks, chunksize=4))]
    merged = evaluate.merge([world.score for world in worlds])
    merged["largest_honest_e"] = max(world.largest_honest_e for world in worlds)
    merged["seconds"] = max(world.seconds for world in worlds)
    weeks = [week for world in worlds for week in world.weeks]
    merged["weeks"] = np.quantile(weeks, [0.5, 0.9]).tolist()
    rows = [bar.row(merged) for bar in BARS]
    for row in rows:
        met = "yes" if row["met"] else "NO"
        sys.stdout.write(f"{row['figure']:45} {row['value']:10.4g}  {row['bar']:<9} {met}\n")
    sys.stdout.write(f"\n{merged['honest']} honest provider-years; would have been named by\n")
    for name in worlds[0].named_by_rule:
        counts = [world.named_by_rule[name] for world in worlds]
        a_year = f"({statistics.mean(counts):.1f} a year of {HONEST_PROVIDERS})"
        sys.stdout.write(f"  {name:43} {sum(counts):6} {a_year}\n")
        rows.append({"figure": f"honest named by: {name}", "value": sum(counts)})
    sys.stdout.write(f"  {'this project':43} {merged['false_honest']:6}\n")
    figure = f"strategies of gaming and framing, of {len(tasks)}, not as they should be"
    gaming = Bar(figure=figure, read=_at("faults"), at_most=0).row({"faults": len(faults)})
    rows.append(gaming | {"faults": faults})
    summary = f"{len(faults)} faults in {len(tasks)} histories of gaming and framing"
    sys.stdout.write("\n".join(["", summary, *faults, ""]))
    result = {"seeds": given.seeds, "rows": rows, "scored": merged}
    (HERE / "simulate.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return 0 if all(row.get("met", True) for row in rows) else 1


def _seeds(text: str) -> range:
    """Read a span of seeds, such as `1-100`."""
    first, last = map(int, text.split("-"))
    return range(first, last + 1)


if __name__ == "__main__":
    sys.exit(main())
