"""A provider's dossier: everything that the label rests on, case by case, as plain values. Pure, and the same for the same history and day."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np

from attribution.pattern.assess import Assessment, assess
from attribution.pattern.betting import NAMED_AT, NOTED_AT, P0
from attribution.pattern.curves import Curve, aalen_johansen, turnbull
from attribution.pattern.history import (
    FAILED_AFTER,
    Arrays,
    Floats,
    History,
    days,
    moment,
    week_start,
)
from attribution.pattern.report import as_row

REPLY_DAYS = 14
_RESAMPLES = 200
_ENOUGH_OF_A_DRAW = 1e-5
"""Its quantiles are rounded to 1e-4."""
_DAYS = (0.25, 0.5, 1, 2, 3, 5, 7, 14, 30, 60, 90)
CAUSES = ("removed by the provider", "removed after a court's order", "moved to another host")
_HOW = {"offline": 1, "removed_after_court_order": 2, "moved_to_other_host": 3}


def dossier(
    history: History, name: str, at: datetime | None = None, country: str | None = None
) -> dict[str, Any]:
    """Return the dossier of a provider under any of its names. Raises KeyError where the history has no such name."""
    look = float(np.ceil(history.last_known)) if at is None else days(at)
    one = next((one for one in assess(history, moment(look)) if name in one.names), None)
    if one is None:
        raise KeyError(name)
    return dossier_of(one, history, country)


def dossier_of(one: Assessment, history: History, country: str | None = None) -> dict[str, Any]:
    """Return the dossier of a provider that was assessed already, as of the day on which it was."""
    look = one.verdict.at
    arrays, verdict = one.arrays, one.verdict
    return {
        "format": 1,
        "assessment": as_row(one, country),
        "thresholds": {"p0": P0, "named_at": NAMED_AT, "noted_at": NOTED_AT, "failed_after_days": FAILED_AFTER},
        "spells": [{"flagged": _date(spell.flagged), "released": _date(spell.released), "weeks": spell.weeks} for spell in one.spells],
        "timeline": _timeline(one, history, look),
        "weeks": [
            {"week": _date(week_start(float(week))), "share_failed": round(float(share), 4), "sites": int(sites), "e_value": _four(e)}
            for week, share, sites, e in zip(verdict.weeks.week, verdict.weeks.share, verdict.weeks.sites, verdict.e_values, strict=True)
        ],
        "removal": _removal(arrays, look),
        "causes": _causes(arrays, look),
        "waiting": _waiting(arrays, look),
        "cases": list(_cases(one, look)),
        "contacts": {
            "acknowledgements": _times(arrays.acks, look), "confirmed": _times(arrays.confirmed, look),
            "corrected": _times(arrays.corrected, look),
        },
        "replies": [
            {"at": _time(when), "said": said}
            for when, said in sorted(
                {(when, said) for track in one.names if track in history.tracks for when, known, said in history.tracks[track].replies if known <= look}
            )
        ],
    }  # fmt: skip


def contest(
    history: History, name: str, without: Iterable[str], at: datetime | None = None
) -> dict[str, Any]:
    """Decide again without some cases; say whether the label stands, and by what margin. Raises KeyError."""
    look = float(np.ceil(history.last_known)) if at is None else days(at)
    gone = set(without)
    known = {case.notice for track in history.tracks.values() for case in track.cases}
    unknown = sorted(gone - known)
    before = next((one for one in assess(history, moment(look)) if name in one.names), None)
    if before is None:
        raise KeyError(name)
    after = next(
        (one for one in assess(history.without(gone), moment(look)) if name in one.names), None
    )
    label = "insufficient" if after is None else after.now
    return {
        "provider": before.names[0],
        "at": _date(look),
        "without": sorted(gone - set(unknown)),
        "unknown": unknown,
        "label_before": before.now,
        "label_after": label,
        "stands": before.now == label,
        "e_value_before": _four(before.verdict.highest),
        "e_value_after": _four(after.verdict.highest) if after else 1.0,
        "margin": None
        if after is None
        else round(math.log10(max(after.verdict.highest, 1e-12) / NAMED_AT), 2),
        "floors_missing": [] if after is None else list(after.verdict.floors.missing),
    }


def _timeline(one: Assessment, history: History, look: float) -> list[dict[str, str]]:
    """Return what happened when, in order: from the first notice to the label's end."""
    arrays = one.arrays
    found = [
        (float(arrays.sent.min()), "the first notice was sent"),
        (float(arrays.sent.max()), "the last notice was sent"),
    ]
    for pairs, what in (
        (arrays.confirmed, "the contact was confirmed by a second channel"),
        (arrays.corrected, "the contact was corrected"),
    ):
        found += [(float(when), what) for when, known in zip(*pairs, strict=True) if known <= look]
    found += [
        (float(at), "a court ordered removal") for at in arrays.order_at[arrays.order_at <= look]
    ]
    found += [
        (when, "the provider replied")
        for name in one.names if name in history.tracks for when, known, _ in history.tracks[name].replies if known <= look
    ]  # fmt: skip
    if one.noted_since is not None:
        found.append((one.noted_since, "non-responsive since this day"))
    for spell in one.spells:
        found.append((spell.flagged, "the pattern became systematic"))
        if spell.released is not None:
            found.append((spell.released, "six clean weeks ended the label"))
    return [{"at": _time(at), "what": what} for at, what in sorted(set(found)) if at <= look]


