"""One provider examined: its receipts, failures and blocks, computed once and asked of any date.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attribution.pattern.admission import Admission, admission
from attribution.pattern.arrays import Bools, Floats
from attribution.pattern.blocks import Blocks
from attribution.pattern.checkers import CheckerWeek, without_bad_weeks
from attribution.pattern.failure import Failure, Gone, Observations, failure, served_by_provider
from attribution.pattern.operators import failure_of_moving_sites
from attribution.pattern.receipt import Receipt, effective_corrections
from attribution.pattern.record import Record
from attribution.pattern.signs import Sign
from attribution.pattern.tests import DELAY, ENTRENCHED, REFUSAL, Test, TestName
from attribution.pattern.times import ALWAYS, Day


@dataclass
class Examination:
    """One provider under the names that were known to be one."""

    record: Record
    receipt: Receipt
    lenient: bool = False
    """Whether no check of the history says who served: then nothing goes further than
    `non_responsive`.
    """
    bad_weeks: frozenset[CheckerWeek] = frozenset()

    @cached_property
    def served(self) -> Bools:
        """Say of each check whether it shows that the provider's address gave the content."""
        return served_by_provider(self.record, lenient=self.lenient)

    @cached_property
    def counted_checks(self) -> Bools:
        """Say of each check whether it may prove a failure."""
        return self.served & without_bad_weeks(self.record.checks, self.bad_weeks)

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
        blocks: Blocks = getattr(self, name.value)
        return blocks

    def _blocks(self, test: Test) -> Blocks:
        admitted = admission(self.record, self.receipt, self.served, test)
        return Blocks(self.record, test, admitted, self._failure(test, admitted))

    def _failure(self, test: Test, admitted: Admission) -> Failure:
        observations = Observations(
            record=self.record,
            checks=self.record.checks.take(self.counted_checks),
            start=admitted.clock.start,
            gone=self.gone,
        )
        plain = failure(observations, test.horizon, disputes=test is ENTRENCHED)
        failures = failure_of_moving_sites(observations, plain)
        # Down for three days of a fortnight is no removal, and so none within a week either.
        return failures.with_longer(self.refusal.failure) if test is DELAY else failures

    def online(self, at: Day, within: float) -> Bools:
        """Say which cases have a URL that was seen online in the last days, and not seen gone."""
        record = self.record
        recent = (
            self.served & (record.checks["known"] <= at) & (record.checks["until"] >= at - within)
        )
        urls = np.zeros(len(record.urls), bool)
        urls[record.checks["url"][recent]] = True
        urls &= ~(self.gone.known <= at)
        cases = np.zeros(len(record.cases), bool)
        cases[record.urls["case"][urls]] = True
        return cases

    def address_since(self, at: Day) -> float:
        """Return since when the mailbox in use at a date is used."""
        corrected = self.record.contacts_of(Sign.CORRECTED_BY_HOTLINE)
        when = np.sort(corrected["at"][corrected["known"] <= at])
        effective = effective_corrections(when)
        return float(when[effective[-1]]) if len(effective) else ALWAYS

    @cached_property
    def last_on(self) -> Floats:
        """Return until when each URL is known to have been online: the notice's time at least."""
        record = self.record
        last = record.cases["sent"][record.urls["case"]].copy()
        np.maximum.at(last, record.checks["url"], record.checks["until"])
        np.maximum.at(last, record.ends["url"], record.ends["last"])
        return np.asarray(last, float)
