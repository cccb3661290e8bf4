"""A checker's bad week counts for nobody. Pure.

A week is bad for a named checker, as far as one provider is concerned, when its failing share over
all other providers is more than twice its own median of the 26 weeks before. A share of few cases
says nothing, and a median of nearly nothing is taken as 5 %: else a single failure anywhere would
blind the method.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from attribution.pattern.arrays import Bools, Floats, unique_pairs
from attribution.pattern.columns import Table
from attribution.pattern.failure import decision_week
from attribution.pattern.record import Record
from attribution.pattern.tests import CHECK_DAYS, REFUSAL
from attribution.pattern.times import TOLERANCE, week_of

BASELINE_WEEKS = 26
FEWEST_BASELINE_WEEKS = 8
FEWEST_CASES = 10
LEAST_MEDIAN = 0.05
TIMES_THE_MEDIAN = 2.0


class CheckerWeek(NamedTuple):
    """A checker, by its number in the history, and a calendar week."""

    checker: int
    week: int


class Count(NamedTuple):
    """How many cases failed by a checker's checks, of how many."""

    failed: int = 0
    cases: int = 0

    def plus(self, other: Count) -> Count:
        """Return both together."""
        return Count(self.failed + other.failed, self.cases + other.cases)

    def minus(self, other: Count) -> Count:
        """Return this one without the other."""
        return Count(self.failed - other.failed, self.cases - other.cases)


Tally = dict[CheckerWeek, Count]
"""The cases of one provider by the checker and week in which they were decided."""
_NOTHING = Count()


def tally(record: Record, served: Bools, start: Floats) -> Tally:
    """Count one provider's cases by named checker and week; `start` is each case's clock."""
    named = record.checks["checker"] >= 0
    if not named.any():
        return {}
    checks = record.checks.take(named)
    case = record.urls["case"][checks["url"]]
    age = checks["until"] - start[case]
    in_time = checks["known"] <= start[case] + REFUSAL.horizon + 7 + CHECK_DAYS
    proves = served[named] & (age >= REFUSAL.horizon - TOLERANCE) & in_time
    started = np.isfinite(start[case])
    checker, case, place = unique_pairs(checks["checker"][started], case[started], len(start))
    failed = np.zeros(len(checker), bool)
    np.logical_or.at(failed, place, proves[started])
    week = decision_week(start, REFUSAL.horizon)[case]
    counts: Tally = {}
    for checker_week, bad in zip(
        map(CheckerWeek, checker.tolist(), week.tolist()), failed.tolist(), strict=True
    ):
        counts[checker_week] = counts.get(checker_week, _NOTHING).plus(Count(int(bad), 1))
    return counts


@dataclass(slots=True)
class BadWeeks:
    """Which weeks of which checkers are bad, seen from each provider."""

    _by_name: dict[str, Tally] = field(default_factory=dict)
    _all: dict[int, dict[int, Count]] = field(default_factory=dict)
    """Of all providers together, by checker and week."""

    def add(self, name: str, counts: Tally) -> None:
        """Add a provider's counts."""
        self._by_name[name] = counts
        for (checker, week), count in counts.items():
            weeks = self._all.setdefault(checker, {})
            weeks[week] = weeks.get(week, _NOTHING).plus(count)

    def of(self, names: tuple[str, ...]) -> frozenset[CheckerWeek]:
        """Return the bad weeks as far as a provider under some names is concerned."""
        own = [self._by_name[name] for name in names if name in self._by_name]
        bad = set()
        for checker, weeks in self._all.items():
            share: dict[int, float] = {}
            for week, count in weeks.items():
                for tallied in own:
                    count = count.minus(tallied.get(CheckerWeek(checker, week), _NOTHING))
                if count.cases >= FEWEST_CASES:
                    share[week] = count.failed / count.cases
            for week, value in share.items():
                before = [share[w] for w in range(week - BASELINE_WEEKS, week) if w in share]
                if len(before) >= FEWEST_BASELINE_WEEKS and value > TIMES_THE_MEDIAN * max(
                    float(np.median(before)), LEAST_MEDIAN
                ):
                    bad.add(CheckerWeek(checker, week))
        return frozenset(bad)


def without_bad_weeks(checks: Table, bad: frozenset[CheckerWeek]) -> Bools:
    """Say which checks were not made in a bad week of their checker."""
    good = np.ones(len(checks), bool)
    if bad:
        week = week_of(checks["until"])
        for bad_week in bad:
            good &= ~((checks["checker"] == bad_week.checker) & (week == bad_week.week))
    return good
