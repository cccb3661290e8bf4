"""Labels, and the floors under the gravest of them: what has to be true beside E. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from scipy.stats import beta

from attribution.pattern.blocks import Blocks
from attribution.pattern.examination import Examination
from attribution.pattern.history import Sign
from attribution.pattern.tests import TestName
from attribution.pattern.times import INF, Bools, Floats, week_of, week_start


class Label(StrEnum):
    """What is said of a provider at a look."""

    SYSTEMATIC = "systematic"
    """Candidate for the list by the test of refusal or of entrenchment, since a day and not
    released.
    """
    NON_RESPONSIVE = "non_responsive"
    """E is 20 or more: a letter is due."""
    UNREACHABLE = "unreachable"
    """Its mailbox returns what is sent."""
    UNANSWERING = "unanswering"
    """Nothing comes back, nothing proves receipt, and other channels failed."""
    DELAYING = "delaying"
    """It removes, mostly after a week."""
    SLOW = "slow"
    """Less than half is gone within a day."""
    MIXED = "mixed"
    """It cannot be told whether half is gone within a day."""
    COOPERATIVE = "cooperative"
    """More than half is gone within a day."""
    INSUFFICIENT = "insufficient"
    """Fewer than five sites count."""


LABELS: tuple[Label, ...] = tuple(Label)
"""The gravest first."""


class Strength(StrEnum):
    """How strong the evidence is, in words."""

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"
    OVERWHELMING = "overwhelming"


class Floor(StrEnum):
    """A condition beside E."""

    WEEKS = "weeks"
    """At least 6 weeks with evidence."""
    SITES = "sites"
    """At least 6 sites that failed."""
    DAYS = "days"
    """At least 42 days from the first to the last failure."""
    QUIET = "quiet"
    """The last failure at most 42 days ago."""
    RECENT = "recent"
    """Refusal: a mean share of at least a third in the last 8 weeks."""
    LAST_TWO_CLEAN = "last_two_clean"
    """Refusal: the last two weeks, judged at 7 days, are not both clean."""
    COMPARED = "compared"
    """At least 6 of the sites rest on a comparison of content, or a person."""
    SERVED = "served"
    """Checks say whose address gave the content."""
    ENTRENCHED_SITES = "entrenched_sites"
    """Entrenched: 8 failing sites in 8 different weeks within 365 days."""
    ENTRENCHED_DAYS = "entrenched_days"
    """Entrenched: at least 120 days from the first to the last."""
    ENTRENCHED_SHARE = "entrenched_share"
    """Entrenched: a mean share of at least 5 % in the last 26 weeks."""
    STILL_ONLINE = "still_online"
    """Entrenched: at least 2 of the sites are online still."""


FEWEST_SITES_FOR_A_LABEL = 5
FEWEST_WEEKS = 6
FEWEST_SITES = 6
FEWEST_DAYS = 42.0
MOST_QUIET_DAYS = 42.0
"""Maximum age of the last failure: who is seldom told of anything may have changed meanwhile."""
RECENT_WEEKS = 8
RECENT_SHARE = 1 / 3
CLEAN_SHARE = 0.15
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
"""Days within which a site was seen that is said to be online still."""
PROMPT_DAYS = 1.25
"""24 hours and one check, six hours apart."""
DELAYING_AT_MOST = 1 / 3
"""Mean share at 14 days above which a provider does not merely delay."""
BOUNCING_WEEKS = 13
"""Weeks up to the last notice that are looked at for `unreachable`."""
FEWEST_NOTICES = 5
FEWEST_BOUNCED_WEEKS = 4
BOUNCED_SHARE = 0.8
SPAN_OF_SILENCE = 28.0
FEWEST_FAILED_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class Floors:
    """What was found at a look for each condition, and which do not hold."""

    missing: dict[Floor, str] = field(default_factory=dict)

    def lacking(self, *but: Floor) -> tuple[str, ...]:
        """Say in words which conditions do not hold, some set aside."""
        return tuple(text for floor, text in self.missing.items() if floor not in but)


@dataclass(frozen=True, slots=True)
class _Failures:
    """The cases that failed in the frozen block and by what is known at a look."""

    cases: Bools
    date: Floats
    """When each failed: its clock's start and the horizon."""

    @property
    def last(self) -> float:
        return float(self.date[self.cases].max()) if self.cases.any() else -math.inf

    @property
    def span(self) -> float:
        return self.last - float(self.date[self.cases].min()) if self.cases.any() else 0.0


