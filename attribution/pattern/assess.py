"""Every provider of a history, day by day with what was known on each: who is flagged since when,
and until when. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from attribution.pattern.admission import Dropped, dropped
from attribution.pattern.blocks import Blocks, Table
from attribution.pattern.checkers import BadWeeks, tally
from attribution.pattern.examination import Examination
from attribution.pattern.failure import served_by_provider
from attribution.pattern.history import History
from attribution.pattern.labels import (
    DELAYING_AT_MOST,
    FEWEST_SITES,
    FEWEST_SITES_FOR_A_LABEL,
    Floor,
    Floors,
    Label,
    Strength,
    clean_since,
    entrenched_floors,
    last_two_clean,
    refusal_floors,
    speed,
    strength,
    unanswering,
    unreachable,
    way_back,
)
from attribution.pattern.mixture import fit
from attribution.pattern.operators import MOST_PARTNERS, flows, perhaps_one
from attribution.pattern.receipt import Receipt, receipt_of
from attribution.pattern.tests import NOTED_AT, TestName, named_at
from attribution.pattern.times import INF, Floats, Ints, days, moment

Progress = Callable[[int, int], None]
"""Told how many providers are done, of how many."""
_FEWEST_BAD_BLOCKS = 2
"""With fewer blocks in which anything failed E stays under 20: nobody has to look day by day."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when a provider was flagged; it stays in the record."""

    flagged: float
    weeks: int
    """How many weeks of evidence there were on the day of the flag."""
    tests: frozenset[TestName] = frozenset()
    """The tests whose conditions held."""
    released: float | None = None
    withdrawn: float | None = None
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
    """E of one test at a look: of the frozen blocks, and by all that is known."""

    frozen: float
    now: float

    @property
    def value(self) -> float:
        """E: the lesser of both, for both must reach a threshold."""
        return min(self.frozen, self.now)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look at one provider shows."""

    at: float
    evidence: dict[TestName, Evidence]
    floors: dict[TestName, Floors]
    weeks: Table
    """The weeks judged at 14 days, by all that is known."""
    noted: bool
    """Whether a letter is due: E is 20 or more."""
    named_at: float

    @property
    def e_value(self) -> float:
        """The greater E of the two tests that name."""
        return max(self.evidence[TestName.REFUSAL].value, self.evidence[TestName.ENTRENCHED].value)

    @property
    def candidate(self) -> frozenset[TestName]:
        """The tests whose E and conditions hold."""
        return frozenset(
            name
            for name, floors in self.floors.items()
            if self.evidence[name].value >= self.named_at and not floors.missing
        )

    @property
    def nearest(self) -> Floors:
        """The conditions of the test that is nearest to holding."""
        return min(self.floors.values(), key=lambda floors: len(floors.missing))

    @property
    def strength(self) -> Strength:
        """How strong the evidence is, in words."""
        return strength(self.e_value, self.named_at, NOTED_AT)


@dataclass(frozen=True)
class Assessment:
    """What is to be said of one provider at a look."""

    names: tuple[str, ...]
    """The newest name first."""
    now: Label
    """How it stands at the look."""
    spells: tuple[Spell, ...]
    verdict: Verdict
    seen: Examination
    noted_since: float | None
    """Since when E has been at 20 or more without a break: from then on the letter is due."""
    p_systematic: float = 0.0
    perhaps_with: tuple[str, ...] = ()
    """Names that may be the same operator, as sites move between them: for a person to ask."""
    e_if_one: float | None = None
    """What E would be if they were one."""

    @property
    def standing(self) -> tuple[Spell, ...]:
        """The flags that were not withdrawn."""
        return tuple(spell for spell in self.spells if spell.withdrawn is None)

    @property
    def label(self) -> Label:
        """`systematic` when it was ever flagged, and the flag not withdrawn; `now` says how it
        stands today.
        """
        return Label.SYSTEMATIC if self.standing else self.now

    @property
    def first_flagged(self) -> datetime | None:
        """The day since which it meets the conditions, the first time."""
        return moment(self.standing[0].flagged) if self.standing else None

    @property
    def released(self) -> datetime | None:
        """The day on which it was last released, if it has not been flagged again since."""
        last = self.standing[-1].released if self.standing else None
        return None if last is None else moment(last)

    @cached_property
    def reasons(self) -> list[Dropped | None]:
        """Of each case, why it does not count; None where it does."""
        return dropped(
            self.seen.record, self.seen.receipt, self.seen.refusal.admission, self.verdict.at
        )

    @property
    def dropped(self) -> dict[str, int]:
        """How many cases did not count, by reason."""
        counts = {reason: self.reasons.count(reason) for reason in Dropped}
        return {reason.value: count for reason, count in counts.items() if count}


@dataclass
class Method:
    """A history made ready: what one provider's examination needs to know of all others."""

    history: History
    at: float
    _receipts: dict[str, Receipt] = field(default_factory=dict)

    @cached_property
    def lenient(self) -> bool:
        """Whether no check in the history says who served."""
        return not self.history.says_who_served()

    @cached_property
    def named_at(self) -> float:
        """E from which on a provider is a candidate."""
        return named_at(self.history.count_watched(self.at))

    @cached_property
    def bad_weeks(self) -> BadWeeks:
        """Return the bad weeks of named checkers."""
        found = BadWeeks()
        if self.history.checkers:
            for name in sorted(self.history.providers):
                record = self.history.record([name])
                served = served_by_provider(record, lenient=self.lenient)
                found.add(name, tally(record, served, self.receipt(name).clock.start))
        return found

    def receipt(self, name: str) -> Receipt:
        """Return what is known of the receipts of one name; its mailbox is its own."""
        if name not in self._receipts:
            self._receipts[name] = receipt_of(self.history.record([name]))
        return self._receipts[name]

    def examine(self, names: tuple[str, ...], linked_at: float | None = None) -> Examination:
        """Return the examination of a provider under some names."""
        if linked_at is None:
            linked_at = (
                max([-INF, *(day for day in self.history.link_days(names) if day <= self.at)])
                if len(names) > 1
                else -INF
            )
        record = self.history.record(names, linked_at)
        receipt = Receipt.joined([self.receipt(name) for name in record.names])
        bad = frozenset(self.bad_weeks.of(record.names)) if self.history.checkers else frozenset()
        return Examination(record, receipt, self.lenient, bad)

    def forget(self, names: tuple[str, ...]) -> None:
        """Let go of receipts that nobody needs any more."""
        for name in names:
            self._receipts.pop(name, None)


