"""A provider's dossier: everything that the label rests on, case by case, as plain values.

Pure, and the same bytes for the same history and day. What others' histories say (the chance that a
provider does not act, names that may be one with it) is no part of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np

from attribution.pattern.assess import Assessment, Method, assess_group, look_of
from attribution.pattern.curves import Curve, aalen_johansen, turnbull
from attribution.pattern.failure import Gone
from attribution.pattern.history import By, History, Sign, Way
from attribution.pattern.receipt import Proof
from attribution.pattern.report import as_row
from attribution.pattern.tests import NOTED_AT, REFUSAL, TESTS
from attribution.pattern.times import Floats, Ints, moment, week_start

REPLY_DAYS = 14
_RESAMPLES = 200
_MOST_RESAMPLED = 20_000
"""URLs of which resamples are drawn: of more the interval is narrow, and would take long."""
_ENOUGH_OF_A_DRAW = 1e-5
"""Its quantiles are rounded to 1e-4."""
_DAYS = (0.25, 0.5, 1, 2, 3, 5, 7, 14, 30, 60, 90)
CAUSES = ("removed by the provider", "removed after a court's order", "moved to another host")
_WORDS_OF_PROOF = {
    Proof.NONE: "not proven",
    Proof.ACK_AUTOMATIC: "a program acknowledged this notice",
    Proof.ACK: "a person acknowledged this notice",
    Proof.REPLY: "a person answered this notice",
    Proof.REFUSED: "the provider refused",
    Proof.NOT_OURS: "the provider answered that it is not in its network",
    Proof.DELIVERED: "the provider's mail server took it",
    Proof.OPENED: "it was displayed",
    Proof.LETTER: "a letter that lists it was delivered",
    Proof.CONFIRMATION: "the mailbox was confirmed by a second channel within 45 days",
    Proof.OTHER_ANSWER: "the mailbox answered another notice within 14 days",
}
_WORDS_OF_COMPARISON = {
    By.NOT_SAID: "not said",
    By.STATUS: "status",
    By.CONTENT: "content",
    By.PERSON: "person",
}
_WORDS_OF_CONTACT = {
    Sign.CONTACT_CONFIRMED: "the contact was confirmed by a second channel",
    Sign.CORRECTED_BY_HOTLINE: "the hotline corrected the contact",
    Sign.CORRECTED_BY_PROVIDER: "the provider asked for another contact",
    Sign.CHANNEL_FAILED: "another channel reached nobody",
    Sign.LETTER: "a letter was delivered",
    Sign.REPLY: "the provider replied",
}
_NOT_FAILED = "no check shows that the provider's address gave it when its time was over"
_SUSPENDED = "a legal ground was stated, and illegality is not confirmed: not counted at 60 days"


def dossier(
    history: History, name: str, at: datetime | None = None, country: str | None = None
) -> dict[str, Any]:
    """Return the dossier of a provider under any of its names. Raises KeyError where the history
    has no such name.
    """
    one = assessment_of(history, name, look_of(history, at))
    if one is None:
        raise KeyError(name)
    return dossier_of(one, history, country)


def assessment_of(history: History, name: str, look: float) -> Assessment | None:
    """Return one provider's assessment alone; None where the history has no such name by then."""
    names = next((group for group in history.components(look) if name in group), None)
    if names is None:
        return None
    one = assess_group(Method(history, look), names)
    return one if (one.seen.record.cases["sent"] <= look).any() else None


def dossier_of(one: Assessment, history: History, country: str | None = None) -> dict[str, Any]:
    """Return the dossier of a provider that was assessed already, as of the day on which it was."""
    look = one.verdict.at
    assessed = as_row(one, country)
    for of_others in ("p_systematic", "perhaps_with", "e_if_one"):
        assessed.pop(of_others)
    return {
        "format": 2,
        "log": history.log,
        "company": history.title(one.names[0]),
        "also_called": [history.title(name) for name in one.names[1:]],
        "assessment": assessed,
        "thresholds": {
            "p0": REFUSAL.p,
            "named_at": one.verdict.named_at,
            "noted_at": NOTED_AT,
            "failed_after_days": REFUSAL.horizon,
            "tests": [
                {"test": test.name.value, "days": test.horizon, "weeks": test.weeks, "p": test.p}
                for test in TESTS
            ],
        },
        "flags": assessed["flags"],
        "timeline": _timeline(one, history, look),
        "weeks": _weeks(one, look),
        "removal": _removal(one, look),
        "causes": _causes(one, look),
        "waiting": _waiting(one, look),
        "cases": list(_cases(one, history, look)),
        "contacts": _contacts(one, look),
        "replies": [
            {"at": _time(when), "said": said} for when, said in _replies(one, history, look)
        ],
    }