def _cases(one: Assessment, look: float) -> Iterable[dict[str, Any]]:
    """Yield every case in the order of sending: how it was proven to be received, what share failed, and whether it counts."""
    arrays, found = one.arrays, one.verdict.admitted
    reasons = (
        (found.reseller, "a known reseller answers for it"), (found.voided, "sent to a contact that was corrected later"),
        (found.bounced, "bounced, and no contact was confirmed before"), (found.no_receipt, "no proof of receipt"),
    )  # fmt: skip
    for number in np.argsort(arrays.sent, kind="stable"):
        if arrays.sent[number] > look:
            continue
        mine = arrays.case_of == number
        weight = arrays.weight[mine]
        failed = arrays.failed_known[mine] <= look
        gone = (arrays.gone[mine] <= look) & (arrays.gone_known[mine] <= look)
        ripe = arrays.start[number] + FAILED_AFTER + 1 <= look
        yield {
            "case": arrays.notice[number],
            "site": int(arrays.site[number]) + 1,
            "sent": _time(arrays.sent[number]),
            "urls": int(weight.sum()),
            "receipt": "this notice was acknowledged" if arrays.receipt_known[number] <= look else
            "bounced" if arrays.bounced_known[number] <= look else "by the contact's other answers" if found.admitted[number] else "not proven",
            "counts": bool(found.admitted[number]),
            "why_not": next((why for mask, why in reasons if mask[number]), None),
            "share_failed": round(float((failed * weight).sum() / weight.sum()), 4) if ripe else None,
            "urls_gone": int((gone * weight).sum()),
            "court_order": _time(arrays.order_at[number]) if arrays.order_at[number] <= look else None,
        }  # fmt: skip


def _removal(arrays: Arrays, look: float) -> dict[str, Any]:
    """Return how long URLs stayed after the notice: the median, and the curve at chosen days with its 95 % interval."""
    left, right, group = _intervals(arrays, look)
    if not len(left):
        return {"urls": 0, "median_days": None, "curve": []}
    curve = turnbull(left, right)
    middle = curve.quantile(0.5)
    chance = np.random.default_rng(14)
    groups = np.unique(group)
    rows = [np.flatnonzero(group == one) for one in groups]
    drawn: list[Curve] = []
    for _ in range(_RESAMPLES if len(groups) > 1 else 0):
        taken = np.concatenate(
            [rows[number] for number in chance.integers(0, len(rows), len(rows))]
        )
        drawn.append(turnbull(_grid(left[taken]), _grid(right[taken]), enough=_ENOUGH_OF_A_DRAW))
    table = []
    for day in _DAYS:
        low, high = curve.by(day)
        row = {"days": day, "gone_at_least": round(low, 4), "gone_at_most": round(high, 4)}
        if drawn:
            row["low"], row["high"] = (
                round(float(np.quantile([one.by(day)[side] for one in drawn], share)), 4)
                for side, share in ((0, 0.025), (1, 0.975))
            )
        table.append(row)
    return {
        "urls": len(left),
        "median_days": None if middle is None else [round(one, 3) for one in middle],
        "curve": table,
    }