def _failures(blocks: Blocks, at: float, since: float) -> _Failures:
    day, case = blocks.frozen_day(at), blocks.record.urls["case"]
    bad = blocks.failed(day) & blocks.failed(at)
    counted = _counted(blocks, at)
    cases = np.zeros(len(day), bool)
    cases[case[bad]] = True
    start = blocks.admission.clock.start
    return _Failures(cases & counted & (start >= since), start + blocks.test.horizon)


def _counted(blocks: Blocks, at: float) -> Bools:
    """Say which cases of closed blocks count, both as frozen and by what is known at a look."""
    counts = blocks.admission.counts
    return counts(blocks.frozen_day(at)) & counts(at) & (blocks.close_of_case <= at)


def _common(blocks: Blocks, failed: _Failures, seen: Examination, at: float) -> dict[Floor, str]:
    missing: dict[Floor, str] = {}
    counted = _counted(blocks, at)
    weeks = len(np.unique(week_of(blocks.admission.clock.start[counted])))
    sites = len(np.unique(seen.record.cases["site"][failed.cases]))
    compared = blocks.failure.compared <= at
    rests = np.zeros(len(failed.cases), bool)
    rests[seen.record.urls["case"][compared]] = True
    well = len(np.unique(seen.record.cases["site"][failed.cases & rests]))
    if weeks < FEWEST_WEEKS:
        missing[Floor.WEEKS] = f"{weeks} weeks with evidence, {FEWEST_WEEKS} needed"
    if sites < FEWEST_SITES:
        missing[Floor.SITES] = f"{sites} sites failed, {FEWEST_SITES} needed"
    if failed.span < FEWEST_DAYS:
        missing[Floor.DAYS] = (
            f"{failed.span:.0f} days from the first to the last failure, {FEWEST_DAYS:.0f} needed"
        )
    if failed.cases.any() and at - failed.last > MOST_QUIET_DAYS:
        missing[Floor.QUIET] = (
            f"the last failure was {at - failed.last:.0f} days ago, at most {MOST_QUIET_DAYS:.0f}"
        )
    if well < FEWEST_SITES:
        missing[Floor.COMPARED] = (
            f"at {well} failing sites the content was compared or a person looked, "
            f"{FEWEST_SITES} needed"
        )
    if seen.lenient:
        missing[Floor.SERVED] = "no check says whose address gave the content"
    return missing


def refusal_floors(seen: Examination, at: float, since: float = -INF) -> Floors:
    """Return the conditions of the test of refusal at a look.

    `since`: after a release, only clocks that started since the clean weeks began count.
    """
    blocks = seen.refusal
    missing = _common(blocks, _failures(blocks, at, since), seen, at)
    share, sites = blocks.frozen_at(at)
    frozen = share[sites > 0]
    now = blocks.now(at).share
    recent = min(
        float(share[-RECENT_WEEKS:].mean()) if len(share) else 0.0 for share in (frozen, now)
    )
    if recent < RECENT_SHARE:
        missing[Floor.RECENT] = (
            f"{recent:.0%} failed in the last {RECENT_WEEKS} weeks, a third needed"
        )
    if last_two_clean(seen, at):
        missing[Floor.LAST_TWO_CLEAN] = "the last two weeks are clean"
    return Floors(missing)