def assess(
    history: History, at: datetime | None = None, progress: Progress = lambda done, of: None
) -> list[Assessment]:
    """Assess every provider of a history as of a day: the last thing known in it where none is
    given.
    """
    return list(assessments(history, at, progress))


def assessments(
    history: History, at: datetime | None = None, progress: Progress = lambda done, of: None
) -> Iterator[Assessment]:
    """Yield the same, each provider's arrays only made when they are asked for."""
    method = Method(history, look_of(history, at))
    groups = history.components(method.at)
    found = []
    for done, names in enumerate(groups, start=1):
        found.append(assess_group(method, names))
        progress(done, len(groups))
    return iter(_with_partners(method, _with_probabilities(found)))


def look_of(history: History, at: datetime | None) -> float:
    """Return the day of a look: the last thing known where none is given."""
    return float(np.ceil(history.last_known)) if at is None else days(at)


def assess_group(method: Method, names: tuple[str, ...]) -> Assessment:
    """Assess one provider under the names that are one at the look."""
    seen = method.examine(names)
    verdict = judge(seen, method.at, method.named_at)
    spells: list[Spell] = []
    noted_since: float | None = None
    if _may_be_noted(seen):
        spells, noted_since = _walk(method, seen, names)
    now = label_of(seen, method.at, verdict)
    if spells and spells[-1].open:
        now = Label.SYSTEMATIC
    return Assessment(
        names, now, tuple(spells), verdict, seen, noted_since if verdict.noted else None
    )