def contest(
    history: History, name: str, without: Iterable[str], at: datetime | None = None
) -> dict[str, Any]:
    """Decide again without some cases; say whether the label stands, and by what margin. Raises
    KeyError.
    """
    look = look_of(history, at)
    gone = set(without)
    unknown = sorted(gone - history.notices)
    before = assessment_of(history, name, look)
    if before is None:
        raise KeyError(name)
    after = assessment_of(history.without(gone), name, look)
    threshold = before.verdict.named_at
    return {
        "provider": before.names[0],
        "at": _date(look),
        "without": sorted(gone - set(unknown)),
        "unknown": unknown,
        "label_before": before.now.value,
        "label_after": "insufficient" if after is None else after.now.value,
        "stands": before.now.value == ("insufficient" if after is None else after.now.value),
        "e_value_before": _four(before.verdict.e_value),
        "e_value_after": _four(after.verdict.e_value) if after else 1.0,
        "margin": None
        if after is None
        else round(math.log10(max(after.verdict.e_value, 1e-12) / threshold), 2),
        "floors_missing": [] if after is None else list(after.verdict.nearest.lacking()),
    }


def _weeks(one: Assessment, look: float) -> list[dict[str, Any]]:
    """Return the weeks judged at 14 days: as they were frozen, and by all that is known."""
    blocks = one.seen.refusal
    looks = np.array([look])
    shares, sites = blocks.shares_at(looks)
    frozen = blocks.frozen_shares(looks, shares)
    e_now, e_frozen = blocks.e_values(shares)[:, 0], blocks.e_values(frozen)[:, 0]
    rows = []
    for place in np.flatnonzero(sites[:, 0] > 0):
        old = float(frozen[place, 0])
        rows.append(
            {
                "week": _date(week_start(float(blocks.week[place]))),
                "share_failed": round(float(shares[place, 0]), 4),
                "share_frozen": None if math.isnan(old) else round(old, 4),
                "sites": int(sites[place, 0]),
                "e_value": _four(float(e_now[place])),
                "e_frozen": _four(float(e_frozen[place])),
            }
        )
    return rows


def _replies(one: Assessment, history: History, look: float) -> list[tuple[float, str]]:
    names = set(one.names)
    return sorted(
        {
            (when, said)
            for who, when, known, said in history.replies
            if who in names and known <= look
        }
    )


def _timeline(one: Assessment, history: History, look: float) -> list[dict[str, str]]:
    """Return what happened when, in order: from the first notice to the label's end."""
    record = one.seen.record
    sent = record.cases["sent"][record.cases["sent"] <= look]
    found = [
        (float(sent.min()), "the first notice was sent"),
        (float(sent.max()), "the last notice was sent"),
    ]
    contacts = record.contacts.take(record.contacts["known"] <= look)
    for sign, at in zip(contacts["sign"].tolist(), contacts["at"].tolist(), strict=True):
        found.append((at, _WORDS_OF_CONTACT[Sign(sign)]))
    orders = record.signs_of(Sign.COURT_ORDER)
    found += [
        (at, "a court ordered removal") for at in orders["at"][orders["known"] <= look].tolist()
    ]
    found += [(when, "the provider replied") for when, _ in _replies(one, history, look)]
    if one.noted_since is not None:
        found.append((one.noted_since, "non-responsive since this day"))
    for spell in one.spells:
        found.append((spell.flagged, "met the conditions for systematic from this day on"))
        if spell.released is not None:
            found.append((spell.released, "six clean weeks ended the label"))
        if spell.withdrawn is not None:
            found.append((spell.withdrawn, "the flag was withdrawn: what it rested on is void"))
    return [{"at": _time(at), "what": what} for at, what in sorted(set(found)) if at <= look]


def _contacts(one: Assessment, look: float) -> dict[str, Any]:
    """Return what was tried and what came back, of the mailbox."""
    record = one.seen.record
    signs = record.signs.take(record.signs["known"] <= look)
    contacts = record.contacts.take(record.contacts["known"] <= look)

    def of_case(*wanted: Sign) -> list[str]:
        return _times(signs["at"][np.isin(signs["sign"], wanted)])

    def of_contact(*wanted: Sign) -> list[str]:
        return _times(contacts["at"][np.isin(contacts["sign"], wanted)])

    return {
        "acknowledgements": of_case(Sign.ACK, Sign.REPLY, Sign.REFUSED, Sign.NOT_OURS),
        "acknowledged_by_a_program": of_case(Sign.ACK_AUTOMATIC),
        "delivered": of_case(Sign.DELIVERED, Sign.OPENED),
        "bounced": of_case(Sign.BOUNCE),
        "bounces_not_believed": of_case(Sign.BOUNCE_DOUBTED),
        "letters": sorted({*of_case(Sign.LETTER), *of_contact(Sign.LETTER)}),
        "confirmed": of_contact(Sign.CONTACT_CONFIRMED),
        "corrected": of_contact(Sign.CORRECTED_BY_HOTLINE),
        "other_asked_for": of_contact(Sign.CORRECTED_BY_PROVIDER),
        "channels_failed": of_contact(Sign.CHANNEL_FAILED),
    }


