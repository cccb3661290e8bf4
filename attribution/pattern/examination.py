"""One provider examined: its receipts, failures and blocks, made once and asked for any look.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attribution.pattern.admission import Admission, admission
from attribution.pattern.blocks import Blocks
from attribution.pattern.checkers import without_bad_weeks
from attribution.pattern.failure import Failure, Gone, failure, served_by_provider
from attribution.pattern.history import Record, Sign, Table
from attribution.pattern.operators import failure_of_moving_sites
from attribution.pattern.receipt import Receipt, effective_corrections
from attribution.pattern.tests import DELAY, ENTRENCHED, REFUSAL, Test, TestName
from attribution.pattern.times import INF, Bools, Floats


@dataclass
class Examination:
    """One provider under the names that were known to be one."""

    record: Record
    receipt: Receipt
    lenient: bool = False
    """Whether no check of the history says who served: then nothing goes further than
    `non_responsive`.
    """
    bad_weeks: frozenset[tuple[int, int]] = frozenset()

    @cached_property
    def served(self) -> Bools:
        """Say of each check whether it shows that the provider's address gave the content."""
        return served_by_provider(self.record, lenient=self.lenient)

    @cached_property
    def counted_checks(self) -> Bools:
        """Say of each check whether it may prove a failure."""
        return self.served & without_bad_weeks(self.record.checks, set(self.bad_weeks))

    @cached_property
    def gone(self) -> Gone:
        """Return when each URL was first seen gone."""
        return Gone.of(self.record)

    @cached_property
    def refusal(self) -> Blocks:
        """Return the weeks judged at 14 days."""
        return self._blocks(REFUSAL)

    @cached_property
    def entrenched(self) -> Blocks:
        """Return the four weeks judged at 60 days."""
        return self._blocks(ENTRENCHED)

    @cached_property
    def delay(self) -> Blocks:
        """Return the weeks judged at 7 days."""
        return self._blocks(DELAY)

    def of(self, name: TestName) -> Blocks:
        """Return the blocks of a test."""
        return {TestName.REFUSAL: self.refusal, TestName.ENTRENCHED: self.entrenched}.get(
            name
        ) or self.delay

    def _blocks(self, test: Test) -> Blocks:
        admitted = admission(self.record, self.receipt, self.served, test)
        return Blocks(self.record, test, admitted, self._failure(test, admitted))

    def _failure(self, test: Test, admitted: Admission) -> Failure:
        checks: Table = self.record.checks.take(self.counted_checks)
        start = admitted.clock.start
        plain = failure(
            self.record, checks, start, self.gone, test.horizon, disputes=test is ENTRENCHED
        )
        found = failure_of_moving_sites(self.record, checks, start, self.gone, plain)
        # Down for three days of a fortnight is no removal, and so none within a week either.
        return found.with_longer(self.refusal.failure) if test is DELAY else found

    def online(self, at: float, within: float) -> Bools:
        """Say which cases have a URL that was seen online lately, and not seen gone."""
        record = self.record
        recent = (
            self.served & (record.checks["known"] <= at) & (record.checks["until"] >= at - within)
        )
        there = np.zeros(len(record.urls), bool)
        there[record.checks["url"][recent]] = True
        there &= ~(self.gone.known <= at)
        found = np.zeros(len(record.cases), bool)
        found[record.urls["case"][there]] = True
        return found

    def address_since(self, at: float) -> float:
        """Return since when the address in use at a look is used."""
        corrected = self.record.contacts_of(Sign.CORRECTED_BY_HOTLINE)
        when = np.sort(corrected["at"][corrected["known"] <= at])
        kept = effective_corrections(when)
        return float(when[kept[-1]]) if len(kept) else -INF

    @cached_property
    def last_on(self) -> Floats:
        """Return of each URL until when it is known to have been online; the notice's time where no
        check says more.
        """
        record = self.record
        last = record.cases["sent"][record.urls["case"]].copy()
        np.maximum.at(last, record.checks["url"], record.checks["until"])
        np.maximum.at(last, record.ends["url"], record.ends["last"])
        return np.asarray(last, float)