def judge(seen: Examination, at: float, threshold: float) -> Verdict:
    """Look at a provider with what was known at a time."""
    looks = np.array([at])
    evidence = {}
    for name in TestName:
        track = _Track.of(seen.of(name), looks)
        evidence[name] = Evidence(float(track.frozen[0]), float(track.now[0]))
    floors = {
        TestName.REFUSAL: refusal_floors(seen, at),
        TestName.ENTRENCHED: entrenched_floors(seen, at),
    }
    clean = Floor.LAST_TWO_CLEAN in floors[TestName.REFUSAL].missing
    noted = _noted(
        evidence[TestName.REFUSAL].value,
        evidence[TestName.ENTRENCHED].value,
        clean=clean,
        few=Floor.SITES in floors[TestName.ENTRENCHED].missing,
    )
    return Verdict(at, evidence, floors, seen.refusal.now(at), noted, threshold)


def _noted(refusal: float, entrenched: float, *, clean: bool, few: bool) -> bool:
    """Say whether a letter is due: E is 20 or more; of entrenchment only where 6 sites failed, of
    refusal not after two clean weeks.
    """
    return (refusal >= NOTED_AT and not clean) or (entrenched >= NOTED_AT and not few)


def label_of(seen: Examination, at: float, verdict: Verdict) -> Label:
    """Return the label that a look alone gives; `systematic` is given over looks."""
    counts = seen.refusal.admission.counts(at)
    sites = len(np.unique(seen.record.cases["site"][counts]))
    if verdict.noted and sites >= FEWEST_SITES_FOR_A_LABEL:
        return Label.NON_RESPONSIVE
    if unreachable(seen, at):
        return Label.UNREACHABLE
    if unanswering(seen, at):
        return Label.UNANSWERING
    if sites < FEWEST_SITES_FOR_A_LABEL:
        return Label.INSUFFICIENT
    share = verdict.weeks.share
    late = float(share.mean()) if len(share) else 0.0
    if verdict.evidence[TestName.DELAY].value >= NOTED_AT and late <= DELAYING_AT_MOST:
        return Label.DELAYING
    return speed(seen, at)


@dataclass(frozen=True, slots=True)
class _Track:
    """E of one test over looks: at each, and after each block with what was known at each."""

    blocks: Blocks
    frozen: Floats
    now: Floats
    path: Floats
    """E after each block (row) with what was known at each look (column)."""
    shares: Floats
    last: Ints

    @classmethod
    def of(cls, blocks: Blocks, looks: Floats) -> _Track:
        """Follow E over looks."""
        last = blocks.last_closed(looks)
        if not len(blocks.numbers):
            plain = np.ones(len(looks))
            return cls(
                blocks, plain, plain, np.ones((0, len(looks))), np.ones((0, len(looks))), last
            )
        shares, _ = blocks.shares_at(looks)
        path = blocks.e_values(shares)
        old = blocks.e_values(blocks.frozen_shares(looks, shares))
        row, column = np.maximum(last, 0), np.arange(len(looks))
        frozen = np.where(last >= 0, old[row, column], 1.0)
        now = np.where(last >= 0, path[row, column], 1.0)
        return cls(blocks, frozen, now, path, shares, last)


def _tracks(seen: Examination, looks: Floats) -> dict[TestName, _Track]:
    return {name: _Track.of(seen.of(name), looks) for name in TestName}


def _may_be_noted(seen: Examination) -> bool:
    """Say whether enough blocks could ever have counted against a provider,
    every doubt set aside.
    """
    for blocks in (seen.refusal, seen.entrenched):
        case = blocks.record.urls["case"]
        bad = np.isfinite(blocks.failure.firm) | np.isfinite(blocks.failure.soft)
        block = blocks.block[case[bad]]
        if len(np.unique(block[block >= 0])) >= _FEWEST_BAD_BLOCKS:
            return True
    return False


