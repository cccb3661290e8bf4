"""Blocks: calendar weeks in which clocks started, each frozen once its horizon has closed. Pure.

The share of a block (X in the formulas) is the mean over its sites of the share of their URLs that
failed. Beside the frozen blocks stand the same blocks with all that is known at a date: E must
reach the threshold by both, so that corrections help the provider and late proofs never hurt it.

A proof of receipt may become known up to 45 days after the notice. So a block is judged when its
horizon closes, and frozen 33 days after its weeks ended, where that is later: what a single late
proof admits spans less than the 42 days that a flag needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attribution.pattern.admission import Admission
from attribution.pattern.arrays import ALL, INF, Bools, Floats, Ints, Rows, run_starts
from attribution.pattern.betting import e_process
from attribution.pattern.failure import Failure
from attribution.pattern.record import Record
from attribution.pattern.tests import CHECK_DAYS, Test
from attribution.pattern.times import NEVER, week_of, week_starts

FROZEN_AFTER = 33.0
"""Days after the block's weeks at which it is frozen at the earliest."""
_MOST_CELLS = 2_000_000
"""Dates x URLs that are worked on at once: what bounds the memory."""


@dataclass(frozen=True, slots=True)
class BlockShares:
    """The blocks that were closed at a date, in order."""

    week: Ints
    """The absolute number of each block's first week."""
    share: Floats
    """The mean share that failed."""
    sites: Ints
    """How many sites the mean is over."""


@dataclass(frozen=True)
class _Layout:
    """URLs of cases with a clock, ordered by block and site: a row a URL."""

    url: Ints
    case: Ints
    site: Ints
    block: Ints
    weight: Floats

    @classmethod
    def of(cls, record: Record, block_of_case: Ints) -> _Layout:
        case = record.urls["case"]
        url = np.flatnonzero(block_of_case[case] >= 0)
        site = record.cases["site"][case[url]].astype(np.int64)
        order = np.lexsort((site, block_of_case[case[url]]))
        url = url[order]
        case = case[url]
        return cls(url, case, site[order], block_of_case[case], record.urls["weight"][url])

    def take(self, rows: Rows) -> _Layout:
        """Return some rows."""
        return _Layout(
            self.url[rows], self.case[rows], self.site[rows], self.block[rows], self.weight[rows]
        )

    @cached_property
    def item_starts(self) -> Ints:
        """The rows at which items begin: an item is one site in one block."""
        return run_starts(self.block, self.site)

    @cached_property
    def block_starts(self) -> Ints:
        """The items at which blocks begin."""
        return run_starts(self.block[self.item_starts])


