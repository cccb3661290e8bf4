"""Every provider of a history, looked at day by day with what was known on each: who is named since when, and until when. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from attribution.pattern.history import Arrays, History, days, moment
from attribution.pattern.mixture import fit
from attribution.pattern.verdict import Label, Verdict, judge, label_of

_FEWEST_BAD_WEEKS = 4
"""With fewer weeks that failed no bet reaches E = 20,000, whatever the order: nobody has to look day by day."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when a provider was named."""

    flagged: float
    weeks: int
    """How many weeks of evidence there were on the day of the flag."""
    released: float | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is to be said of one provider at a look."""

    names: tuple[str, ...]
    """The newest name first."""
    label: Label
    """`systematic` when it was ever named; `now` says how it stands today."""
    now: Label
    spells: tuple[Spell, ...]
    verdict: Verdict
    arrays: Arrays
    noted_since: float | None
    """Since when E has been at 20 or more without a break: from then on the letter is due."""
    p_systematic: float = 0.0
    dropped: dict[str, int] = field(default_factory=dict)
    """How many cases did not count, by reason."""

    @property
    def first_flagged(self) -> datetime | None:
        """The day on which it was first named."""
        return moment(self.spells[0].flagged) if self.spells else None

    @property
    def released(self) -> datetime | None:
        """The day on which it was last released, if it has not been named again since."""
        last = self.spells[-1].released if self.spells else None
        return None if last is None else moment(last)


def assess(history: History, at: datetime | None = None) -> list[Assessment]:
    """Assess every provider of a history as of a day: the last thing known in it where none is given."""
    look = np.ceil(history.last_known) if at is None else days(at)
    found = [_assess_one(history, names, look) for names in history.components(look)]
    return _with_probabilities(found)


def _assess_one(history: History, names: tuple[str, ...], look: float) -> Assessment:
    arrays = history.arrays(names)
    verdict = judge(arrays, look)
    spells: list[Spell] = []
    noted_since: float | None = None
    if _may_be_named(arrays, look):
        spells, noted_since = _walk(history, names, look)
    elif verdict.noted:
        noted_since = _noted_since(arrays, look)
    now: Label = label_of(arrays, look, verdict)
    if spells and spells[-1].released is None:
        now = "systematic"
    label: Label = "systematic" if spells else now
    found = verdict.admitted
    dropped = {
        "no proof of receipt": int(found.no_receipt.sum()), "bounced": int(found.bounced.sum()),
        "contact corrected later": int(found.voided.sum()), "a reseller's": int(found.reseller.sum()),
    }  # fmt: skip
    return Assessment(
        names,
        label,
        now,
        tuple(spells),
        verdict,
        arrays,
        noted_since,
        dropped={name: count for name, count in dropped.items() if count},
    )


def _may_be_named(arrays: Arrays, look: float) -> bool:
    """Say whether enough weeks could ever have counted against a provider, every doubt set aside."""
    failed = arrays.failed_known <= look
    if not failed.any():
        return False
    weeks = np.unique(arrays.week[arrays.case_of[failed]])
    return len(weeks) >= _FEWEST_BAD_WEEKS


def _walk(
    history: History, names: tuple[str, ...], look: float
) -> tuple[list[Spell], float | None]:
    """Look day by day, under the names that were known to be one on each; return when it was named, and since when it is noted."""
    spells: list[Spell] = []
    noted_since: float | None = None
    for begin, end, groups in _epochs(history, names, look):
        for group in groups:
            arrays = history.arrays(group)
            if not len(arrays.sent):
                continue
            # A later epoch's group holds the earlier ones: its spells go on, and its notes begin anew.
            noted_since = None if len(groups) > 1 else noted_since
            first = max(np.ceil(begin), np.floor(arrays.sent.min()) + 1)
            for day in history.news(arrays, first, np.floor(end)):
                verdict = judge(arrays, float(day))
                open_spell = bool(spells) and spells[-1].released is None
                if open_spell and verdict.clean and len(groups) == 1:
                    spells[-1] = replace(spells[-1], released=float(day))
                elif not open_spell and verdict.named:
                    spells.append(Spell(float(day), len(verdict.weeks.week)))
                noted_since = (
                    (noted_since if noted_since is not None else float(day))
                    if verdict.noted
                    else None
                )
    return sorted(spells, key=lambda one: one.flagged), noted_since


def _epochs(
    history: History, names: tuple[str, ...], look: float
) -> Iterator[tuple[float, float, list[tuple[str, ...]]]]:
    """Yield (from, to, groups of names that were known to be one) for a provider."""
    cuts = [day for day in history.link_days(names) if day <= look]
    begins, ends = [-np.inf, *cuts], [*(day - 1e-9 for day in cuts), look]
    inside = set(names)
    for begin, end in zip(begins, ends, strict=True):
        yield begin, end, [group for group in history.components(begin) if inside & set(group)]


def _noted_since(arrays: Arrays, look: float) -> float:
    """Return since when E has been noted without a break, looking back day by day."""
    day = look
    while day - 1 > arrays.sent.min() and judge(arrays, day - 1).noted:
        day -= 1
    return float(day)


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