def _walk(
    method: Method, whole: Examination, names: tuple[str, ...]
) -> tuple[list[Spell], float | None]:
    """Look day by day, under the names that were known to be one on each; return the spells, and
    since when it is noted.
    """
    spells: list[Spell] = []
    noted_since: float | None = None
    for begin, end, groups in _epochs(method.history, names, method.at):
        for group in groups:
            seen = whole if set(group) == set(names) else method.examine(group, begin)
            looks = _looks(seen, begin, end)
            if not len(looks):
                continue
            walk = _Walk(method, seen, looks)
            mine = [spell for spell in spells if spell.open] if set(group) == set(names) else []
            rest = [spell for spell in spells if spell not in mine]
            spells = rest + walk.go(mine)
            noted_since = walk.noted_since
    return sorted(spells, key=lambda spell: spell.flagged), noted_since


def _looks(seen: Examination, begin: float, end: float) -> Floats:
    """Return the days between two at whose beginning something is judged or known that was not
    before.
    """
    times = np.concatenate([seen.of(name).times() for name in TestName])
    first = (
        max(np.ceil(begin), np.floor(seen.record.cases["sent"].min()) + 1)
        if len(seen.record.cases)
        else INF
    )
    found = times[(times >= first) & (times <= end)]
    edges = [day for day in (first, np.floor(end)) if first <= day <= end]
    return np.unique(np.concatenate([found, edges]))


class _Walk:
    """One group of names, looked at day by day."""

    def __init__(self, method: Method, seen: Examination, looks: Floats) -> None:
        self._seen, self._looks, self._threshold = seen, looks, method.named_at
        self._tracks = _tracks(seen, looks)
        self._method, self._before = method, dict[tuple[str, ...], dict[TestName, _Track]]()
        self.noted_since = self._noted_since()

    def go(self, spells: list[Spell]) -> list[Spell]:
        """Return the spells, with those that were open before."""
        spells = list(spells)
        since = -INF
        strong = {
            name: np.minimum(self._tracks[name].frozen, self._tracks[name].now) >= self._threshold
            for name in (TestName.REFUSAL, TestName.ENTRENCHED)
        }
        any_strong = strong[TestName.REFUSAL] | strong[TestName.ENTRENCHED]
        for place, day in enumerate(self._looks.tolist()):
            if spells and spells[-1].open:
                spells[-1] = self._ended(spells[-1], place, day)
                if spells[-1].released is not None:
                    since = clean_since(self._seen, day)
            elif any_strong[place]:
                tests = self._tests(strong, place, day, since)
                if tests:
                    weeks = len(self._seen.refusal.now(day).week)
                    spells.append(Spell(day, weeks, tests, names=self._seen.record.names))
        return [self._withdrawn_later(spell) for spell in spells]

    def _tests(
        self, strong: dict[TestName, np.ndarray], place: int, day: float, since: float
    ) -> frozenset[TestName]:
        floors = {TestName.REFUSAL: refusal_floors, TestName.ENTRENCHED: entrenched_floors}
        return frozenset(
            name
            for name, look in floors.items()
            if strong[name][place] and not look(self._seen, day, since).missing
        )

    def _ended(self, spell: Spell, place: int, day: float) -> Spell:
        if self._void(spell, place):
            return replace(spell, withdrawn=day)
        if self._six_clean(place) and way_back(self._seen, day, spell.tests):
            return replace(spell, released=day)
        return spell

    def _six_clean(self, place: int) -> bool:
        """Say whether the last week judged at 7 days is clean: else there is no need to ask
        further.
        """
        shares = self._tracks[TestName.DELAY].shares[:, place]
        shares = shares[~np.isnan(shares)]
        return bool(len(shares)) and bool(shares[-1] <= 0.15)

    def _void(self, spell: Spell, place: int) -> bool:
        """Say whether, with what is known at a look, E had not reached the threshold on the day of
        the flag, by the evidence of the names that were flagged: joining others voids nothing.
        """
        tracks = self._tracks_of(spell.names)
        for name in spell.tests:
            track = tracks[name]
            block = int(track.blocks.last_closed(np.array([spell.flagged]))[0])
            if block >= 0 and track.path[block, place] >= self._threshold:
                return False
        return True

    def _tracks_of(self, names: tuple[str, ...]) -> dict[TestName, _Track]:
        if names == self._seen.record.names:
            return self._tracks
        if names not in self._before:
            self._before[names] = _tracks(self._method.examine(names), self._looks)
        return self._before[names]

    def _withdrawn_later(self, spell: Spell) -> Spell:
        """Return a spell that was released, withdrawn where that is known at the last look."""
        if spell.released is not None and self._void(spell, len(self._looks) - 1):
            return replace(spell, withdrawn=float(self._looks[-1]))
        return spell

    def _noted_since(self) -> float | None:
        """Return since when a letter has been due without a break, up to the last look."""
        refusal, entrenched = (
            self._tracks[name] for name in (TestName.REFUSAL, TestName.ENTRENCHED)
        )
        high = np.minimum(refusal.frozen, refusal.now) >= NOTED_AT
        low = np.minimum(entrenched.frozen, entrenched.now) >= NOTED_AT
        since: float | None = None
        for place in range(len(self._looks) - 1, -1, -1):
            day = float(self._looks[place])
            due = high[place] and not last_two_clean(self._seen, day)
            if not due and low[place]:
                due = Floor.SITES not in entrenched_floors(self._seen, day).missing
            if not due:
                break
            since = day
        return since


