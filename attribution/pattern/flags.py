"""Flags: since when a provider meets the conditions, by what was known on each day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from attribution.pattern.arrays import Floats
from attribution.pattern.cohort import Cohort
from attribution.pattern.examination import Examination
from attribution.pattern.floors import (
    CLEAN_SHARE,
    FLOORS,
    Floor,
    clean_since,
    entrenched_floors,
    last_two_clean,
    way_back,
)
from attribution.pattern.history import History
from attribution.pattern.tests import NAMING, NOTED_AT, TestName
from attribution.pattern.times import ALWAYS, NEVER, Day
from attribution.pattern.verdict import Flag, Tracks, tracks

_FEWEST_BAD_BLOCKS = 2
"""With fewer blocks in which anything failed E stays under 20: no day needs to be judged."""
_MOMENT_BEFORE = 1e-9
"""Days: an epoch ends before the link that begins the next."""


def flags_of(
    cohort: Cohort, whole: Examination, names: tuple[str, ...]
) -> tuple[tuple[Flag, ...], Day | None]:
    """Return the flags of a provider in order, and since when a letter is due without a break.

    On each day the names count together that were known to be one then.
    """
    if not _may_be_noted(whole):
        return (), None
    flags: list[Flag] = []
    noted_since: Day | None = None
    for begin, end, groups in _epochs(cohort.history, names, cohort.at):
        for group in groups:
            is_whole = set(group) == set(names)
            examination = whole if is_whole else cohort.examine(group, begin)
            dates = _dates(examination, begin, end)
            if not len(dates):
                continue
            walk = _Walk(cohort, examination, dates)
            going_on = [flag for flag in flags if flag.open] if is_whole else []
            flags = [flag for flag in flags if flag not in going_on] + walk.go(going_on)
            noted_since = walk.noted_since()
    return tuple(sorted(flags, key=lambda flag: flag.since)), noted_since


def _may_be_noted(examination: Examination) -> bool:
    """Say whether enough blocks could ever have counted against a provider, without any doubt."""
    for blocks in (examination.refusal, examination.entrenched):
        failed = np.isfinite(blocks.failure.firm) | np.isfinite(blocks.failure.soft)
        block = blocks.block[blocks.record.urls["case"][failed]]
        if len(np.unique(block[block >= 0])) >= _FEWEST_BAD_BLOCKS:
            return True
    return False


def _epochs(
    history: History, names: tuple[str, ...], at: Day
) -> Iterator[tuple[Day, Day, list[tuple[str, ...]]]]:
    """Yield (from, to, groups of names that were known to be one) for a provider."""
    if len(names) == 1:
        yield ALWAYS, at, [names]
        return
    links = [day for day in history.link_days(names) if day <= at]
    ends = [*(Day(day - _MOMENT_BEFORE) for day in links), at]
    for begin, end in zip([ALWAYS, *links], ends, strict=True):
        groups = [group for group in history.components(begin) if set(names) & set(group)]
        yield begin, end, groups


def _dates(examination: Examination, begin: Day, end: Day) -> Floats:
    """Return the days of a span at whose beginning more is judged or known than before."""
    sent = examination.record.cases["sent"]
    first = max(np.ceil(begin), np.floor(sent.min()) + 1) if len(sent) else NEVER
    times = np.concatenate([examination.of(name).times() for name in TestName])
    times = np.concatenate([times, [first, np.floor(end)]])
    return np.unique(times[(times >= first) & (times <= end)])


class _Walk:
    """One group of names, judged at one date after the other."""

    def __init__(self, cohort: Cohort, examination: Examination, dates: Floats) -> None:
        self._cohort, self._examination, self._dates = cohort, examination, dates
        self._tracks = tracks(examination, dates)
        self._tracks_of_names: dict[tuple[str, ...], Tracks] = {
            examination.record.names: self._tracks
        }

    def go(self, flags: list[Flag]) -> list[Flag]:
        """Return the flags, with those that were open before."""
        flags = list(flags)
        since = ALWAYS
        strong = {name: self._tracks[name].lesser >= self._cohort.named_at for name in NAMING}
        for place, day in enumerate(map(Day, self._dates.tolist())):
            if flags and flags[-1].open:
                flags[-1] = self._ended(flags[-1], place, day)
                if flags[-1].released is not None:
                    since = clean_since(self._examination, day)
                continue
            tests = frozenset(
                name
                for name in NAMING
                if strong[name][place] and not FLOORS[name](self._examination, day, since).missing
            )
            if tests:
                weeks = len(self._examination.refusal.now(day).week)
                names = self._examination.record.names
                flags.append(Flag(since=day, weeks=weeks, tests=tests, names=names))
        return [self._withdrawn_later(flag) for flag in flags]

    def noted_since(self) -> Day | None:
        """Return since when a letter has been due without a break, up to the last date."""
        refusal, entrenched = (self._tracks[name].lesser >= NOTED_AT for name in NAMING)
        since: Day | None = None
        for place in range(len(self._dates) - 1, -1, -1):
            day = Day(float(self._dates[place]))
            due = refusal[place] and not last_two_clean(self._examination, day)
            if not due and entrenched[place]:
                due = Floor.SITES not in entrenched_floors(self._examination, day).missing
            if not due:
                break
            since = day
        return since

    def _ended(self, flag: Flag, place: int, day: Day) -> Flag:
        """Return an open flag, ended where it does on a day."""
        if self._is_void(flag, place):
            return replace(flag, withdrawn=day)
        if self._last_week_clean(place) and way_back(self._examination, day, flag.tests):
            return replace(flag, released=day)
        return flag

    def _withdrawn_later(self, flag: Flag) -> Flag:
        """Return a flag that was released, withdrawn where that is known at the last date."""
        if flag.released is not None and self._is_void(flag, len(self._dates) - 1):
            return replace(flag, withdrawn=Day(float(self._dates[-1])))
        return flag

    def _last_week_clean(self, place: int) -> bool:
        """Say whether the last week judged at 7 days is clean: else there is no way back."""
        shares = self._tracks[TestName.DELAY].shares[:, place]
        shares = shares[~np.isnan(shares)]
        return bool(len(shares)) and bool(shares[-1] <= CLEAN_SHARE)

    def _is_void(self, flag: Flag, place: int) -> bool:
        """Say whether, with what is known at a date, E was under the threshold on the flag's day.

        By the evidence of the names that were flagged: joining others voids nothing.
        """
        if flag.names not in self._tracks_of_names:
            examination = self._cohort.examine(flag.names)
            self._tracks_of_names[flag.names] = tracks(examination, self._dates)
        for name in flag.tests:
            track = self._tracks_of_names[flag.names][name]
            block = int(track.blocks.last_closed(np.array([flag.since]))[0])
            if block >= 0 and track.path[block, place] >= self._cohort.named_at:
                return False
        return True
