"""Admission: which cases count, decided by receipt and date alone, before the outcome. Pure.

What is not proven about an outcome counts as not failed, never as dropped. Dropped are only: no
receipt, own bounce, a voided address, an accountable reseller's; and what the provider says is not
in its network, while no check shows that it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from attribution.pattern.history import Record, Sign, first_of
from attribution.pattern.receipt import Clock, Receipt, within
from attribution.pattern.tests import Test
from attribution.pattern.times import INF, TOLERANCE, Bools, Floats


class Dropped(StrEnum):
    """Why a case does not count."""

    NO_RECEIPT = "no proof of receipt"
    BOUNCED = "bounced"
    VOIDED = "sent to an address that was not the provider's"
    RESELLER = "a reseller's"
    NOT_OURS = "not in its network, as it says, and no check shows that it is"


@dataclass(frozen=True, slots=True)
class Admission:
    """Of each case, the times of knowledge on which it depends whether it counts."""

    clock: Clock
    own: Bools
    """Whether it is the provider's own, not a known reseller's."""
    spans: tuple[tuple[Floats, Floats], ...]
    """Spans of knowledge in which it does not count: bounced, voided, not ours."""

    def counts(self, at: Floats | float) -> Bools:
        """Say which cases count at a look, or each at its own."""
        good = self.own & (self.clock.known <= at)
        for span in self.spans:
            good = good & ~within(span, at)
        return np.asarray(good)

    def counts_at_looks(self, looks: Floats, cases: np.ndarray) -> Bools:
        """Say for each look (row) which of some cases (column) count."""
        at = looks[:, None]
        good = self.own[cases][None, :] & (self.clock.known[cases][None, :] <= at)
        for begin, end in self.spans:
            if np.isfinite(begin[cases]).any():
                good &= ~((begin[cases][None, :] <= at) & ~(end[cases][None, :] <= at))
        return np.asarray(good)

    def times(self) -> list[Floats]:
        """Return every time at which knowledge may change whether a case counts."""
        return [self.clock.known, *(time for span in self.spans for time in span)]


def admission(record: Record, receipt: Receipt, served: Bools, test: Test) -> Admission:
    """Return on what it depends which cases count in a test.

    `served` says of each check whether it shows the provider's address giving the content. Where
    the test asks for it, only a proof of receipt that is about the very notice counts.
    """
    clock = receipt.own if test.own_receipt else receipt.clock
    return Admission(
        clock,
        record.cases["own"].astype(bool),
        (
            receipt.bounced,
            receipt.voided,
            _not_ours(record, served, clock.start + test.horizon),
        ),
    )


def _not_ours(record: Record, served: Bools, over: Floats) -> tuple[Floats, Floats]:
    """Return from when to when "not in our network" voids a case: until a check shows that it is.

    That is one made after it was said, or when the case's time was `over`: what proves a failure is
    not undone by who answers when the checks have ended.
    """
    count = len(record.cases)
    said = record.signs_of(Sign.NOT_OURS)
    if not len(said):
        never = np.full(count, INF)
        return never, never
    when = first_of(said["case"], count, said["at"])
    case = record.urls["case"][record.checks["url"]]
    showing = served & (record.checks["until"] >= np.minimum(when, over)[case] - TOLERANCE)
    shown = first_of(case[showing], count, record.checks["known"][showing])
    return first_of(said["case"], count, said["known"]), shown


def dropped(
    record: Record, receipt: Receipt, admitted: Admission, at: float
) -> list[Dropped | None]:
    """Return of each case why it does not count at a look;
    None where it does, or was not sent yet.
    """
    counts = admitted.counts(at)
    reasons: list[Dropped | None] = [None] * len(counts)
    bounced, voided, not_ours = (within(span, at) for span in admitted.spans)
    for number in np.flatnonzero(~counts & (record.cases["sent"] <= at)):
        if not admitted.own[number]:
            reasons[number] = Dropped.RESELLER
        elif not_ours[number]:
            reasons[number] = Dropped.NOT_OURS
        elif voided[number]:
            reasons[number] = Dropped.VOIDED
        elif bounced[number] or receipt.bounce_known[number] <= at:
            reasons[number] = Dropped.BOUNCED
        else:
            reasons[number] = Dropped.NO_RECEIPT
    return reasons