def _epochs(
    history: History, names: tuple[str, ...], at: float
) -> Iterator[tuple[float, float, list[tuple[str, ...]]]]:
    """Yield (from, to, groups of names that were known to be one) for a provider."""
    if len(names) == 1:
        yield -INF, at, [names]
        return
    cuts = [day for day in history.link_days(names) if day <= at]
    inside = set(names)
    for begin, end in zip([-INF, *cuts], [*(day - 1e-9 for day in cuts), at], strict=True):
        groups = [group for group in history.components(begin) if inside & set(group)]
        yield begin, end, groups


def _with_probabilities(found: list[Assessment]) -> list[Assessment]:
    if not found:
        return []
    counts = np.array([_failed_sites(one) for one in found], float)
    mixture = fit(counts[:, 0], counts[:, 1])
    chances = mixture.probability(counts[:, 0], counts[:, 1])
    return [
        replace(one, p_systematic=round(float(chance), 4))
        for one, chance in zip(found, chances, strict=True)
    ]


def _failed_sites(one: Assessment) -> tuple[float, float]:
    """Return (failed, judged) as sums over the weeks' sites."""
    judged = one.verdict.weeks
    return float((judged.share * judged.sites).sum()), float(judged.sites.sum())


def _with_partners(method: Method, found: list[Assessment]) -> list[Assessment]:
    """Add to each provider the names that may be the same operator."""
    groups = perhaps_one(flows(method.history, method.at))
    if not groups:
        return found
    partners: dict[str, tuple[frozenset[str], float]] = {}
    for group in groups:
        seen = method.examine(tuple(sorted(group)), linked_at=-INF)
        e_value = float(_Track.of(seen.refusal, np.array([method.at])).frozen[0])
        partners |= dict.fromkeys(group, (group, e_value))
    made = []
    for one in found:
        mine = [partners[name] for name in one.names if name in partners]
        others = sorted({name for group, _ in mine for name in group} - set(one.names))
        made.append(
            replace(one, perhaps_with=tuple(others[:MOST_PARTNERS]), e_if_one=mine[0][1])
            if others
            else one
        )
    return made


__all__ = [
    "FEWEST_SITES",
    "Assessment",
    "Method",
    "Spell",
    "Verdict",
    "assess",
    "assess_group",
    "judge",
]
