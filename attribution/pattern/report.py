"""An assessment as plain values: what `attribution assess` writes, one object a provider. Pure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attribution.data.escalation import next_step
from attribution.pattern.labels import Label, Strength
from attribution.pattern.tests import NOTED_AT, TestName
from attribution.pattern.times import moment
from attribution.pattern.verdict import Assessment, Flag


def as_row(assessment: Assessment, country: str | None = None) -> dict[str, Any]:
    """Return an assessment as JSON values.

    Days are dates (UTC): assessments are made at midnight, with what was known by then.
    `first_flagged` says since when the provider meets the conditions; it was not named by that.
    """
    verdict = assessment.verdict
    counts = assessment.examination.refusal.admission.counts(verdict.at)
    cases = assessment.examination.record.cases
    standing = assessment.standing
    share = verdict.weeks.share
    e_if_one = assessment.e_if_one
    return {
        "provider": assessment.names[0],
        "names": list(assessment.names),
        "label": assessment.label.value,
        "now": assessment.now.value,
        "first_flagged": date_text(standing[0].since if standing else None),
        "released": date_text(standing[-1].released if standing else None),
        "flags": [flag_row(flag) for flag in assessment.flags],
        "p_systematic": assessment.p_systematic,
        "e_value": rounded(verdict.e_value),
        "evidence": verdict.strength.value,
        "tests": [test_row(assessment, name) for name in TestName],
        "noted_since": date_text(assessment.noted_since),
        "weeks": len(verdict.weeks.week),
        "weeks_at_flag": standing[0].weeks if standing else None,
        "sites": len(np.unique(cases["site"][counts])),
        "cases": int((cases["sent"] <= verdict.at).sum()),
        "admitted": int(counts.sum()),
        "share_failed": round(float(share.mean()), 4) if len(share) else None,
        "floors_missing": verdict.nearest.sentences(),
        "floors_missing_codes": [floor.value for floor in verdict.nearest.missing],
        "dropped": assessment.dropped,
        "perhaps_with": list(assessment.perhaps_with),
        "e_if_one": None if e_if_one is None else rounded(e_if_one),
        "next_step": _next_step(assessment, country),
        "looked_at": date_text(verdict.at),
    }


def test_row(assessment: Assessment, name: TestName) -> dict[str, Any]:
    """Return what one test says: E of frozen blocks, E by all that is known, what is missing."""
    evidence = assessment.verdict.evidence[name]
    floors = assessment.verdict.floors.get(name)
    threshold = NOTED_AT if name is TestName.DELAY else assessment.verdict.named_at
    return {
        "test": name.value,
        "e_frozen": rounded(evidence.frozen),
        "e_now": rounded(evidence.now),
        "threshold": threshold,
        "evidence": Strength.of(evidence.value, threshold).value,
        "missing": [] if floors is None else floors.sentences(),
    }


def flag_row(flag: Flag) -> dict[str, Any]:
    """Return a flag as it stands in the record; it stays there when it is withdrawn."""
    return {
        "meets_conditions_since": date_text(flag.since),
        "tests": sorted(name.value for name in flag.tests),
        "released": date_text(flag.released),
        "withdrawn": date_text(flag.withdrawn),
    }


def _next_step(assessment: Assessment, country: str | None) -> dict[str, Any] | None:
    """Return what may be done about a provider in a country, by how long it has had its label."""
    flagged = assessment.now is Label.SYSTEMATIC and assessment.flags
    begin = assessment.flags[-1].since if flagged else assessment.noted_since
    days = 0.0 if begin is None else assessment.verdict.at - begin
    today = moment(assessment.verdict.at).date()
    step = next_step(assessment.now, country, hours=24 * days, on=today)
    return None if step is None else step.as_json()


def date_text(day: float | None) -> str | None:
    """Return the date of the first midnight (UTC) from a time on; None for never."""
    return None if day is None or not math.isfinite(day) else f"{moment(math.ceil(day)):%Y-%m-%d}"


def rounded(value: float) -> float:
    """Round to four figures: E has no more to say."""
    return float(f"{value:.4g}")
