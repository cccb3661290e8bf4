"""Floors: the conditions under the gravest label that have to hold beside E. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from attribution.codes import Code
from attribution.pattern.arrays import Bools, Floats, Ints
from attribution.pattern.blocks import Blocks
from attribution.pattern.examination import Examination
from attribution.pattern.tests import TestName
from attribution.pattern.times import ALWAYS, Day, week_of, week_start


class Floor(Code):
    """A condition beside E."""

    WEEKS = "weeks", "At least 6 weeks with evidence."
    SITES = "sites", "At least 6 sites that failed."
    DAYS = "days", "At least 42 days from the first to the last failure."
    QUIET = "quiet", "The last failure at most 42 days ago."
    RECENT = "recent", "Refusal: a mean share of at least a third in the last 8 weeks."
    LAST_TWO_CLEAN = (
        "last_two_clean",
        "Refusal: the last two weeks, judged at 7 days, are not both clean.",
    )
    COMPARED = (
        "compared",
        "At least 6 of the sites rest on a comparison of content, or a person.",
    )
    SERVED = "served", "Checks say whose address gave the content."
    ENTRENCHED_SITES = (
        "entrenched_sites",
        "Entrenched: 8 failing sites in 8 different weeks within 365 days.",
    )
    ENTRENCHED_DAYS = "entrenched_days", "Entrenched: at least 120 days from the first to the last."
    ENTRENCHED_SHARE = (
        "entrenched_share",
        "Entrenched: a mean share of at least 5 % in the last 26 weeks.",
    )
    STILL_ONLINE = "still_online", "Entrenched: at least 2 of the sites are online still."


FEWEST_WEEKS = 6
FEWEST_SITES = 6
FEWEST_DAYS = 42.0
MOST_QUIET_DAYS = 42.0
"""Maximum age of the last failure: who seldom gets notices may have changed meanwhile."""
RECENT_WEEKS = 8
RECENT_SHARE = 1 / 3
CLEAN_SHARE = 0.15
"""Share of failures, judged at 7 days, up to which a week is clean."""
CLEAN_WEEKS = 6
"""So many clean weeks in a row end the label."""
CLEAN_FOR_EVER = 0.02
"""Mean share at 60 days of the last 26 weeks at most, for the label to end."""
ENTRENCHED_WITHIN = 365.0
ENTRENCHED_SITES = 8
ENTRENCHED_DAYS = 120.0
ENTRENCHED_WEEKS = 26
ENTRENCHED_SHARE = 0.05
ENTRENCHED_ONLINE = 2
SEEN_WITHIN = 42.0
"""Days within which a site was seen that counts as online still."""


@dataclass(frozen=True, slots=True)
class Floors:
    """Which conditions do not hold at a date, with what was found instead."""

    missing: dict[Floor, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Say which conditions do not hold."""
        return list(self.missing.values())


@dataclass(frozen=True, slots=True)
class _Failures:
    """The cases that failed, both in the frozen block and by what is known at a date."""

    cases: Bools
    date: Floats
    """Of each case: its clock's start and the horizon, when it failed if it did."""

    @property
    def last(self) -> float:
        """The last failure; -inf where nothing failed."""
        return float(self.date[self.cases].max()) if self.cases.any() else -math.inf

    @property
    def span(self) -> float:
        """Days from the first to the last failure."""
        return self.last - float(self.date[self.cases].min()) if self.cases.any() else 0.0

    def sites(self, examination: Examination, cases: Bools | bool = True) -> int:
        """Return how many sites failed, or those of them among some cases."""
        return len(np.unique(examination.record.cases["site"][self.cases & cases]))


def _failures(blocks: Blocks, at: Day, since: Day) -> _Failures:
    case = blocks.record.urls["case"]
    failed_urls = blocks.failed(blocks.frozen_day(at)) & blocks.failed(at)
    cases = np.zeros(len(blocks.record.cases), bool)
    cases[case[failed_urls]] = True
    start = blocks.admission.clock.start
    return _Failures(cases & _counted(blocks, at) & (start >= since), start + blocks.test.horizon)


def _counted(blocks: Blocks, at: Day) -> Bools:
    """Say which cases of closed blocks count, both as frozen and by what is known at a date."""
    counts = blocks.admission.counts
    return counts(blocks.frozen_day(at)) & counts(at) & (blocks.close_of_case <= at)


def _weeks(blocks: Blocks, cases: Bools) -> int:
    """Return in how many weeks the clocks of some cases started."""
    return len(np.unique(week_of(blocks.admission.clock.start[cases])))


def _common(
    blocks: Blocks, failed: _Failures, examination: Examination, at: Day
) -> dict[Floor, str]:
    """Return the conditions of both tests that do not hold."""
    by_comparison = np.zeros(len(failed.cases), bool)
    by_comparison[examination.record.urls["case"][blocks.failure.compared <= at]] = True
    weeks = _weeks(blocks, _counted(blocks, at))
    sites, compared = failed.sites(examination), failed.sites(examination, by_comparison)
    quiet = at - failed.last
    return _missing(
        (Floor.WEEKS, weeks >= FEWEST_WEEKS, f"{weeks} weeks with evidence, {FEWEST_WEEKS} needed"),
        (Floor.SITES, sites >= FEWEST_SITES, f"{sites} sites failed, {FEWEST_SITES} needed"),
        (
            Floor.DAYS,
            failed.span >= FEWEST_DAYS,
            f"{failed.span:.0f} days from the first to the last failure, {FEWEST_DAYS:.0f} needed",
        ),
        (
            Floor.QUIET,
            quiet <= MOST_QUIET_DAYS or not failed.cases.any(),
            f"the last failure was {quiet:.0f} days ago, at most {MOST_QUIET_DAYS:.0f}",
        ),
        (
            Floor.COMPARED,
            compared >= FEWEST_SITES,
            f"at {compared} failing sites the content was compared or a person looked, "
            f"{FEWEST_SITES} needed",
        ),
        (Floor.SERVED, not examination.lenient, "no check says whose address gave the content"),
    )