def _cases(one: Assessment, history: History, look: float) -> Iterable[dict[str, Any]]:
    """Yield every case in the order of sending: by what its receipt is proven, what share failed,
    who saw it, whether it counts.
    """
    seen, record = one.seen, one.seen.record
    blocks, clock = seen.refusal, seen.receipt.clock
    counts, failed = blocks.admission.counts(look), blocks.failed(look)
    suspended = seen.entrenched.failure.disputed
    gone = (seen.gone.at <= look) & (seen.gone.known <= look)
    cases = len(record.cases)
    weight = record.urls["weight"]
    case = record.urls["case"]
    total, bad, ended = (
        np.bincount(case, values, minlength=cases)
        for values in (weight, weight * failed, weight * gone)
    )
    orders = record.signs_of(Sign.COURT_ORDER)
    order_at = {
        int(row): at
        for row, at, known in zip(orders["case"], orders["at"], orders["known"], strict=True)
        if known <= look
    }
    checks = _checks(one, history, look)
    sites = _site_numbers(record.cases["site"])
    for number in np.argsort(record.cases["sent"], kind="stable").tolist():
        if record.cases["sent"][number] > look:
            continue
        known = clock.known[number] <= look
        ripe = bool(counts[number]) and blocks.close_of_case[number] <= look
        why_not_failed = [_NOT_FAILED] if ripe and bad[number] == 0 and ended[number] == 0 else []
        if suspended[0][number] <= look < suspended[1][number]:
            why_not_failed.append(_SUSPENDED)
        reason = one.reasons[number]
        yield {
            "case": record.notices[number],
            "provider": history.title(history.names[record.cases["provider"][number]]),
            "site": int(sites[number]),
            "sent": _time(record.cases["sent"][number]),
            "urls": int(total[number]),
            "receipt": _WORDS_OF_PROOF[Proof(int(clock.proof[number]))] if known else "not proven",
            "receipt_known": _time(clock.known[number]) if known else None,
            "clock_started": _time(clock.start[number]) if known else None,
            "bounced": bool(seen.receipt.bounce_known[number] <= look),
            "counts": bool(counts[number]),
            "why_not": None if reason is None else reason.value,
            "share_failed": round(float(bad[number] / total[number]), 4) if ripe else None,
            "why_not_failed": "; ".join(why_not_failed) or None,
            "urls_gone": int(ended[number]),
            "court_order": _time(order_at[number]) if number in order_at else None,
            "checks": checks.get(number, []),
        }


def _site_numbers(site: Ints) -> Ints:
    """Return a number of its own for each site, in the order in which they come: names lead to
    content.
    """
    _, first, place = np.unique(site, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    return rank[place]


def _checks(one: Assessment, history: History, look: float) -> dict[int, list[dict[str, Any]]]:
    """Return what was seen of each case: when, by which checker, at which provider's address, and
    how it was compared.

    One line stands for what one checker saw at one time of all URLs of the case.
    """
    seen, record = one.seen, one.seen.record
    checks, case = record.checks, record.urls["case"][record.checks["url"]]
    lines: dict[tuple[int, float, int, int, int, bool], int] = {}
    columns = (
        case,
        checks["until"],
        checks["checker"],
        checks["server"],
        checks["compared"],
        seen.counted_checks,
    )
    for number, at, checker, server, compared, counted, known in zip(
        *(column.tolist() for column in (*columns, checks["known"])), strict=True
    ):
        if known <= look:
            key = (number, at, checker, server, compared, counted)
            lines[key] = lines.get(key, 0) + 1
    found: dict[int, list[dict[str, Any]]] = {}
    for (number, at, checker, server, compared, counted), urls in sorted(lines.items()):
        found.setdefault(number, []).append(
            {
                "online": _time(at),
                "urls": urls,
                "checker": history.checkers[checker] if checker >= 0 else None,
                "served_by": history.title(history.names[server]) if server >= 0 else None,
                "compared": _WORDS_OF_COMPARISON[By(compared)],
                "counts": counted,
            }
        )
    return found


def _removal(one: Assessment, look: float) -> dict[str, Any]:
    """Return how long URLs stayed after the notice: the median, and the curve at chosen days with
    its 95 % interval.
    """
    left, right, group = _intervals(one, look)
    if not len(left):
        return {"urls": 0, "median_days": None, "curve": []}
    curve = turnbull(left, right)
    middle = curve.quantile(0.5)
    chance = np.random.default_rng(14)
    groups = np.unique(group)
    order = np.argsort(group, kind="stable")
    rows = np.split(order, np.searchsorted(group[order], groups[1:]))
    drawn: list[Curve] = []
    for _ in range(_RESAMPLES if len(groups) > 1 and len(left) <= _MOST_RESAMPLED else 0):
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
                round(float(np.quantile([draw.by(day)[side] for draw in drawn], share)), 4)
                for side, share in ((0, 0.025), (1, 0.975))
            )
        table.append(row)
    return {
        "urls": len(left),
        "median_days": None if middle is None else [round(end, 3) for end in middle],
        "curve": table,
    }


