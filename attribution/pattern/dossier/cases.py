"""Every case of a dossier: receipt, what failed, who saw it, whether it counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from attribution.pattern.arrays import Ints
from attribution.pattern.history import History
from attribution.pattern.receipt import Proof
from attribution.pattern.signs import Comparison, Sign
from attribution.pattern.times import moment
from attribution.pattern.verdict import Assessment

_NOT_FAILED = "no check shows that the provider's address gave it when its time was over"
_SUSPENDED = "a legal ground was stated, and illegality is not confirmed: not counted at 60 days"


class _Seen(NamedTuple):
    """What one checker saw at one time of some URLs of a case."""

    case: int
    online: float
    checker: int
    server: int
    compared: int
    counts: bool


def time_text(day: float) -> str:
    """Return a time to the minute, ISO 8601 in UTC."""
    return f"{moment(float(day)):%Y-%m-%dT%H:%MZ}"


def cases(assessment: Assessment, history: History) -> Iterator[dict[str, Any]]:
    """Yield every case in the order of sending."""
    examination, at = assessment.examination, assessment.verdict.at
    record, blocks, clock = examination.record, examination.refusal, examination.receipt.clock
    counts = blocks.admission.counts(at)
    suspended = examination.entrenched.failure.disputed.covers(at)
    weight, case_of_url = record.urls["weight"], record.urls["case"]
    urls, failed, gone = (
        np.bincount(case_of_url, values, minlength=len(record.cases))
        for values in (
            weight,
            weight * blocks.failed(at),
            weight * examination.gone.seen_by(at),
        )
    )
    orders = record.signs_of(Sign.COURT_ORDER)
    orders = orders.take(orders["known"] <= at)
    order_at = dict(zip(orders["case"].tolist(), orders["at"].tolist(), strict=True))
    checks, sites = _checks(assessment, history), _site_numbers(record.cases["site"])
    for case in np.argsort(record.cases["sent"], kind="stable").tolist():
        if record.cases["sent"][case] > at:
            continue
        known = clock.known[case] <= at
        judged = bool(counts[case]) and blocks.close_of_case[case] <= at
        why_not_failed = [_NOT_FAILED] if judged and failed[case] == 0 and gone[case] == 0 else []
        why_not_failed += [_SUSPENDED] if suspended[case] else []
        reason = assessment.reasons[case]
        yield {
            "case": record.notices[case],
            "provider": history.title(history.names[record.cases["provider"][case]]),
            "site": int(sites[case]),
            "sent": time_text(record.cases["sent"][case]),
            "urls": int(urls[case]),
            "receipt": Proof(int(clock.proof[case]) if known else 0).line,
            "receipt_known": time_text(clock.known[case]) if known else None,
            "clock_started": time_text(clock.start[case]) if known else None,
            "bounced": bool(examination.receipt.bounce_known[case] <= at),
            "counts": bool(counts[case]),
            "why_not": None if reason is None else reason.value,
            "share_failed": round(float(failed[case] / urls[case]), 4) if judged else None,
            "why_not_failed": "; ".join(why_not_failed) or None,
            "urls_gone": int(gone[case]),
            "court_order": time_text(order_at[case]) if case in order_at else None,
            "checks": checks.get(case, []),
        }


def _site_numbers(site: Ints) -> Ints:
    """Number sites from 1 in the order in which they come: their names lead to content."""
    _, first, place = np.unique(site, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    return rank[place]


def _checks(assessment: Assessment, history: History) -> dict[int, list[dict[str, Any]]]:
    """Return what was seen of each case, a row for what a checker saw at one time of its URLs."""
    examination = assessment.examination
    checks = examination.record.checks
    columns = (
        examination.record.urls["case"][checks["url"]],
        checks["until"],
        checks["checker"],
        checks["server"],
        checks["compared"],
        examination.counted_checks,
    )
    known = checks["known"] <= assessment.verdict.at
    urls_of = Counter(map(_Seen, *(column[known].tolist() for column in columns)))
    rows: dict[int, list[dict[str, Any]]] = {}
    for seen, urls in sorted(urls_of.items()):
        rows.setdefault(seen.case, []).append(
            {
                "online": time_text(seen.online),
                "urls": urls,
                "checker": history.checkers[seen.checker] if seen.checker >= 0 else None,
                "served_by": history.title(history.names[seen.server])
                if seen.server >= 0
                else None,
                "compared": Comparison(seen.compared).line,
                "counts": seen.counts,
            }
        )
    return rows