def refusal_floors(examination: Examination, at: Day, since: Day = ALWAYS) -> Floors:
    """Return the conditions of the test of refusal at a date.

    `since`: after a release, only clocks that started since the clean weeks began count.
    """
    blocks = examination.refusal
    share, sites = blocks.frozen_at(at)
    recent = min(
        _mean(shares[-RECENT_WEEKS:]) for shares in (share[sites > 0], blocks.now(at).share)
    )
    return Floors(
        _common(blocks, _failures(blocks, at, since), examination, at)
        | _missing(
            (
                Floor.RECENT,
                recent >= RECENT_SHARE,
                f"{recent:.0%} failed in the last {RECENT_WEEKS} weeks, a third needed",
            ),
            (
                Floor.LAST_TWO_CLEAN,
                not last_two_clean(examination, at),
                "the last two weeks are clean",
            ),
        )
    )


def entrenched_floors(examination: Examination, at: Day, since: Day = ALWAYS) -> Floors:
    """Return the conditions of the test of entrenchment at a date; `since` as for refusal."""
    blocks = examination.entrenched
    failed = _failures(blocks, at, since)
    within = _Failures(failed.cases & (failed.date >= at - ENTRENCHED_WITHIN), failed.date)
    weeks, sites = _weeks(blocks, within.cases), within.sites(examination)
    share = recent_share(blocks, at)
    online = within.sites(examination, examination.online(at, SEEN_WITHIN))
    return Floors(
        _common(blocks, failed, examination, at)
        | _missing(
            (
                Floor.ENTRENCHED_SITES,
                min(weeks, sites) >= ENTRENCHED_SITES,
                f"{sites} failing sites in {weeks} weeks of a year, {ENTRENCHED_SITES} needed",
            ),
            (
                Floor.ENTRENCHED_DAYS,
                within.span >= ENTRENCHED_DAYS,
                f"{within.span:.0f} days from the first to the last, {ENTRENCHED_DAYS:.0f} needed",
            ),
            (
                Floor.ENTRENCHED_SHARE,
                share >= ENTRENCHED_SHARE,
                f"{share:.1%} stayed 60 days in the last {ENTRENCHED_WEEKS} weeks, "
                f"{ENTRENCHED_SHARE:.0%} needed",
            ),
            (
                Floor.STILL_ONLINE,
                online >= ENTRENCHED_ONLINE,
                f"{online} of them are online still, {ENTRENCHED_ONLINE} needed",
            ),
        )
    )


def _missing(*conditions: tuple[Floor, bool, str]) -> dict[Floor, str]:
    """Return those of (condition, whether it holds, what was found) that do not hold."""
    return {floor: text for floor, holds, text in conditions if not holds}


FLOORS = {TestName.REFUSAL: refusal_floors, TestName.ENTRENCHED: entrenched_floors}
"""The conditions of each test that names."""


def _mean(shares: Floats) -> float:
    return float(shares.mean()) if len(shares) else 0.0


def recent_share(blocks: Blocks, at: Day) -> float:
    """Return the mean share of the closed blocks of the last 26 weeks.

    The lesser of those as they are frozen and of those by all that is known.
    """
    closed = blocks.closes <= at
    if not closed.any():
        return 0.0
    since = blocks.week[closed][-1] - ENTRENCHED_WEEKS
    now = blocks.now(at)
    frozen, sites = blocks.frozen_at(at)
    recent = closed & (blocks.week > since) & (sites > 0)
    return min(_mean(frozen[recent]), _mean(now.share[now.week > since]))


def last_two_clean(examination: Examination, at: Day) -> bool:
    """Say whether the last two weeks with evidence, judged at 7 days, are both clean."""
    shares = examination.delay.now(at).share[-2:]
    return len(shares) > 0 and bool((shares <= CLEAN_SHARE).all())


def way_back(examination: Examination, at: Day, tests: frozenset[TestName]) -> bool:
    """Say whether a label ends: six clean weeks in a row, and next to nothing stays for 60 days.

    The second is asked of the weeks since the first of the six began where the label rests on
    refusal alone: what stayed from before is what the label was for.
    """
    weeks = examination.delay.now(at)
    last = weeks.share[-CLEAN_WEEKS:]
    if len(last) < CLEAN_WEEKS or not (last <= CLEAN_SHARE).all():
        return False
    stayed = examination.entrenched.now(at)
    if not len(stayed.week):
        return True
    since = stayed.week[-1] - ENTRENCHED_WEEKS
    if TestName.ENTRENCHED not in tests:
        since = max(since, _first_clean_week(weeks.week, weeks.share) - 1)
    return _mean(stayed.share[stayed.week > since]) <= CLEAN_FOR_EVER


def clean_since(examination: Examination, at: Day) -> Day:
    """Return when the run of weeks began that are clean at a date."""
    weeks = examination.delay.now(at)
    return week_start(_first_clean_week(weeks.week, weeks.share)) if len(weeks.week) else at


def _first_clean_week(week: Ints, share: Floats) -> int:
    """Return the first week of the run of clean weeks that goes on."""
    dirty = np.flatnonzero(share > CLEAN_SHARE)
    if not len(dirty):
        return int(week[0])
    return int(week[dirty[-1] + 1]) if dirty[-1] + 1 < len(week) else int(week[-1]) + 1