def median_removal(one: Assessment) -> tuple[float, float] | None:
    """Return the interval, in days after the notice, in which half of a provider's URLs were gone;
    None where it was not seen.
    """
    left, right, _ = _intervals(one, one.verdict.at)
    return turnbull(_grid(left), _grid(right)).quantile(0.5) if len(left) else None


def removal_of_others(others: Iterable[Assessment], look: float) -> list[dict[str, Any]]:
    """Return the curve of removal of several providers together, at the days of a dossier's: what
    one is held against.
    """
    found = [_intervals(one, look)[:2] for one in others]
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


def _intervals(one: Assessment, look: float) -> tuple[Floats, Floats, Ints]:
    """Return (last seen, first seen gone, site) of every URL, in days after the notice; inf while
    it is not gone.
    """
    record, gone = one.seen.record, one.seen.gone
    case = record.urls["case"]
    sent = record.cases["sent"][case]
    start = _from(one)[case]
    some = (record.urls["weight"] == 1) & (sent <= look)
    ended = _ended(gone, look)
    left = np.clip(np.minimum(one.seen.last_on, look) - start, 0, None)
    right = np.where(ended, np.maximum(gone.at - start, left), np.inf)
    return left[some], right[some], record.cases["site"][case][some]


def _from(one: Assessment) -> Floats:
    """Return of each case from when its days are counted: its clock, or the notice where that never
    started.
    """
    start = one.seen.receipt.clock.start
    return np.where(np.isfinite(start), start, one.seen.record.cases["sent"])


def _ended(gone: Gone, look: float) -> np.ndarray:
    return np.asarray((gone.at <= look) & (gone.known <= look))


def _causes(one: Assessment, look: float) -> list[dict[str, Any]]:
    """Return by when how many were gone, by cause, the others taken into account."""
    left, right, _ = _intervals(one, look)
    if not len(left):
        return []
    record = one.seen.record
    some = (record.urls["weight"] == 1) & (record.cases["sent"][record.urls["case"]] <= look)
    cause = np.where(np.isfinite(right), one.seen.gone.way[some], 0)
    times, incidence = aalen_johansen(np.where(np.isfinite(right), right, left), cause, len(Way))
    found = []
    for day in (1, 7, 14, 30, 90):
        place = int(np.searchsorted(times, day, side="right")) - 1
        shares = incidence[:, place] if place >= 0 else np.zeros(len(CAUSES))
        named = {name: round(float(share), 4) for name, share in zip(CAUSES, shares, strict=True)}
        found.append({"days": day, **named})
    return found


def _waiting(one: Assessment, look: float) -> dict[str, Any]:
    """Return the URL-days that content is known to have been online after the notice; and between
    notice and a court's order.
    """
    record = one.seen.record
    orders = record.signs_of(Sign.COURT_ORDER)
    orders = orders.take((orders["known"] <= look) & (orders["at"] <= look))
    order_at = np.full(len(record.cases), np.inf)
    np.minimum.at(order_at, orders["case"], orders["at"])
    case = record.urls["case"]
    known = (record.urls["weight"] == 1) & (record.cases["sent"][case] <= look)
    start, last = _from(one)[case], np.minimum(one.seen.last_on, look)
    online = np.clip(last - start, 0, None) * known
    until = np.clip(np.minimum(last, order_at[case]) - start, 0, None) * known
    return {
        "url_days_online": round(float(online.sum()), 1),
        "cases_with_order": int(np.isfinite(order_at).sum()),
        "url_days_between_notice_and_order": round(
            float(until[np.isfinite(order_at[case])].sum()), 1
        ),
    }


def _times(when: Floats) -> list[str]:
    return sorted(_time(at) for at in when.tolist())


def _time(day: float) -> str:
    return f"{moment(float(day)):%Y-%m-%dT%H:%MZ}"


def _date(day: float | None) -> str | None:
    return None if day is None else f"{moment(math.ceil(day)):%Y-%m-%d}"


def _four(value: float) -> float:
    return float(f"{value:.4g}")
