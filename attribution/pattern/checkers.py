"""A checker's bad week counts for nobody. Pure.

A week is bad for a named checker, as far as one provider is concerned, when its failing share over
all other providers is more than twice its own median of the 26 weeks before. A share of few cases
says nothing, and a median of nearly nothing is taken as 5 %: else a single failure anywhere would
blind the method.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from attribution.pattern.failure import decision_week
from attribution.pattern.history import Record, Table
from attribution.pattern.tests import CHECK_DAYS, REFUSAL
from attribution.pattern.times import TOLERANCE, Bools, Floats, week_of

BASELINE_WEEKS = 26
FEWEST_BASELINE_WEEKS = 8
FEWEST_CASES = 10
LEAST_MEDIAN = 0.05
TIMES_THE_MEDIAN = 2.0

Tally = dict[tuple[int, int], tuple[int, int]]
"""By checker and week in which it was decided: how many cases failed by its checks, of how many."""


def tally(record: Record, served: Bools, start: Floats) -> Tally:
    """Count one provider's cases by named checker and week."""
    named = record.checks["checker"] >= 0
    if not named.any():
        return {}
    checks = record.checks.take(named)
    case = record.urls["case"][checks["url"]]
    week = decision_week(start, REFUSAL.horizon)
    age = checks["until"] - start[case]
    in_time = checks["known"] <= start[case] + REFUSAL.horizon + 7 + CHECK_DAYS
    proves = served[named] & (age >= REFUSAL.horizon - TOLERANCE) & in_time
    started = np.isfinite(start[case])
    key = checks["checker"][started].astype(np.int64) * len(start) + case[started]
    keys, place = np.unique(key, return_inverse=True)
    bad = np.zeros(len(keys), bool)
    np.logical_or.at(bad, place, proves[started])
    found: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for number, failed in zip(keys.tolist(), bad.tolist(), strict=True):
        counts = found[number // len(start), int(week[number % len(start)])]
        counts[0] += failed
        counts[1] += 1
    return {name: (counts[0], counts[1]) for name, counts in found.items()}


@dataclass(slots=True)
class BadWeeks:
    """Which weeks of which checkers are bad, seen from each provider."""

    by_name: dict[str, Tally] = field(default_factory=dict)
    _all: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)

    def add(self, name: str, counted: Tally) -> None:
        """Add a provider's counts."""
        self.by_name[name] = counted
        for (checker, week), (failed, cases) in counted.items():
            weeks = self._all.setdefault(checker, {})
            before = weeks.get(week, (0, 0))
            weeks[week] = before[0] + failed, before[1] + cases

    def of(self, names: tuple[str, ...]) -> set[tuple[int, int]]:
        """Return the bad (checker, week) as far as a provider under some names is concerned."""
        found = set()
        for checker, weeks in self._all.items():
            share: dict[int, float] = {}
            for week, (failed, cases) in weeks.items():
                for name in names:
                    mine = self.by_name.get(name, {}).get((checker, week), (0, 0))
                    failed, cases = failed - mine[0], cases - mine[1]
                if cases >= FEWEST_CASES:
                    share[week] = failed / cases
            for week, value in share.items():
                before = [share[w] for w in range(week - BASELINE_WEEKS, week) if w in share]
                if len(before) >= FEWEST_BASELINE_WEEKS and value > TIMES_THE_MEDIAN * max(
                    float(np.median(before)), LEAST_MEDIAN
                ):
                    found.add((checker, week))
        return found


def without_bad_weeks(checks: Table, bad: set[tuple[int, int]]) -> Bools:
    """Say which checks were not made in a bad week of their checker."""
    good = np.ones(len(checks), bool)
    if bad:
        week = week_of(checks["until"])
        for checker, number in bad:
            good &= ~((checks["checker"] == checker) & (week == number))
    return good