def entrenched_floors(seen: Examination, at: float, since: float = -INF) -> Floors:
    """Return the conditions of the test of entrenchment at a look; `since` as for refusal."""
    blocks, record = seen.entrenched, seen.record
    failed = _failures(blocks, at, since)
    missing = _common(blocks, failed, seen, at)
    within = _Failures(failed.cases & (failed.date >= at - ENTRENCHED_WITHIN), failed.date)
    sites = record.cases["site"]
    weeks = len(np.unique(week_of(blocks.admission.clock.start[within.cases])))
    count = len(np.unique(sites[within.cases]))
    if min(weeks, count) < ENTRENCHED_SITES:
        missing[Floor.ENTRENCHED_SITES] = (
            f"{count} failing sites in {weeks} weeks of a year, {ENTRENCHED_SITES} needed"
        )
    if within.span < ENTRENCHED_DAYS:
        missing[Floor.ENTRENCHED_DAYS] = (
            f"{within.span:.0f} days from the first to the last, {ENTRENCHED_DAYS:.0f} needed"
        )
    share = recent_share(blocks, at)
    if share < ENTRENCHED_SHARE:
        missing[Floor.ENTRENCHED_SHARE] = (
            f"{share:.1%} stayed 60 days in the last {ENTRENCHED_WEEKS} weeks, "
            f"{ENTRENCHED_SHARE:.0%} needed"
        )
    online = len(np.unique(sites[within.cases & seen.online(at, SEEN_WITHIN)]))
    if online < ENTRENCHED_ONLINE:
        missing[Floor.STILL_ONLINE] = (
            f"{online} of them are online still, {ENTRENCHED_ONLINE} needed"
        )
    return Floors(missing)


def recent_share(blocks: Blocks, at: float) -> float:
    """Return the mean share of the blocks of the last 26 weeks that were closed, the lesser of both
    views.
    """
    closed = np.flatnonzero(blocks.closes <= at)
    if not len(closed):
        return 0.0
    since = blocks.week[closed[-1]] - ENTRENCHED_WEEKS
    now = blocks.now(at)
    frozen, sites = blocks.frozen_at(at)
    old = frozen[closed][(blocks.week[closed] > since) & (sites[closed] > 0)]
    new = now.share[now.week > since]
    return min((float(share.mean()) if len(share) else 0.0) for share in (old, new))


def last_two_clean(seen: Examination, at: float) -> bool:
    """Say whether the last two weeks with evidence, judged at 7 days, are both clean."""
    shares = seen.delay.now(at).share[-2:]
    return len(shares) > 0 and bool((shares <= CLEAN_SHARE).all())


def way_back(seen: Examination, at: float, tests: frozenset[TestName]) -> bool:
    """Say whether a label ends: six weeks in a row clean at 7 days, and next to nothing stays for
    60 days.

    The second is asked of the weeks since the first of the six began where the label rests on
    refusal
    alone: what stayed from before is what the label was for.
    """
    warned = seen.delay.now(at)
    last = warned.share[-CLEAN_WEEKS:]
    if len(last) < CLEAN_WEEKS or not (last <= CLEAN_SHARE).all():
        return False
    kept = seen.entrenched.now(at)
    if not len(kept.week):
        return True
    since = kept.week[-1] - ENTRENCHED_WEEKS
    if TestName.ENTRENCHED not in tests:
        since = max(since, int(_clean_since(warned.week, warned.share)) - 1)
    share = kept.share[kept.week > since]
    return not len(share) or float(share.mean()) <= CLEAN_FOR_EVER


def clean_since(seen: Examination, at: float) -> float:
    """Return when the run of weeks began that are clean at a look."""
    warned = seen.delay.now(at)
    return week_start(_clean_since(warned.week, warned.share)) if len(warned.week) else at


