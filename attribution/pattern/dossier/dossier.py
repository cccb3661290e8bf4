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

from attribution.pattern.arrays import Floats
from attribution.pattern.assess import assess_group, date_of
from attribution.pattern.cohort import Cohort
from attribution.pattern.dossier.cases import cases, time_text
from attribution.pattern.dossier.removal import causes, removal, waiting
from attribution.pattern.history import History, Reply
from attribution.pattern.labels import Label
from attribution.pattern.report import as_row, date_text, rounded
from attribution.pattern.signs import Sign
from attribution.pattern.tests import NOTED_AT, REFUSAL, TESTS
from attribution.pattern.times import Day, week_start
from attribution.pattern.verdict import Assessment

REPLY_DAYS = 14


def dossier(
    history: History, name: str, at: datetime | None = None, country: str | None = None
) -> dict[str, Any]:
    """Return the dossier of a provider under any of its names.

    Raises KeyError where the history has no such name.
    """
    assessment = assessment_of(history, name, date_of(history, at))
    if assessment is None:
        raise KeyError(name)
    return dossier_of(assessment, history, country)


def assessment_of(history: History, name: str, at: Day) -> Assessment | None:
    """Return one provider's assessment alone; None where the history has no such name by then."""
    names = next((group for group in history.components(at) if name in group), None)
    if names is None:
        return None
    assessment = assess_group(Cohort(history, at), names)
    noticed = assessment.examination.record.cases["sent"] <= at
    return assessment if noticed.any() else None


def dossier_of(
    assessment: Assessment, history: History, country: str | None = None
) -> dict[str, Any]:
    """Return the dossier of a provider that was assessed already, as of the date of that."""
    row = as_row(assessment, country)
    for of_others in ("p_systematic", "perhaps_with", "e_if_one"):
        row.pop(of_others)
    replies = _replies(assessment, history)
    return {
        "format": 2,
        "log": history.log,
        "company": history.title(assessment.names[0]),
        "also_called": [history.title(name) for name in assessment.names[1:]],
        "assessment": row,
        "thresholds": {
            "p0": REFUSAL.p,
            "named_at": assessment.verdict.named_at,
            "noted_at": NOTED_AT,
            "failed_after_days": REFUSAL.horizon,
            "tests": [
                {"test": test.name.value, "days": test.horizon, "weeks": test.weeks, "p": test.p}
                for test in TESTS
            ],
        },
        "flags": row["flags"],
        "timeline": _timeline(assessment, replies),
        "weeks": _weeks(assessment),
        "removal": removal(assessment),
        "causes": causes(assessment),
        "waiting": waiting(assessment),
        "cases": list(cases(assessment, history)),
        "contacts": _contacts(assessment),
        "replies": [{"at": time_text(reply.at), "said": reply.text} for reply in replies],
    }


def contest(
    history: History, name: str, without: Iterable[str], at: datetime | None = None
) -> dict[str, Any]:
    """Decide again without some cases; say whether the label stands, and by what margin.

    Raises KeyError where the history has no such name.
    """
    date = date_of(history, at)
    removed = set(without)
    unknown = removed - history.notices
    before = assessment_of(history, name, date)
    if before is None:
        raise KeyError(name)
    after = assessment_of(history.without(removed), name, date)
    label_after = Label.INSUFFICIENT if after is None else after.now
    e_value = 1.0 if after is None else after.verdict.e_value
    margin = math.log10(max(e_value, 1e-12) / before.verdict.named_at)
    return {
        "provider": before.names[0],
        "at": date_text(date),
        "without": sorted(removed - unknown),
        "unknown": sorted(unknown),
        "label_before": before.now.value,
        "label_after": label_after.value,
        "stands": before.now is label_after,
        "e_value_before": rounded(before.verdict.e_value),
        "e_value_after": rounded(e_value),
        "margin": None if after is None else round(margin, 2),
        "floors_missing": [] if after is None else after.verdict.nearest.sentences(),
    }


def _weeks(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the weeks judged at 14 days: as they were frozen, and by all that is known."""
    blocks = assessment.examination.refusal
    dates = np.array([assessment.verdict.at])
    shares, sites = blocks.shares_at(dates)
    frozen = blocks.frozen_shares(dates, shares)
    e_now, e_frozen = blocks.e_values(shares)[:, 0], blocks.e_values(frozen)[:, 0]
    rows = []
    for place in np.flatnonzero(sites[:, 0] > 0):
        share_frozen = float(frozen[place, 0])
        rows.append(
            {
                "week": date_text(week_start(float(blocks.week[place]))),
                "share_failed": round(float(shares[place, 0]), 4),
                "share_frozen": None if math.isnan(share_frozen) else round(share_frozen, 4),
                "sites": int(sites[place, 0]),
                "e_value": rounded(float(e_now[place])),
                "e_frozen": rounded(float(e_frozen[place])),
            }
        )
    return rows


def _replies(assessment: Assessment, history: History) -> list[Reply]:
    """Return what the provider answered, in order of time, each text once."""
    replies = {
        (reply.at, reply.text): reply
        for reply in history.replies
        if history.names[reply.provider] in assessment.names
        and reply.known <= assessment.verdict.at
    }
    return [reply for _, reply in sorted(replies.items(), key=lambda item: item[0])]


def _timeline(assessment: Assessment, replies: list[Reply]) -> list[dict[str, str]]:
    """Return what happened when, in order: from the first notice to the label's end."""
    record, at = assessment.examination.record, assessment.verdict.at
    sent = record.cases["sent"][record.cases["sent"] <= at]
    happened: list[tuple[float, str]] = [
        (float(sent.min()), "the first notice was sent"),
        (float(sent.max()), "the last notice was sent"),
        *((reply.at, Sign.REPLY.line) for reply in replies),
    ]
    for signs in (record.contacts, record.signs_of(Sign.COURT_ORDER)):
        known = signs.take(signs["known"] <= at)
        lines = (Sign(sign).line for sign in known["sign"].tolist())
        happened += zip(known["at"].tolist(), lines, strict=True)
    if assessment.noted_since is not None:
        happened.append((assessment.noted_since, "non-responsive since this day"))
    for flag in assessment.flags:
        happened.append((flag.since, "met the conditions for systematic from this day on"))
        if flag.released is not None:
            happened.append((flag.released, "six clean weeks ended the label"))
        if flag.withdrawn is not None:
            happened.append((flag.withdrawn, "the flag was withdrawn: what it rested on is void"))
    return [
        {"at": time_text(when), "what": what} for when, what in sorted(set(happened)) if when <= at
    ]


def _contacts(assessment: Assessment) -> dict[str, Any]:
    """Return what was tried and what came back, of the mailbox."""
    record, at = assessment.examination.record, assessment.verdict.at
    signs = record.signs.take(record.signs["known"] <= at)
    contacts = record.contacts.take(record.contacts["known"] <= at)

    def of_case(*kinds: Sign) -> list[str]:
        return _times(signs["at"][np.isin(signs["sign"], kinds)])

    def of_contact(*kinds: Sign) -> list[str]:
        return _times(contacts["at"][np.isin(contacts["sign"], kinds)])

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


def _times(when: Floats) -> list[str]:
    return sorted(time_text(at) for at in when.tolist())
