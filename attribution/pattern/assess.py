"""Assesses every provider of a history: label, evidence, and since when it is flagged. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np

from attribution.pattern.cohort import Cohort
from attribution.pattern.examination import Examination
from attribution.pattern.flags import flags_of
from attribution.pattern.floors import FLOORS, Floor
from attribution.pattern.history import History
from attribution.pattern.labels import (
    DELAYING_AT_MOST,
    FEWEST_SITES_FOR_A_LABEL,
    Label,
    speed,
    unanswering,
    unreachable,
)
from attribution.pattern.mixture import fit
from attribution.pattern.operators import MOST_PARTNERS, flows, possible_operators
from attribution.pattern.tests import NOTED_AT, TestName
from attribution.pattern.times import ALWAYS, Day, days
from attribution.pattern.verdict import Assessment, Evidence, Track, Verdict, tracks

Progress = Callable[[int, int], None]
"""Called with how many providers are done, of how many."""


def assess(
    history: History, at: datetime | None = None, progress: Progress = lambda done, of: None
) -> list[Assessment]:
    """Assess every provider of a history as of a date, by default that of the last known event."""
    cohort = Cohort(history, date_of(history, at))
    groups = history.components(cohort.at)
    assessments = []
    for done, names in enumerate(groups, start=1):
        assessments.append(assess_group(cohort, names))
        progress(done, len(groups))
    return _with_partners(cohort, _with_probabilities(assessments))


def date_of(history: History, at: datetime | None) -> Day:
    """Return the date of an assessment: the end of the day of the last known event by default."""
    return Day(float(np.ceil(history.last_known))) if at is None else days(at)


def assess_group(cohort: Cohort, names: tuple[str, ...]) -> Assessment:
    """Assess one provider under the names that are one at the date."""
    examination = cohort.examine(names)
    verdict = judge(examination, cohort.at, cohort.named_at)
    flags, noted_since = flags_of(cohort, examination, names)
    flagged = bool(flags) and flags[-1].open
    return Assessment(
        names=names,
        now=Label.SYSTEMATIC if flagged else label_of(examination, verdict),
        flags=flags,
        verdict=verdict,
        examination=examination,
        noted_since=noted_since if verdict.noted else None,
    )


def judge(examination: Examination, at: Day, named_at: float) -> Verdict:
    """Judge a provider with what was known at a date, without what was on days before."""
    evidence = {
        name: Evidence(float(track.frozen[0]), float(track.now[0]))
        for name, track in tracks(examination, np.array([at])).items()
    }
    floors = {name: floors_at(examination, at) for name, floors_at in FLOORS.items()}
    return Verdict(
        at=at,
        evidence=evidence,
        floors=floors,
        weeks=examination.refusal.now(at),
        # Of refusal not after two clean weeks, of entrenchment only where 6 sites failed.
        noted=any(
            evidence[name].value >= NOTED_AT and excluded_by not in floors[name].missing
            for name, excluded_by in (
                (TestName.REFUSAL, Floor.LAST_TWO_CLEAN),
                (TestName.ENTRENCHED, Floor.SITES),
            )
        ),
        named_at=named_at,
    )


def label_of(examination: Examination, verdict: Verdict) -> Label:
    """Return the label that a verdict alone gives; `systematic` needs a flag."""
    at = verdict.at
    counts = examination.refusal.admission.counts(at)
    sites = len(np.unique(examination.record.cases["site"][counts]))
    if verdict.noted and sites >= FEWEST_SITES_FOR_A_LABEL:
        return Label.NON_RESPONSIVE
    if unreachable(examination, at):
        return Label.UNREACHABLE
    if unanswering(examination, at):
        return Label.UNANSWERING
    if sites < FEWEST_SITES_FOR_A_LABEL:
        return Label.INSUFFICIENT
    share = verdict.weeks.share
    late = float(share.mean()) if len(share) else 0.0
    if verdict.evidence[TestName.DELAY].value >= NOTED_AT and late <= DELAYING_AT_MOST:
        return Label.DELAYING
    return speed(examination, at)


def _with_probabilities(assessments: list[Assessment]) -> list[Assessment]:
    """Add to each provider how likely it is one that does not act."""
    if not assessments:
        return []
    weeks = [assessment.verdict.weeks for assessment in assessments]
    failed = np.array([float((week.share * week.sites).sum()) for week in weeks])
    sites = np.array([float(week.sites.sum()) for week in weeks])
    chances = fit(failed, sites).probability(failed, sites)
    return [
        replace(assessment, p_systematic=round(float(chance), 4))
        for assessment, chance in zip(assessments, chances, strict=True)
    ]


def _with_partners(cohort: Cohort, assessments: Iterable[Assessment]) -> list[Assessment]:
    """Add to each provider the names that may be the same operator, and E if they were."""
    partners: dict[str, tuple[frozenset[str], float]] = {}
    for group in possible_operators(flows(cohort.history, cohort.at)):
        examination = cohort.examine(tuple(sorted(group)), linked_at=ALWAYS)
        track = Track.of(examination.refusal, np.array([cohort.at]))
        partners |= dict.fromkeys(group, (group, float(track.frozen[0])))
    result = []
    for assessment in assessments:
        groups = [partners[name] for name in assessment.names if name in partners]
        others = sorted({name for group, _ in groups for name in group} - set(assessment.names))
        if others:
            assessment = replace(
                assessment, perhaps_with=tuple(others[:MOST_PARTNERS]), e_if_one=groups[0][1]
            )
        result.append(assessment)
    return result


__all__ = ["Assessment", "Cohort", "Verdict", "assess", "assess_group", "judge"]
