"""How long content stayed after the notice, by what it ended, and what waiting cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution.pattern.arrays import INF, Floats, Ints, least_of_each
from attribution.pattern.curves import Curve, aalen_johansen, turnbull
from attribution.pattern.signs import EndKind, Sign
from attribution.pattern.times import Day
from attribution.pattern.verdict import Assessment

_RESAMPLES = 200
_MOST_RESAMPLED = 20_000
"""URLs of which resamples are drawn: of more the interval is narrow, and would take long."""
_ENOUGH_OF_A_DRAW = 1e-5
"""Its quantiles are rounded to 1e-4."""
_SEED = 14
_DAYS = (0.25, 0.5, 1, 2, 3, 5, 7, 14, 30, 60, 90)
_DAYS_OF_CAUSES = (1, 7, 14, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """How long each URL stayed, in days after the notice: the end lies in (left, right]."""

    left: Floats
    """Last seen online."""
    right: Floats
    """First seen gone; inf while it is not."""
    site: Ints
    cause: Ints
    """`EndKind`; 0 while it is not gone."""

    @classmethod
    def of(cls, assessment: Assessment) -> Stays:
        """Return the stays of every URL that was noticed one by one."""
        examination, at = assessment.examination, assessment.verdict.at
        record, gone = examination.record, examination.gone
        case = record.urls["case"]
        start = _counted_from(assessment)[case]
        left = np.clip(np.minimum(examination.last_on, at) - start, 0, None)
        ended = gone.seen_by(at)
        right = np.where(ended, np.maximum(gone.at - start, left), INF)
        noticed = (record.urls["weight"] == 1) & (record.cases["sent"][case] <= at)
        return cls(
            left=left[noticed],
            right=right[noticed],
            site=record.cases["site"][case][noticed],
            cause=np.where(ended, gone.way, 0)[noticed],
        )


def _counted_from(assessment: Assessment) -> Floats:
    """Return of each case from when its days count: its clock, or the notice where none started."""
    start = assessment.examination.receipt.clock.start
    return np.where(np.isfinite(start), start, assessment.examination.record.cases["sent"])


def removal(assessment: Assessment) -> dict[str, Any]:
    """Return the median time to removal, and the curve at chosen days with its 95 % interval."""
    stays = Stays.of(assessment)
    if not len(stays.left):
        return {"urls": 0, "median_days": None, "curve": []}
    curve = turnbull(stays.left, stays.right)
    median = curve.quantile(0.5)
    rows = curve_rows(curve)
    draws = _draws(stays)
    if draws:
        for row in rows:
            low, high = np.array([draw.by(row["days"]) for draw in draws]).T
            row["low"] = round(float(np.quantile(low, 0.025)), 4)
            row["high"] = round(float(np.quantile(high, 0.975)), 4)
    return {
        "urls": len(stays.left),
        "median_days": None if median is None else [round(end, 3) for end in median],
        "curve": rows,
    }


def curve_rows(curve: Curve) -> list[dict[str, float]]:
    """Return the least and the most that was gone by chosen days."""
    return [
        {"days": day, "gone_at_least": round(least, 4), "gone_at_most": round(most, 4)}
        for day, (least, most) in ((day, curve.by(day)) for day in _DAYS)
    ]


def _draws(stays: Stays) -> list[Curve]:
    """Return curves of resampled sites, the same each time; none where they would say nothing."""
    chance = np.random.default_rng(_SEED)
    sites = np.unique(stays.site)
    if len(sites) < 2 or len(stays.left) > _MOST_RESAMPLED:
        return []
    order = np.argsort(stays.site, kind="stable")
    rows_of = np.split(order, np.searchsorted(stays.site[order], sites[1:]))
    draws = []
    for _ in range(_RESAMPLES):
        drawn = chance.integers(0, len(rows_of), len(rows_of))
        rows = np.concatenate([rows_of[number] for number in drawn])
        left, right = _rounded(stays.left[rows]), _rounded(stays.right[rows])
        draws.append(turnbull(left, right, enough=_ENOUGH_OF_A_DRAW))
    return draws


def median_removal(assessment: Assessment) -> tuple[float, float] | None:
    """Return the interval, in days after the notice, in which half of the URLs were gone.

    None where half were not gone yet.
    """
    stays = Stays.of(assessment)
    if not len(stays.left):
        return None
    return turnbull(_rounded(stays.left), _rounded(stays.right)).quantile(0.5)


def removal_of_others(others: Iterable[Assessment]) -> list[dict[str, float]]:
    """Return the curve of several providers together: with what a provider is compared."""
    stays = [Stays.of(other) for other in others]
    left = np.concatenate([np.array([]), *(stay.left for stay in stays)])
    right = np.concatenate([np.array([]), *(stay.right for stay in stays)])
    return curve_rows(turnbull(_rounded(left), _rounded(right))) if len(left) else []


def _rounded(times: Floats) -> Floats:
    """Round to quarters of an hour, so that there are few different intervals."""
    return np.asarray(np.where(np.isfinite(times), np.round(times * 96) / 96, times), float)


def causes(assessment: Assessment) -> list[dict[str, Any]]:
    """Return by when how many were gone, by cause, the others taken into account."""
    stays = Stays.of(assessment)
    if not len(stays.left):
        return []
    time = np.where(np.isfinite(stays.right), stays.right, stays.left)
    times, incidence = aalen_johansen(time, stays.cause, len(EndKind))
    rows = []
    for day in _DAYS_OF_CAUSES:
        place = int(np.searchsorted(times, day, side="right")) - 1
        shares = incidence[:, place] if place >= 0 else np.zeros(len(EndKind))
        of_cause = {
            kind.line: round(float(share), 4) for kind, share in zip(EndKind, shares, strict=True)
        }
        rows.append({"days": day, **of_cause})
    return rows


def waiting(assessment: Assessment) -> dict[str, Any]:
    """Return the URL-days for which content is known to have been online after the notice.

    And those between notice and a court's order.
    """
    examination, at = assessment.examination, assessment.verdict.at
    record = examination.record
    case = record.urls["case"]
    order_at = court_orders(assessment, at)
    noticed = (record.urls["weight"] == 1) & (record.cases["sent"][case] <= at)
    start, last = _counted_from(assessment)[case], np.minimum(examination.last_on, at)
    online = np.clip(last - start, 0, None) * noticed
    until_order = np.clip(np.minimum(last, order_at[case]) - start, 0, None) * noticed
    has_order = np.isfinite(order_at)
    return {
        "url_days_online": round(float(online.sum()), 1),
        "cases_with_order": int(has_order.sum()),
        "url_days_between_notice_and_order": round(float(until_order[has_order[case]].sum()), 1),
    }


def court_orders(assessment: Assessment, at: Day) -> Floats:
    """Return when a court ordered the removal of each case, as far as known; inf where none did."""
    record = assessment.examination.record
    orders = record.signs_of(Sign.COURT_ORDER)
    orders = orders.take((orders["known"] <= at) & (orders["at"] <= at))
    return least_of_each(orders["case"], len(record.cases), orders["at"])
