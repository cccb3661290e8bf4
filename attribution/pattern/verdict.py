"""Labels at one look, and the floors under the gravest of them. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import beta

from attribution.pattern.betting import NAMED_AT, NOTED_AT, e_process
from attribution.pattern.history import Arrays, Floats
from attribution.pattern.look import Admitted, Weeks, admitted, failures, warned_weeks, weeks

Label = Literal["insufficient", "cooperative", "mixed", "slow", "non_responsive", "systematic"]
LABELS: tuple[Label, ...] = (
    "systematic",
    "non_responsive",
    "slow",
    "mixed",
    "cooperative",
    "insufficient",
)
"""The gravest first."""
FEWEST_SITES_FOR_A_LABEL = 5
FEWEST_WEEKS = 6
FEWEST_SITES = 6
FEWEST_DAYS = 42.0
MOST_QUIET_DAYS = 42.0
"""Nobody is named for what lies further back: who is seldom told of anything may have changed meanwhile."""
RECENT_WEEKS = 8
RECENT_SHARE = 1 / 3
CLEAN_SHARE = 0.15
CLEAN_WEEKS = 6
"""So many clean weeks in a row end the label."""
PROMPT_DAYS = 1.25
"""24 hours and one check, six hours apart."""


@dataclass(frozen=True, slots=True)
class Floors:
    """What has to be true beside E, each with what was found; looked at again on the day of publication."""

    weeks: int
    sites: int
    days: float
    """From the first to the last notice that failed."""
    recent: float
    """Mean share of the last 8 weeks with evidence."""
    quiet: float
    """Days since the last notice that failed was sent."""
    last_two_clean: bool
    """Whether the last two weeks, judged at 7 days, are both clean."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Say which do not hold."""
        found = []
        if self.weeks < FEWEST_WEEKS:
            found.append(f"{self.weeks} weeks with evidence, {FEWEST_WEEKS} needed")
        if self.sites < FEWEST_SITES:
            found.append(f"{self.sites} sites, {FEWEST_SITES} needed")
        if self.days < FEWEST_DAYS:
            found.append(
                f"{self.days:.0f} days from the first to the last failure, {FEWEST_DAYS:.0f} needed"
            )
        if self.recent < RECENT_SHARE:
            found.append(
                f"{self.recent:.0%} failed in the last {RECENT_WEEKS} weeks, a third needed"
            )
        if self.weeks and self.quiet > MOST_QUIET_DAYS:
            found.append(
                f"the last notice that failed was sent {self.quiet:.0f} days ago, at most {MOST_QUIET_DAYS:.0f}"
            )
        if self.last_two_clean:
            found.append("the last two weeks are clean")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look at one provider shows."""

    at: float
    admitted: Admitted
    weeks: Weeks
    e_values: Floats
    """E after each week with evidence."""
    floors: Floors
    warned: Weeks

    @property
    def e_value(self) -> float:
        """E after the last week."""
        return float(self.e_values[-1]) if len(self.e_values) else 1.0

    @property
    def highest(self) -> float:
        """The highest E so far: what Ville's inequality bounds."""
        return float(self.e_values.max()) if len(self.e_values) else 1.0

    @property
    def named(self) -> bool:
        """Whether the provider is a candidate for the list: E was high enough, and every floor holds."""
        return self.highest >= NAMED_AT and not self.floors.missing

    @property
    def noted(self) -> bool:
        """Whether the provider is to be written to: E is 20 or more, and the last two weeks were not both clean."""
        return self.e_value >= NOTED_AT and not self.floors.last_two_clean

    @property
    def clean(self) -> bool:
        """Whether the last six weeks with evidence are clean: the way back."""
        shares = self.warned.share[-CLEAN_WEEKS:]
        return len(shares) == CLEAN_WEEKS and bool((shares <= CLEAN_SHARE).all())


def judge(arrays: Arrays, at: float) -> Verdict:
    """Look at a provider with what was known at a time."""
    found = admitted(arrays, at)
    judged = weeks(arrays, at, found.admitted)
    warned = warned_weeks(arrays, at, found.admitted)
    return Verdict(
        at,
        found,
        judged,
        e_process(judged.week, judged.share),
        _floors(arrays, at, found, judged, warned),
        warned,
    )


def _floors(arrays: Arrays, at: float, found: Admitted, judged: Weeks, warned: Weeks) -> Floors:
    failed = failures(arrays, at, found.admitted)
    seen = np.isin(arrays.week, judged.week) & found.admitted
    last_two = warned.share[-2:]
    return Floors(
        weeks=len(judged.week),
        sites=len(np.unique(arrays.site[seen])),
        days=float(failed[-1] - failed[0]) if len(failed) else 0.0,
        recent=float(judged.share[-RECENT_WEEKS:].mean()) if len(judged.share) else 0.0,
        quiet=float(at - failed[-1]) if len(failed) else math.inf,
        last_two_clean=len(last_two) > 0 and bool((last_two <= CLEAN_SHARE).all()),
    )


def interval(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Return the Jeffreys interval of a share: the quantiles of Beta(k + 1/2, n - k + 1/2), open at 0 and 1.

    Source: Brown, Cai & DasGupta, "Interval estimation for a binomial proportion", Stat. Sci. 16 (2001), section 3.
    """
    tail = (1 - level) / 2
    low = (
        0.0 if successes == 0 else float(beta.ppf(tail, successes + 0.5, trials - successes + 0.5))
    )
    high = (
        1.0
        if successes == trials
        else float(beta.ppf(1 - tail, successes + 0.5, trials - successes + 0.5))
    )
    return low, high


def prompt_share(arrays: Arrays, at: float, verdict: Verdict) -> tuple[float, float]:
    """Return (how many sites' worth of URLs went within a day and one check, of how many sites) among admissible notices."""
    counted = verdict.admitted.admitted & (arrays.sent + PROMPT_DAYS <= at)
    of_url = counted[arrays.case_of]
    if not of_url.any():
        return 0.0, 0.0
    case = arrays.case_of[of_url]
    gone = (arrays.gone[of_url] <= arrays.start[case] + PROMPT_DAYS) & (
        arrays.gone_known[of_url] <= at
    )
    _, place = np.unique(arrays.site[case], return_inverse=True)
    weight = arrays.weight[of_url]
    shares = np.bincount(place, gone * weight) / np.bincount(place, weight)
    return float(shares.sum()), float(len(shares))


def label_of(arrays: Arrays, at: float, verdict: Verdict) -> Label:
    """Return the label that a look alone gives; `systematic` is given over looks (`attribution.pattern.assess`)."""
    sites = len(np.unique(arrays.site[verdict.admitted.admitted]))
    if sites < FEWEST_SITES_FOR_A_LABEL:
        return "insufficient"
    if verdict.noted:
        return "non_responsive"
    low, high = interval(*prompt_share(arrays, at, verdict))
    return "cooperative" if low >= 0.5 else "slow" if high <= 0.5 else "mixed"
