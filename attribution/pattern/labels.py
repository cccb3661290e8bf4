"""Labels: how a provider stands at a date. Pure.

`systematic` needs the conditions of `attribution.pattern.floors` too, on some day before.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from attribution.codes import Code
from attribution.pattern.arrays import Bools, Floats
from attribution.pattern.examination import Examination
from attribution.pattern.signs import Sign
from attribution.pattern.tests import NOTED_AT
from attribution.pattern.times import Day, week_of


class Label(Code):
    """How a provider stands, the gravest first; the line is what its dossier says."""

    SYSTEMATIC = (
        "systematic",
        "Systematic: content stays after notices that provably arrived, so often and for so long "
        "that the company may be put forward for the list, which two people decide.",
    )
    NON_RESPONSIVE = (
        "non_responsive",
        "Non-responsive: content stays so often after notices that provably arrived that a letter "
        "is due.",
    )
    UNREACHABLE = (
        "unreachable",
        "Unreachable: the mailbox returns what is sent to it. Nobody says that the company "
        "refuses.",
    )
    UNANSWERING = (
        "unanswering",
        "Unanswering: nothing comes back, nothing proves receipt, and other channels failed. "
        "Nobody says that the company refuses.",
    )
    DELAYING = "delaying", "Delaying: content is removed, mostly after more than a week."
    SLOW = "slow", "Slow: less than half of the sites were gone within a day."
    MIXED = "mixed", "Mixed: it cannot be told whether half of the sites were gone within a day."
    COOPERATIVE = "cooperative", "Cooperative: more than half of the sites were gone within a day."
    INSUFFICIENT = (
        "insufficient",
        "Insufficient: fewer than five sites count, so nothing is said of the company.",
    )


def gravity(label: str) -> int:
    """Return the place of a label, the gravest first."""
    return list(Label).index(Label(label))


class Strength(Code):
    """How strong the evidence is that E stands for."""

    NONE = "none", "E is 1 or less."
    WEAK = "weak", "E is more than 1, and less than what a letter needs."
    STRONG = "strong", "E is enough for a letter."
    OVERWHELMING = "overwhelming", "E is enough to put the company forward for the list."

    @classmethod
    def of(cls, e_value: float, named_at: float) -> Strength:
        """Return how strong E is, where `named_at` makes a candidate for the list."""
        if e_value >= named_at:
            return cls.OVERWHELMING
        if e_value >= NOTED_AT:
            return cls.STRONG
        return cls.WEAK if e_value > 1 else cls.NONE


FEWEST_SITES_FOR_A_LABEL = 5
PROMPT_DAYS = 1.25
"""24 hours and one check, six hours apart."""
DELAYING_AT_MOST = 1 / 3
"""Mean share at 14 days above which a provider does not merely delay."""
BOUNCING_WEEKS = 13
"""Weeks up to the last notice whose notices decide on `unreachable`."""
FEWEST_NOTICES = 5
FEWEST_BOUNCED_WEEKS = 4
BOUNCED_SHARE = 0.8
SPAN_OF_SILENCE = 28.0
FEWEST_FAILED_CHANNELS = 2


def unreachable(examination: Examination, at: Day) -> bool:
    """Say whether believed bounces came, in four weeks, of four fifths of at least five notices.

    The notices are those of the 13 weeks up to the last, to the mailbox in use.
    """
    sent, known = examination.record.cases["sent"], examination.receipt.bounce_known
    recent = (sent <= at) & (sent >= examination.address_since(at))
    if not recent.any():
        return False
    recent &= sent > sent[recent].max() - 7 * BOUNCING_WEEKS
    bounced = recent & (known <= at)
    return bool(
        recent.sum() >= FEWEST_NOTICES
        and len(np.unique(week_of(sent[bounced]))) >= FEWEST_BOUNCED_WEEKS
        and bounced.sum() >= BOUNCED_SHARE * recent.sum()
    )


def unanswering(examination: Examination, at: Day) -> bool:
    """Say whether notices over four weeks neither bounced nor arrived, and other channels failed.

    That is five notices at least, of which nothing proves receipt, and two tries on different days.
    """
    sent = examination.record.cases["sent"]
    past = sent <= at
    failed = examination.record.contacts_of(Sign.CHANNEL_FAILED)
    tries = len(np.unique(np.floor(failed["at"][failed["known"] <= at])))
    return bool(
        past.sum() >= FEWEST_NOTICES
        and sent[past].max() - sent[past].min() >= SPAN_OF_SILENCE
        and not (examination.receipt.bounce_known[past] <= at).any()
        and not (examination.receipt.clock.known[past] <= at).any()
        and tries >= FEWEST_FAILED_CHANNELS
    )


def speed(examination: Examination, at: Day) -> Label:
    """Return the label by the share of sites that were gone within a day.

    Jeffreys' interval of it must lie on either side of a half.
    """
    low, high = interval(*prompt_share(examination, at))
    return Label.COOPERATIVE if low >= 0.5 else Label.SLOW if high <= 0.5 else Label.MIXED


def interval(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Return the Jeffreys interval of a share, open at 0 and 1.

    The quantiles of Beta(k + 1/2, n - k + 1/2). Source: Brown, Cai & DasGupta, "Interval estimation
    for a binomial proportion", Stat. Sci. 16 (2001), section 3.
    """
    tail = (1 - level) / 2
    a, b = successes + 0.5, trials - successes + 0.5
    low = 0.0 if successes == 0 else float(beta.ppf(tail, a, b))
    high = 1.0 if successes == trials else float(beta.ppf(1 - tail, a, b))
    return low, high


def prompt_share(examination: Examination, at: Day) -> tuple[float, float]:
    """Return (sites' worth of URLs gone within a day and one check, sites) of cases that count."""
    record, start, gone = examination.record, examination.receipt.clock.start, examination.gone
    counted: Bools = examination.refusal.admission.counts(at)
    counted = counted & (record.cases["sent"] + PROMPT_DAYS <= at)
    urls = counted[record.urls["case"]]
    if not urls.any():
        return 0.0, 0.0
    case = record.urls["case"][urls]
    prompt = (gone.at[urls] <= start[case] + PROMPT_DAYS) & (gone.known[urls] <= at)
    _, place = np.unique(record.cases["site"][case], return_inverse=True)
    weight = record.urls["weight"][urls]
    shares: Floats = np.bincount(place, prompt * weight) / np.bincount(place, weight)
    return float(shares.sum()), float(len(shares))
