"""How well patterns are recognised on simulated years, beside rules that hotlines might use: `make
simulate`.

Each seed is a year of 300 invented providers with the truth kept apart; the command is run on what
a hotline would know, and scored by the
simulator's own scorer. The naive rules see the same. Then its strategies of gaming and framing, on
seeds of their own (`--gamers`).
One table, JSON beside it; exit code 1 where a bar is missed.
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
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared" / "simulator"
OVERDUE = 14.0
BARS = [
    ("honest providers named, of all", lambda m: m["false_honest"], 2, "<="),
    ("found, 60 notices a year or more", lambda m: m["power_by_notices"][">=60"][0], 0.98, ">="),
    ("found, 26 to 59", lambda m: m["power_by_notices"]["26-59"][0], 0.92, ">="),
    ("found, 12 to 25", lambda m: m["power_by_notices"]["12-25"][0], 0.68, ">="),
    ("ignoring, 26 or more", lambda m: m["power_by_kind"]["ignoring_26"], 0.98, ">="),
    ("refusing, 26 or more", lambda m: m["power_by_kind"]["refusing_26"], 0.98, ">="),
    ("renamed, 26 or more", lambda m: m["power_by_kind"]["renamed_26"], 0.98, ">="),
    ("selective, 26 or more", lambda m: m["power_by_kind"]["selective_26"], 0.80, ">="),
    ("renamed, all", lambda m: m["power_by_kind"]["renamed"], 0.87, ">="),
    ("largest E of an honest provider", lambda m: m["largest_honest_e"], 40_000, "<="),
    ("days to the flag, 26 or more, median", lambda m: m["days26"][0], 125, "<="),
    ("weeks of evidence to the flag, median", lambda m: m["weeks"][0], 8, "<="),
    ("weeks of evidence to the flag, 90 %", lambda m: m["weeks"][1], 12, "<="),
    ("released after improvement", lambda m: m["delisted_share"], 0.85, ">="),
    ("days to the release, median", lambda m: m["delist_days_median"], 85, "<="),
    ("p_systematic, Brier", lambda m: m["brier"], 0.03, "<="),
    ("p_systematic, ECE", lambda m: m["ece"], 0.03, "<="),
    ("seconds a world, the most", lambda m: m["seconds"], 10, "<="),
]


def one_world(seed: int) -> tuple[dict[str, Any], float, list[int], dict[str, int], float]:
    """Run one seed; return its score, the seconds, weeks of evidence at each right flag, whom each
    naive rule names wrongly, the largest honest E.
    """
    sys.path.insert(0, str(SHARED))
    sys.dont_write_bytecode = True
    import evaluate
    import score

    with tempfile.TemporaryDirectory(prefix="attribution-simulate-") as name:
        folder = Path(name)
        truth, notices, history = score.prepare(seed, folder)
        output = folder / "assessed.jsonl"
        began = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "attribution_cli.entry",
            "assess",
            "--history",
            str(history),
            "--output",
            str(output),
        ]
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - began
        found = [json.loads(line) for line in output.read_text().splitlines()]
        rows = [
            {
                "provider": int(row["provider"][1:]),
                "label": row["label"],
                "first_flagged": score.day(row["first_flagged"]),
                "delisted": score.day(row["released"]),
                "p_systematic": row["p_systematic"],
            }
            for row in found
        ]
        of = {name: one for one in truth for name in one["names"]}
        weeks = [
            row["weeks_at_flag"]
            for row, plain in zip(found, rows, strict=True)
            if row["weeks_at_flag"] is not None
            and not of[plain["provider"]]["honest"]
            and of[plain["provider"]]["bad_from"] == 0
        ]
        largest = max(
            row["e_value"]
            for row, plain in zip(found, rows, strict=True)
            if of[plain["provider"]]["honest"]
        )
        return evaluate.score(truth, rows, notices), seconds, weeks, naive(history, truth), largest


def one_strategy(task: tuple[str, int]) -> list[str]:
    """Assess one strategy of gaming or framing; return what is not as it should be."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    import gamers

    return [
        f"{task[0]}, seed {task[1]}: {fault}"
        for fault in gamers.faults(task[0], gamers.assessed(*task))
    ]


