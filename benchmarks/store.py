"""What the store costs beside the least that its database could take: `python benchmarks/store.py`.

Importing is held against bare `executemany` of the very rows that it makes, with the same pragmas
and batches; views of one provider
against a query that an index alone answers, over providers of every size, at the 95th percentile.
One table, JSON beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from attribution.casework.importing import import_history
from attribution.casework.importing_rows import ROWS_AT_ONCE, Import
from attribution.casework.terms import Terms
from attribution.casework.views import case_lines, case_view, provider_view
from attribution.store import Store
from attribution.store.tables import cases, events, marks, providers, reports

HERE = Path(__file__).parent
USUAL = Terms(24, 24)
DAY = 86_400_000_000


def history(folder: Path, notices: int) -> Path:
    """Write a history: so many notices with five URLs each, and two events a URL."""
    from datetime import UTC, datetime, timedelta

    folder.mkdir()
    chance = random.Random(1)
    first = datetime(2024, 1, 1, tzinfo=UTC)
    files = {
        name: (folder / f"{name}.jsonl").open("w")
        for name in ("notices", "reports", "events", "aliases")
    }
    for number in range(notices):
        at = first + timedelta(minutes=number)
        provider, site = f"p{int(chance.paretovariate(1.1)) % 300}", f"s{number}"
        about = {"provider": provider, "site": site, "notice": f"n{number}"}
        files["notices"].write(json.dumps({**about, "sent_at": at.isoformat(), "urls": 5}) + "\n")
        for place in range(5):
            url = f"u{number}-{place}"
            files["reports"].write(json.dumps({**about, "url": url, "at": at.isoformat()}) + "\n")
            for kind, days in (("still_online", 1), ("offline", 2)):
                row = {
                    "kind": kind,
                    "notice": f"n{number}",
                    "url": url,
                    "at": (at + timedelta(days=days)).isoformat(),
                }
                files["events"].write(json.dumps(row) + "\n")
    for file in files.values():
        file.close()
    return folder


def importing(folder: Path, runs: int) -> tuple[list[float], dict[str, float]]:
    """Import, and write the same rows with bare executemany; return their speed over ours."""
    source = history(folder / "history", 4000)
    ratios, seconds = [], {}
    for run in range(runs):
        ours = folder / f"ours-{run}.sqlite3"
        began = time.perf_counter()
        with Store.open(f"sqlite:///{ours}") as store:
            import_history(store, source, Import(who="bench", reject=lambda *_: None))
        seconds["import"] = time.perf_counter() - began
        bare = folder / f"bare-{run}.sqlite3"
        shutil.copy(ours, bare)
        imported = sqlite3.connect(ours)
        rows = {
            t.name: imported.execute(f"SELECT * FROM {t.name} ORDER BY 1").fetchall()
            for t in (providers, marks, cases, reports, events)
        }
        imported.close()
        target = sqlite3.connect(bare, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = OFF"):
            target.execute(f"PRAGMA {pragma}")
        for name in reversed(rows):
            target.execute(f"DELETE FROM {name}")
        target.execute("VACUUM")
        target.execute("PRAGMA foreign_keys = ON")
        began = time.perf_counter()
        for name, some in rows.items():
            places = ",".join("?" * len(some[0]))
            for start in range(0, len(some), ROWS_AT_ONCE):
                target.execute("BEGIN IMMEDIATE")
                target.executemany(
                    f"INSERT INTO {name} VALUES ({places})", some[start : start + ROWS_AT_ONCE]
                )
                target.execute("COMMIT")
        seconds["executemany"] = time.perf_counter() - began
        target.close()
        seconds["rows"] = sum(map(len, rows.values()))
        ratios.append(seconds["executemany"] / seconds["import"])
    return ratios, seconds


def filled(
    url: str, count: int, events_of_all: int | None = None, key_file: Path | None = None
) -> Store:
    """Make a store of so many cases, over 1,000 providers of very different sizes; each with ten
    events where nothing else is said.
    """
    store = Store.open(url, key_file=key_file)
    chance = random.Random(2)
    checks = max(1, (events_of_all or 8 * count) // count - 3)
    with store.write("bench") as writer:
        ids = [writer.name_provider(f"bench:{n}", f"Company {n}", "NL", 1) for n in range(1000)]
    for start in range(0, count, 5000):
        with store.write("bench") as writer:
            for number in range(start, start + 5000):
                provider = ids[min(999, int(chance.paretovariate(0.9)) - 1)]
                at = number * 60_000_000
                case = writer.open_case(provider, f"site {number}", None, at, urls=1)
                report = writer.add_report(f"site {number}", at, case_id=case, provider_id=provider)
                about = {"provider_id": provider, "case_id": case}
                writer.add_event("sent", at, **about)
                writer.add_event("ack", at + 1, **about)
                seen = (
                    {"served_by": f"bench:{ids.index(provider)}", "compared": "content"}
                    if events_of_all
                    else None
                )
                for day in range(checks):
                    when = at + DAY * (day + 1) * (3 if events_of_all else 1)
                    writer.add_event("still_online", when, report_id=report, detail=seen, **about)
                writer.add_event("offline", at + DAY * 4 * (checks + 1), report_id=report, **about)
    return store


def viewing(store: Store, samples: int) -> dict[str, list[float]]:
    """Time views of one provider, and a query that an index alone answers, for providers of every
    size.
    """
    timings: dict[str, list[float]] = {}
    with store.read() as connection:
        ids = connection.execute(
            select(cases.c.provider_id, cases.c.key).order_by(func.random()).limit(samples)
        ).all()
    work: dict[str, Callable[..., object]] = {
        "an index-only query": lambda c, p, k: c.execute(
            select(events.c.kind, func.count())
            .where(events.c.provider_id == p)
            .group_by(events.c.kind)
        ).all(),
        "provider show": lambda c, p, k: provider_view(c, p, USUAL),
        "case list of the provider": lambda c, p, k: case_lines(c, provider_id=p),
        "case show": lambda c, p, k: case_view(c, k, 0),
    }
    for provider, key in ids:
        with store.read() as connection:
            for name, view in work.items():
                began = time.perf_counter()
                view(connection, provider, key)
                timings.setdefault(name, []).append(time.perf_counter() - began)
    return timings


def assessing(url: str, folder: Path) -> list[tuple[str, float, float]]:
    """Run `assess` and the dossier of a provider with about 1,000 cases on a store; return (what,
    figure, bar).
    """
    environment = {**os.environ, "ATTRIBUTION_STORE": url, "HOME": str(folder)}
    environment["ATTRIBUTION_KEY_FILE"] = str(folder / "patterns.keys")
    with Store.open(url, key_file=folder / "patterns.keys") as store, store.read() as connection:
        size = func.count()
        rows = connection.execute(
            select(providers.c.key, size)
            .join(cases, cases.c.provider_id == providers.c.id)
            .group_by(providers.c.key)
        ).all()
    provider = min(rows, key=lambda row: abs(row[1] - 1000))[0]
    figures = []
    for what, arguments, seconds_at_most in (
        ("assess", ["assess", "--output", str(folder / "assessed.jsonl")], 30),
        ("dossier of 1,000 cases", ["dossier", provider, "--output", str(folder / "dossier")], 3),
    ):
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "attribution_cli.entry", *arguments, "--force"], env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{what} ended with {status}")
        figures.append((f"{what}, seconds", time.perf_counter() - began, seconds_at_most))
        figures.append((f"{what}, MB", usage.ru_maxrss / 1024, 400))
    return figures


def percentile(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--cases", type=int, default=100_000)
    arguments.add_argument(
        "--events",
        type=int,
        help="measure `assess` and a dossier on so many events, and nothing else",
    )
    arguments.add_argument("--database", help="an empty PostgreSQL database for --events")
    options = arguments.parse_args()
    if options.events:
        with tempfile.TemporaryDirectory(prefix="attribution-bench-") as name:
            folder = Path(name)
            url = options.database or f"sqlite:///{folder / 'patterns.sqlite3'}"
            filled(url, options.cases, options.events, folder / "patterns.keys").close()
            for what, value, bar in assessing(url, folder):
                met = "yes" if value <= bar else "NO"
                sys.stdout.write(f"{what:40} {value:8.3g}  <= {bar:<6} {met}\n")
        return
    figures = []
    with tempfile.TemporaryDirectory(prefix="attribution-bench-") as name:
        folder = Path(name)
        ratios, seconds = importing(folder, options.runs)
        figures.append(
            (
                "import's speed over bare executemany of the same rows",
                ratios,
                ">= 0.25",
                statistics.median(ratios) >= 0.25,
            )
        )
        sys.stdout.write(
            f"{seconds['rows']} rows: {seconds['import']:.2f} s, bare "
            f"{seconds['executemany']:.2f} s\n"
        )
        began = time.perf_counter()
        with filled(f"sqlite:///{folder / 'views.sqlite3'}", options.cases) as store:
            sys.stdout.write(
                f"{options.cases} cases with {store.check().events} events made in "
                f"{time.perf_counter() - began:.0f} s\n"
            )
            runs = [viewing(store, 300) for _ in range(options.runs)]
        for view in ("provider show", "case list of the provider", "case show"):
            times = [percentile(run[view]) for run in runs]
            over = [
                seconds_95 / percentile(run["an index-only query"])
                for seconds_95, run in zip(times, runs, strict=True)
            ]
            figures.append(
                (
                    f"{view}, 95th percentile, ms",
                    [seconds_95 * 1000 for seconds_95 in times],
                    "<= 50",
                    statistics.median(times) <= 0.05,
                )
            )
            figures.append(
                ("  over an index-only query's", over, "<= 5", statistics.median(over) <= 5)
            )
    for name, values, bar, met in figures:
        sys.stdout.write(
            f"{name:60} {statistics.median(values):8.3g}  {min(values):.3g} to "
            f"{max(values):.3g}  {bar:>8} {'yes' if met else 'NO'}\n"
        )
    rows = [
        {"figure": name, "runs": values, "bar": bar, "met": met}
        for name, values, bar, met in figures
    ]
    (HERE / "store.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
