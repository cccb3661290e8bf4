"""Admission: which cases count, decided by receipt and date alone, before the outcome. Pure.

What is not proven about an outcome counts as not failed, never as dropped. Dropped are only: no
receipt, own bounce, a voided address, an accountable reseller's; and what the provider says is not
in its network, while no check shows that it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from attribution.pattern.arrays import ALL, Bools, Floats, Rows, Span, least_of_each
from attribution.pattern.receipt import Clock, Receipt
from attribution.pattern.record import Record
from attribution.pattern.signs import Sign
from attribution.pattern.tests import Test
from attribution.pattern.times import TOLERANCE, Day


class Dropped(StrEnum):
    """Why a case does not count, as dossiers say it."""

    NO_RECEIPT = "no proof of receipt"
    BOUNCED = "bounced"
    VOIDED = "sent to an address that was not the provider's"
    RESELLER = "a reseller's"
    NOT_OURS = "not in its network, as it says, and no check shows that it is"


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Of each case, the times of knowledge on which it depends whether it counts."""

    clock: Clock
    own: Bools
    """Whether it is the provider's own, not a known reseller's."""
    bounced: Span
    voided: Span
    """It was sent to an address that was not the provider's."""
    not_ours: Span
    """The provider says that it is not in its network, and no check shows that it is."""

    @cached_property
    def _spans(self) -> list[Span]:
        """The spans of knowledge in which a case does not count, but those that never begin."""
        return [s for s in (self.bounced, self.voided, self.not_ours) if s.ever_begins]

    def counts(self, at: Floats | float, cases: Rows = ALL) -> Bools:
        """Say which cases count at a date: one for all, one a case, or a column of dates."""
        counted = self.own[cases] & (self.clock.known[cases] <= at)
        for span in self._spans:
            counted = counted & ~span.covers(at, cases)
        return np.asarray(counted)

    def times(self) -> list[Floats]:
        """Return every time at which knowledge may change whether a case counts."""
        return [self.clock.known, *(end for span in self._spans for end in (span.begin, span.end))]


def admission(record: Record, receipt: Receipt, served: Bools, test: Test) -> Admission:
    """Return on what it depends which cases count in a test.

    `served` says of each check whether it shows the provider's address giving the content. Where
    the test asks for it, only a proof of receipt that is about the very notice counts.
    """
    clock = receipt.own if test.own_receipt else receipt.clock
    return Admission(
        clock=clock,
        own=record.cases["own"].astype(bool),
        bounced=receipt.bounced,
        voided=receipt.voided,
        not_ours=_not_ours(record, served, clock.start + test.horizon),
    )


def _not_ours(record: Record, served: Bools, over: Floats) -> Span:
    """Return from when to when "not in our network" voids a case: until a check shows that it is.

    That is one made after the answer, or when the case's time was `over`: what proves a failure is
    not undone by who answers when the checks have ended.
    """
    count = len(record.cases)
    answers = record.signs_of(Sign.NOT_OURS)
    if not len(answers):
        return Span.never(count)
    answered = least_of_each(answers["case"], count, answers["at"])
    checks = record.checks
    case = record.urls["case"][checks["url"]]
    showing = served & (checks["until"] >= np.minimum(answered, over)[case] - TOLERANCE)
    return Span(
        least_of_each(answers["case"], count, answers["known"]),
        least_of_each(case[showing], count, checks["known"][showing]),
    )


def dropped(record: Record, receipt: Receipt, admitted: Admission, at: Day) -> list[Dropped | None]:
    """Return of each case why it does not count; None where it does, or was not sent yet."""
    counts = admitted.counts(at)
    reasons: list[Dropped | None] = [None] * len(counts)
    reason_of = (
        (~admitted.own, Dropped.RESELLER),
        (admitted.not_ours.covers(at), Dropped.NOT_OURS),
        (admitted.voided.covers(at), Dropped.VOIDED),
        (admitted.bounced.covers(at) | (receipt.bounce_known <= at), Dropped.BOUNCED),
    )
    for case in np.flatnonzero(~counts & (record.cases["sent"] <= at)):
        reasons[case] = next(
            (reason for holds, reason in reason_of if holds[case]), Dropped.NO_RECEIPT
        )
    return reasons