def strategies(seeds: str, pool: ProcessPoolExecutor) -> tuple[int, list[str]]:
    """Assess every strategy on each seed; return how many, and what is not as it should be."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    import gamers

    first, last = (int(end) for end in seeds.split("-"))
    tasks = [(name, seed) for seed in range(first, last + 1) for name in gamers.strategies()]
    found = [fault for faults in pool.map(one_strategy, tasks, chunksize=4) for fault in faults]
    return len(tasks), found


def naive(history: Path, truth: list[dict[str, Any]]) -> dict[str, int]:
    """Count the honest providers that simple rules over overdue notices would have named within the
    year.
    """
    sent, provider = {}, {}
    for line in (history / "notices.jsonl").open():
        row = json.loads(line)
        sent[row["notice"]], provider[row["notice"]] = (
            _day(row["sent_at"]),
            int(row["provider"][1:]),
        )
    gone: dict[str, float] = defaultdict(float)
    open_urls: dict[str, set[str]] = defaultdict(set)
    for line in (history / "reports.jsonl").open():
        row = json.loads(line)
        open_urls[row["notice"]].add(row["url"])
    for line in (history / "events.jsonl").open():
        row = json.loads(line)
        if row["kind"] in ("offline", "moved_to_other_host", "removed_after_court_order"):
            open_urls[row["notice"]].discard(row["url"])
            gone[row["notice"]] = max(gone[row["notice"]], _day(row["at"]))
    overdue: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for notice, at in sent.items():
        late = bool(open_urls[notice]) or gone[notice] - at > OVERDUE
        if at + OVERDUE < 365:
            overdue[provider[notice]].append((at + OVERDUE, late))
    honest = {name for one in truth if one["honest"] for name in one["names"]}
    counts = {"over half overdue": 0, "z-score above 3": 0, "binomial test a day, 1 in 20,000": 0}
    shares = {
        who: np.mean([late for _, late in rows]) for who, rows in overdue.items() if len(rows) >= 5
    }
    mean, spread = np.mean(list(shares.values())), np.std(list(shares.values()))
    for who in honest & set(overdue):
        lates = np.array([late for _, late in sorted(overdue[who])])
        seen, failed = np.arange(1, len(lates) + 1), np.cumsum(lates)
        counts["over half overdue"] += bool(((failed / seen > 0.5) & (seen >= 3)).any())
        counts["z-score above 3"] += bool(who in shares and (shares[who] - mean) / spread > 3)
        counts["binomial test a day, 1 in 20,000"] += bool(
            (binom.sf(failed - 1, seen, 0.1) < 1 / 20000).any()
        )
    return counts


def _day(text: str) -> float:
    import score

    return float(score.day(text))


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
    first, last = (int(one) for one in given.seeds.split("-"))
    results = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for number, result in enumerate(pool.map(one_world, range(first, last + 1)), start=1):
            results.append(result)
            sys.stderr.write(f"\r{number} of {last - first + 1} years")
        sys.stderr.write("\n")
        tasks, gaming = strategies(given.gamers, pool)
    sys.path.insert(0, str(SHARED))
    import evaluate

    merged = evaluate.merge([one[0] for one in results])
    merged["largest_honest_e"] = max(one[4] for one in results)
    merged["seconds"] = max(one[1] for one in results)
    merged["weeks"] = np.quantile([week for one in results for week in one[2]], [0.5, 0.9]).tolist()
    rows = []
    for name, read, bar, sense in BARS:
        value = read(merged)
        met = value <= bar if sense == "<=" else value >= bar
        rows.append({"figure": name, "value": value, "bar": f"{sense} {bar}", "met": met})
        sys.stdout.write(f"{name:45} {value:10.4g}  {sense} {bar:<6} {'yes' if met else 'NO'}\n")
    sys.stdout.write(f"\n{merged['honest']} honest provider-years; would have been named by\n")
    for name in results[0][3]:
        counts = [one[3][name] for one in results]
        sys.stdout.write(
            f"  {name:43} {sum(counts):6} ({statistics.mean(counts):.1f} a year of 240)\n"
        )
        rows.append({"figure": f"honest named by: {name}", "value": sum(counts)})
    sys.stdout.write(f"  {'this project':43} {merged['false_honest']:6}\n")
    rows.append(
        {
            "figure": f"strategies of gaming and framing, of {tasks}, not as they should be",
            "value": len(gaming),
            "bar": "<= 0",
            "met": not gaming,
            "faults": gaming,
        }
    )
    sys.stdout.write(
        "\n".join(
            ["", f"{len(gaming)} faults in {tasks} histories of gaming and framing", *gaming, ""]
        )
    )
    (HERE / "simulate.json").write_text(
        json.dumps({"seeds": given.seeds, "rows": rows, "scored": merged}, indent=1) + "\n", "utf-8"
    )
    return 0 if all(row.get("met", True) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
