"""The simulator's strategies of gaming and framing, assessed in this process."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from attribution.history.rows import READERS, HistoryRows
from attribution.pattern.assess import assess
from attribution.pattern.builder import history_from_rows
from attribution.pattern.report import as_row

SIMULATOR = Path(__file__).parents[2] / "shared" / "simulator" / "gamers.py"


@cache
def simulator() -> ModuleType | None:
    """Return the simulator; None where the shared folder is absent."""
    if not SIMULATOR.is_file():
        return None
    spec = importlib.util.spec_from_file_location("simulated_gamers", SIMULATOR)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


def strategies() -> list[str]:
    """Return the names of all strategies."""
    made = simulator()
    return [] if made is None else [strategy.__name__ for strategy in made.EXPECTED]


def assessed(name: str, seed: int) -> list[dict[str, Any]]:
    """Return what is said of each provider of a strategy's history."""
    made = simulator()
    assert made
    history = made.History(seed)
    getattr(made, name)(history)
    for number in range(30):
        made.honest(history, f"plain{number}", history.rng.choice([12, 30, 60, 120]))
    events = [row for _, row in sorted(history.events, key=lambda pair: pair[0])]
    tables = {
        "notices": history.notices,
        "reports": history.reports,
        "events": events,
        "aliases": history.aliases,
    }

    rows = HistoryRows(**{kind: map(READERS[kind], table) for kind, table in tables.items()})
    built = history_from_rows(rows)
    assert not built.faults
    return [as_row(assessment) for assessment in assess(built)]


def faults(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Say what is not as the simulator expects it of a strategy: wrongly named, not recognised, or
    too late.
    """
    made = simulator()
    assert made
    strategy = getattr(made, name)
    expected, latest, never = made.EXPECTED[strategy]
    mine = [row for row in rows if row["provider"].startswith("x")]
    labels = {row["label"] for row in mine} | {"systematic" for row in mine if row["first_flagged"]}
    found = [f"wrongly {label}" for label in sorted(labels & never)]
    found += [
        f"bystander {row['provider']} is {row['label']}"
        for row in rows
        if row["provider"].startswith("plain")
        and (row["label"] in made.BAD or row["first_flagged"])
    ]
    if name == "carousel":
        partners = {other for row in mine for other in row["perhaps_with"] if other[0] == "x"}
        found += [] if len(partners) >= 3 else [f"perhaps with {sorted(partners)}"]
    if expected is not None:
        flagged = [day for row in mine if (day := made.flagged_day(row)) is not None]
        if not labels & expected:
            found.append(f"labels {sorted(labels)}, expected one of {sorted(expected)}")
        elif latest is not None and (not flagged or min(flagged) > latest):
            found.append(f"flagged on day {min(flagged, default=None)}, latest {latest}")
    return found