def median_removal(one: Assessment) -> tuple[float, float] | None:
    """Return the interval, in days after the notice, in which half of a provider's URLs were gone; None where it was not seen."""
    left, right, _ = _intervals(one.arrays, one.verdict.at)
    return turnbull(_grid(left), _grid(right)).quantile(0.5) if len(left) else None


def removal_of_others(others: Iterable[Assessment], look: float) -> list[dict[str, Any]]:
    """Return the curve of removal of several providers together, at the days of a dossier's: what one is held against."""
    found = [_intervals(one.arrays, look)[:2] for one in others]
    left, right = (
        np.concatenate([pair[side] for pair in found]) if found else np.array([]) for side in (0, 1)
    )
    if not len(left):
        return []
    curve = turnbull(_grid(left), _grid(right))
    rows = [(day, *curve.by(day)) for day in _DAYS]
    return [
        {"days": day, "gone_at_least": round(low, 4), "gone_at_most": round(high, 4)}
        for day, low, high in rows
    ]


def _grid(times: Floats) -> Floats:
    """Round to quarters of an hour, so that a resample has few distinct intervals."""
    return np.asarray(np.where(np.isfinite(times), np.round(times * 96) / 96, times), float)


def _intervals(arrays: Arrays, look: float) -> tuple[Floats, Floats, np.ndarray]:
    """Return (last seen, first seen gone, site) of every URL, in days after the notice; inf while it is not gone."""
    case = arrays.case_of
    one = (arrays.weight == 1) & (arrays.sent[case] <= look)
    gone = (arrays.gone <= look) & (arrays.gone_known <= look)
    left = np.clip(np.minimum(arrays.last_on, look) - arrays.start[case], 0, None)
    right = np.where(gone, np.maximum(arrays.gone - arrays.start[case], left), np.inf)
    return left[one], right[one], arrays.site[case][one]


def _causes(arrays: Arrays, look: float) -> list[dict[str, Any]]:
    """Return by when how many were gone, by cause, the others taken into account."""
    left, right, _ = _intervals(arrays, look)
    if not len(left):
        return []
    one = (arrays.weight == 1) & (arrays.sent[arrays.case_of] <= look)
    how = np.array([_HOW.get(name, 0) for name in arrays.gone_how])[one]
    cause = np.where(np.isfinite(right), how, 0)
    times, incidence = aalen_johansen(np.where(np.isfinite(right), right, left), cause, len(CAUSES))
    found = []
    for day in (1, 7, 14, 30, 90):
        place = int(np.searchsorted(times, day, side="right")) - 1
        shares = incidence[:, place] if place >= 0 else np.zeros(len(CAUSES))
        found.append(
            {
                "days": day,
                **{
                    name: round(float(share), 4) for name, share in zip(CAUSES, shares, strict=True)
                },
            }
        )
    return found


def _waiting(arrays: Arrays, look: float) -> dict[str, Any]:
    """Return the URL-days that content is known to have been online after the notice; and between notice and a court's order."""
    case = arrays.case_of
    online = np.clip(np.minimum(arrays.last_on, look) - arrays.start[case], 0, None) * (
        arrays.weight == 1
    )
    ordered = arrays.order_at[case] <= look
    until = np.clip(
        np.minimum(np.minimum(arrays.last_on, arrays.order_at[case]), look) - arrays.start[case],
        0,
        None,
    )
    return {
        "url_days_online": round(float(online.sum()), 1),
        "cases_with_order": int((arrays.order_at <= look).sum()),
        "url_days_between_notice_and_order": round(
            float((until * ordered * (arrays.weight == 1)).sum()), 1
        ),
    }


def _times(pairs: tuple[Floats, Floats], look: float) -> list[str]:
    return sorted(_time(when) for when, known in zip(*pairs, strict=True) if known <= look)


def _time(day: float) -> str:
    return f"{moment(float(day)):%Y-%m-%dT%H:%MZ}"


def _date(day: float | None) -> str | None:
    return None if day is None else f"{moment(math.ceil(day)):%Y-%m-%d}"


def _four(value: float) -> float:
    return float(f"{value:.4g}")
