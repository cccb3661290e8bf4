"""What an assessment says of a provider: evidence, flags, label. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from attribution.pattern.admission import Dropped, dropped
from attribution.pattern.arrays import Floats
from attribution.pattern.blocks import Blocks, BlockShares
from attribution.pattern.examination import Examination
from attribution.pattern.floors import Floors
from attribution.pattern.labels import Label, Strength
from attribution.pattern.tests import NAMING, TestName
from attribution.pattern.times import Day, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """E of one test over dates."""

    blocks: Blocks
    frozen: Floats
    """E at each date, of the frozen blocks."""
    now: Floats
    """E at each date, by all that was known then."""
    path: Floats
    """E after each block (row) with what was known at each date (column)."""
    shares: Floats
    """The share of each block (row) at each date (column)."""

    @classmethod
    def of(cls, blocks: Blocks, dates: Floats) -> Track:
        """Follow E over dates."""
        none = np.ones((0, len(dates)))
        if not len(blocks):
            never = np.ones(len(dates))
            return cls(blocks=blocks, frozen=never, now=never, path=none, shares=none)
        shares, _ = blocks.shares_at(dates)
        path = blocks.e_values(shares)
        frozen_path = blocks.e_values(blocks.frozen_shares(dates, shares))
        last = blocks.last_closed(dates)
        row, column = np.maximum(last, 0), np.arange(len(dates))
        return cls(
            blocks=blocks,
            frozen=np.where(last >= 0, frozen_path[row, column], 1.0),
            now=np.where(last >= 0, path[row, column], 1.0),
            path=path,
            shares=shares,
        )

    @property
    def lesser(self) -> Floats:
        """The lesser of both E at each date: both must reach a threshold."""
        return np.minimum(self.frozen, self.now)


Tracks = dict[TestName, Track]


def tracks(examination: Examination, dates: Floats) -> Tracks:
    """Follow E of every test over dates."""
    return {name: Track.of(examination.of(name), dates) for name in TestName}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """From when to when a provider was flagged; it stays in the record."""

    since: Day
    weeks: int
    """How many weeks of evidence there were on the day of the flag."""
    tests: frozenset[TestName] = frozenset()
    """The tests whose conditions held."""
    released: Day | None = None
    withdrawn: Day | None = None
    """Since when it is known that what it rested on is void: with what is known now, E had not
    reached the threshold.
    """
    names: tuple[str, ...] = ()
    """The names under which it was flagged; others may have been joined to them since."""

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.released is None and self.withdrawn is None


@dataclass(frozen=True, slots=True)
class Evidence:
    """E of one test at a date: of the frozen blocks, and by all that is known."""

    frozen: float
    now: float

    @property
    def value(self) -> float:
        """E: the lesser of both, for both must reach a threshold."""
        return min(self.frozen, self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of one provider at one date, without what was on days before."""

    at: Day
    evidence: dict[TestName, Evidence]
    floors: dict[TestName, Floors]
    weeks: BlockShares
    """The weeks judged at 14 days, by all that is known."""
    noted: bool
    """Whether a letter is due: E is 20 or more."""
    named_at: float
    """E from which on it is a candidate for the list."""

    @property
    def e_value(self) -> float:
        """The greater E of the two tests that name."""
        return max(self.evidence[name].value for name in NAMING)

    @property
    def nearest(self) -> Floors:
        """The conditions of the test that is nearest to holding."""
        return min(self.floors.values(), key=lambda floors: len(floors.missing))

    @property
    def strength(self) -> Strength:
        """How strong the evidence is."""
        return Strength.of(self.e_value, self.named_at)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """How one provider stands at a date, and how it came there."""

    names: tuple[str, ...]
    """The newest name first."""
    now: Label
    """How it stands at the date."""
    flags: tuple[Flag, ...]
    """In order of time."""
    verdict: Verdict
    examination: Examination
    noted_since: Day | None
    """Since when E has been at 20 or more without a break: from then on the letter is due."""
    p_systematic: float = 0.0
    """How likely it is one that does not act: for the order of work."""
    perhaps_with: tuple[str, ...] = ()
    """Names that may be the same operator, as sites move between them: for a person to ask."""
    e_if_one: float | None = None
    """What E would be if they were one."""

    @property
    def standing(self) -> tuple[Flag, ...]:
        """The flags that were not withdrawn."""
        return tuple(flag for flag in self.flags if flag.withdrawn is None)

    @property
    def label(self) -> Label:
        """`systematic` where it was ever flagged, and the flag not withdrawn; else `now`."""
        return Label.SYSTEMATIC if self.standing else self.now

    @property
    def first_flagged(self) -> datetime | None:
        """The day since which it meets the conditions, the first time."""
        return moment(self.standing[0].since) if self.standing else None

    @property
    def released(self) -> datetime | None:
        """The day on which it was last released, if it has not been flagged again since."""
        last = self.standing[-1].released if self.standing else None
        return None if last is None else moment(last)

    @cached_property
    def reasons(self) -> list[Dropped | None]:
        """Of each case, why it does not count; None where it does."""
        examination = self.examination
        return dropped(
            examination.record,
            examination.receipt,
            examination.refusal.admission,
            self.verdict.at,
        )

    @property
    def dropped(self) -> dict[str, int]:
        """How many cases did not count, by reason."""
        counts = {reason: self.reasons.count(reason) for reason in Dropped}
        return {reason.value: count for reason, count in counts.items() if count}
