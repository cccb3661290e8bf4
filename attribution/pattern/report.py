"""An assessment as plain values: what `attribution assess` writes, one object a provider. Pure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attribution.data.escalation import next_step
from attribution.pattern.assess import Assessment
from attribution.pattern.history import moment


def as_row(one: Assessment, country: str | None = None) -> dict[str, Any]:
    """Return an assessment as JSON values. Days are dates (UTC): looks are made at midnight, with what was known by then."""
    verdict = one.verdict
    label_days = _label_days(one)
    step = next_step(one.now, country, label_days)
    return {
        "provider": one.names[0],
        "names": list(one.names),
        "label": one.label,
        "now": one.now,
        "first_flagged": _date(one.spells[0].flagged if one.spells else None),
        "released": _date(one.spells[-1].released if one.spells else None),
        "p_systematic": one.p_systematic,
        "e_value": _rounded(verdict.e_value),
        "highest_e_value": _rounded(verdict.highest),
        "noted_since": _date(one.noted_since),
        "weeks": len(verdict.weeks.week),
        "weeks_at_flag": one.spells[0].weeks if one.spells else None,
        "sites": len(np.unique(one.arrays.site[verdict.admitted.admitted])),
        "cases": len(one.arrays.sent),
        "admitted": int(verdict.admitted.admitted.sum()),
        "share_failed": round(float(verdict.weeks.share.mean()), 4)
        if len(verdict.weeks.share)
        else None,
        "floors_missing": list(verdict.floors.missing),
        "dropped": one.dropped,
        "next_step": None
        if step is None
        else {"step": step.step, "basis": step.basis, "since": step.since},
        "looked_at": _date(verdict.at),
    }


def _label_days(one: Assessment) -> float:
    begin = one.spells[-1].flagged if one.now == "systematic" and one.spells else one.noted_since
    return 0.0 if begin is None else one.verdict.at - begin


def _date(day: float | None) -> str | None:
    return None if day is None or not math.isfinite(day) else f"{moment(math.ceil(day)):%Y-%m-%d}"


def _rounded(value: float) -> float:
    """Round to four figures: E has no more to say."""
    return float(f"{value:.4g}")