class Blocks:
    """One test's blocks of one provider."""

    def __init__(self, record: Record, test: Test, admission: Admission, failure: Failure) -> None:
        self.record, self.test, self.admission, self.failure = record, test, admission, failure
        start = admission.clock.start
        started = np.isfinite(start)
        number = np.where(started, week_of(np.where(started, start, 0.0)) // test.weeks, 0)
        numbers = np.unique(number[started])
        self.block: Ints = np.where(started, np.searchsorted(numbers, number), -1)
        """Of each case, the place of its block; -1 where its clock never started."""
        self.week: Ints = numbers * test.weeks
        """The absolute number of each block's first week."""
        over = week_starts((numbers + 1.0) * test.weeks)
        self.closes: Floats = over + test.horizon + CHECK_DAYS
        """When each block can be judged."""
        self.freezes: Floats = np.maximum(self.closes, over + FROZEN_AFTER)
        self._layout = _Layout.of(record, self.block)

    def __len__(self) -> int:
        return len(self.week)

    @cached_property
    def close_of_case(self) -> Floats:
        """Return when each case's block closed; inf where it has none."""
        return np.asarray(np.append(self.closes, INF)[self.block], float)

    def failed(self, at: Floats | float) -> Bools:
        """Say which URLs have failed at a date, or each at that of its case; disputes set aside."""
        case = self.record.urls["case"]
        return self._failed(at if isinstance(at, float | int) else at[case], ALL, case)

    def _failed(self, at: Floats | float, urls: Rows, cases: Ints) -> Bools:
        failed, disputed = self.failure.failed(at, urls), self.failure.disputed
        return failed & ~disputed.covers(at, cases) if disputed.ever_begins else failed

    def _shares(self, layout: _Layout, at: Floats | float) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each block of a layout.

        `at`: a date for all, one a row of the layout, or a column of dates; then the answer has a
        row a date. The share is NaN where no site counts.
        """
        counted = self.admission.counts(at, layout.case)
        if not counted.size:
            return np.zeros(0), np.zeros(0, np.int64)
        weight = counted * layout.weight
        failed_weight = weight * self._failed(at, layout.url, layout.case)
        total = np.add.reduceat(weight, layout.item_starts, axis=-1)
        failed = np.add.reduceat(failed_weight, layout.item_starts, axis=-1)
        share = np.divide(failed, total, out=np.zeros(total.shape), where=total > 0)
        sites = np.add.reduceat((total > 0).astype(np.int64), layout.block_starts, axis=-1)
        summed = np.add.reduceat(share, layout.block_starts, axis=-1)
        mean = np.divide(summed, sites, out=np.full(summed.shape, np.nan), where=sites > 0)
        return mean, sites

    def frozen_day(self, at: float) -> Floats:
        """Return the day with whose knowledge each case is judged: its block's last, or `at`."""
        return np.asarray(np.minimum(np.append(self.freezes, INF)[self.block], at), float)

    def frozen_at(self, at: float) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each closed block as it is frozen at a date."""
        share, sites = self._shares(self._layout, self.frozen_day(at)[self._layout.case])
        closed = self.closes <= at
        return np.where(closed, share, np.nan), np.where(closed, sites, 0)

    def now(self, at: float) -> BlockShares:
        """Return the closed blocks with evidence, by all that is known at a date."""
        share, sites = self._shares(self._layout, at)
        counted = (sites > 0) & (self.closes <= at)
        return BlockShares(self.week[counted], share[counted], sites[counted])

    def _late_knowledge(self) -> Iterator[tuple[Floats, Ints]]:
        """Yield the times at which something became known of closed blocks, and the blocks."""
        case_of_url = self.record.urls["case"]
        of_cases = [*self.admission.times(), self.failure.disputed.begin, self.failure.disputed.end]
        for times in of_cases:
            late = np.isfinite(times) & (times > self.close_of_case)
            yield times[late], self.block[late]
        for times in self.failure.times():
            late = np.isfinite(times) & (times > self.close_of_case[case_of_url])
            yield times[late], self.block[case_of_url][late]

    @cached_property
    def _changing(self) -> Ints:
        """Return the places of blocks of which something became known after they closed."""
        late = np.zeros(len(self), bool)
        for _, block in self._late_knowledge():
            late[block] = True
        return np.flatnonzero(late)

    def times(self) -> Floats:
        """Return the days at whose beginning a block closes, or more is known of a closed one."""
        late = (times for times, _ in self._late_knowledge())
        return np.unique(np.ceil(np.concatenate([self.closes, self.freezes, *late])))

    @cached_property
    def _at_close(self) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each block on the day on which it closed."""
        return self._shares(self._layout, self.close_of_case[self._layout.case])

    def shares_at(self, dates: Floats) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each block (row) at each date (column).

        NaN and 0 where it is not closed.
        """
        share, sites = self._at_close
        closed = self.closes[:, None] <= dates[None, :]
        shares = np.where(closed, share[:, None], np.nan)
        counts = np.where(closed, sites[:, None], 0)
        changing = self._changing
        if not len(changing):
            return shares, counts
        layout = self._layout.take(np.isin(self._layout.block, changing))
        step = max(1, _MOST_CELLS // max(1, len(layout.url)))
        for first in range(0, len(dates), step):
            columns = slice(first, first + step)
            now, sites_now = self._shares(layout, dates[columns, None])
            open_ = ~closed[changing][:, columns]
            shares[changing, columns] = np.where(open_, np.nan, now.T)
            counts[changing, columns] = np.where(open_, 0, sites_now.T)
        return shares, counts

    def frozen_shares(self, dates: Floats, shares: Floats) -> Floats:
        """Return the share of each block (row) as it is frozen at each date (column).

        `shares`: those of `shares_at` at the same dates.
        """
        share, _ = self.frozen_at(NEVER)
        return np.where(self.freezes[:, None] <= dates[None, :], share[:, None], shares)

    def e_values(self, shares: Floats) -> Floats:
        """Return E after each block (row) at each date (column)."""
        return e_process(self.week, shares, self.test.p)

    def last_closed(self, dates: Floats) -> Ints:
        """Return the place of the last block that was closed at each date; -1 before the first."""
        return np.searchsorted(self.closes, dates, side="right") - 1