def _clean_since(week: np.ndarray, share: Floats) -> int:
    """Return the first week of the run of clean weeks that goes on."""
    dirty = np.flatnonzero(share > CLEAN_SHARE)
    if not len(dirty):
        return int(week[0])
    return int(week[dirty[-1] + 1]) if dirty[-1] + 1 < len(week) else int(week[-1]) + 1


def unreachable(seen: Examination, at: float) -> bool:
    """Say whether believed bounces came, in four weeks, of four fifths of at least five notices.

    Looked at are the notices of the 13 weeks up to the last, to the address in use.
    """
    sent, known = seen.record.cases["sent"], seen.receipt.bounce_known
    recent = (sent <= at) & (sent >= seen.address_since(at))
    if not recent.any():
        return False
    recent &= sent > sent[recent].max() - 7 * BOUNCING_WEEKS
    bounced = recent & (known <= at)
    weeks = len(np.unique(week_of(sent[bounced])))
    return bool(
        recent.sum() >= FEWEST_NOTICES
        and weeks >= FEWEST_BOUNCED_WEEKS
        and bounced.sum() >= BOUNCED_SHARE * recent.sum()
    )


def unanswering(seen: Examination, at: float) -> bool:
    """Say whether five notices over four weeks neither bounced nor proved to have arrived, and two
    other tries failed.
    """
    sent = seen.record.cases["sent"]
    mine = sent <= at
    failed = seen.record.contacts_of(Sign.CHANNEL_FAILED)
    tries = len(np.unique(np.floor(failed["at"][failed["known"] <= at])))
    return bool(
        mine.sum() >= FEWEST_NOTICES
        and sent[mine].max() - sent[mine].min() >= SPAN_OF_SILENCE
        and not (seen.receipt.bounce_known[mine] <= at).any()
        and not (seen.receipt.clock.known[mine] <= at).any()
        and tries >= FEWEST_FAILED_CHANNELS
    )


def speed(seen: Examination, at: float) -> Label:
    """Return the label by the share of sites that were gone within a day: Jeffreys' interval on
    either side of a half.
    """
    low, high = interval(*prompt_share(seen, at))
    return Label.COOPERATIVE if low >= 0.5 else Label.SLOW if high <= 0.5 else Label.MIXED


def interval(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Return the Jeffreys interval of a share: the quantiles of Beta(k + 1/2, n - k + 1/2), open at
    0 and 1.

    Source: Brown, Cai & DasGupta, "Interval estimation for a binomial proportion", Stat. Sci. 16
    (2001), section 3.
    """
    tail = (1 - level) / 2
    a, b = successes + 0.5, trials - successes + 0.5
    low = 0.0 if successes == 0 else float(beta.ppf(tail, a, b))
    high = 1.0 if successes == trials else float(beta.ppf(1 - tail, a, b))
    return low, high


def prompt_share(seen: Examination, at: float) -> tuple[float, float]:
    """Return (how many sites' worth of URLs went within a day and one check, of how many sites)
    among cases that count.
    """
    record, start = seen.record, seen.receipt.clock.start
    counted = seen.refusal.admission.counts(at) & (record.cases["sent"] + PROMPT_DAYS <= at)
    of_url = counted[record.urls["case"]]
    if not of_url.any():
        return 0.0, 0.0
    case = record.urls["case"][of_url]
    gone = (seen.gone.at[of_url] <= start[case] + PROMPT_DAYS) & (seen.gone.known[of_url] <= at)
    _, place = np.unique(record.cases["site"][case], return_inverse=True)
    weight = record.urls["weight"][of_url]
    shares = np.bincount(place, gone * weight) / np.bincount(place, weight)
    return float(shares.sum()), float(len(shares))


def strength(e_value: float, named_at: float, noted_at: float) -> Strength:
    """Say in words how strong the evidence is that E stands for."""
    if e_value >= named_at:
        return Strength.OVERWHELMING
    if e_value >= noted_at:
        return Strength.STRONG
    return Strength.WEAK if e_value > 1 else Strength.NONE
