"""An assessment as plain values: what `attribution assess` writes, one object a provider. Pure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attribution.data.escalation import next_step
from attribution.pattern.assess import Assessment, Spell
from attribution.pattern.labels import Label, strength
from attribution.pattern.tests import NOTED_AT, TestName
from attribution.pattern.times import moment


def as_row(one: Assessment, country: str | None = None) -> dict[str, Any]:
    """Return an assessment as JSON values.

    Days are dates (UTC): looks are made at midnight, with what was known by then. `first_flagged`
    says since when the provider meets the conditions; it was not named by that.
    """
    verdict = one.verdict
    counts = one.seen.refusal.admission.counts(verdict.at)
    cases = one.seen.record.cases
    step = next_step(one.now, country, hours=24 * _label_days(one), on=moment(verdict.at).date())
    share = verdict.weeks.share
    return {
        "provider": one.names[0],
        "names": list(one.names),
        "label": one.label.value,
        "now": one.now.value,
        "first_flagged": _date(one.standing[0].flagged if one.standing else None),
        "released": _date(one.standing[-1].released if one.standing else None),
        "flags": [flag(spell) for spell in one.spells],
        "p_systematic": one.p_systematic,
        "e_value": rounded(verdict.e_value),
        "evidence": verdict.strength.value,
        "tests": [test_row(one, name) for name in TestName],
        "noted_since": _date(one.noted_since),
        "weeks": len(verdict.weeks.week),
        "weeks_at_flag": one.standing[0].weeks if one.standing else None,
        "sites": len(np.unique(cases["site"][counts])),
        "cases": int((cases["sent"] <= verdict.at).sum()),
        "admitted": int(counts.sum()),
        "share_failed": round(float(share.mean()), 4) if len(share) else None,
        "floors_missing": list(verdict.nearest.lacking()),
        "floors_missing_codes": [floor.value for floor in verdict.nearest.missing],
        "dropped": one.dropped,
        "perhaps_with": list(one.perhaps_with),
        "e_if_one": None if one.e_if_one is None else rounded(one.e_if_one),
        "next_step": None if step is None else step.as_json(),
        "looked_at": _date(verdict.at),
    }


def test_row(one: Assessment, name: TestName) -> dict[str, Any]:
    """Return what one test says: E of the frozen blocks, E by all that is known, and what is
    missing.
    """
    found = one.verdict.evidence[name]
    floors = one.verdict.floors.get(name)
    threshold = NOTED_AT if name is TestName.DELAY else one.verdict.named_at
    return {
        "test": name.value,
        "e_frozen": rounded(found.frozen),
        "e_now": rounded(found.now),
        "threshold": threshold,
        "evidence": strength(found.value, threshold, NOTED_AT).value,
        "missing": [] if floors is None else list(floors.lacking()),
    }


def flag(spell: Spell) -> dict[str, Any]:
    """Return a flag as it stands in the record; it stays there when it is withdrawn."""
    return {
        "meets_conditions_since": _date(spell.flagged),
        "tests": sorted(name.value for name in spell.tests),
        "released": _date(spell.released),
        "withdrawn": _date(spell.withdrawn),
    }


def _label_days(one: Assessment) -> float:
    named = one.now is Label.SYSTEMATIC and one.spells
    begin = one.spells[-1].flagged if named else one.noted_since
    return 0.0 if begin is None else one.verdict.at - begin


def _date(day: float | None) -> str | None:
    return None if day is None or not math.isfinite(day) else f"{moment(math.ceil(day)):%Y-%m-%d}"


def rounded(value: float) -> float:
    """Round to four figures: E has no more to say."""
    return float(f"{value:.4g}")
