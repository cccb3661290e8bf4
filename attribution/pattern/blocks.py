"""Blocks: calendar weeks in which clocks started, each frozen with what was known when its horizon
closed. Pure.

X of a block is the mean over its sites of the share of their URLs that failed. Beside the frozen
blocks stand the same blocks with all that is known at a look: E must reach the threshold by both,
so
that corrections help the provider and late proofs never hurt it.

A proof of receipt may become known up to 45 days after the notice. So a block is judged when its
horizon closes, and frozen 33 days after its weeks ended, where that is later: what a single late
proof admits spans less than the 42 days that a flag needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attribution.pattern.admission import Admission
from attribution.pattern.betting import e_process
from attribution.pattern.failure import Failure
from attribution.pattern.history import Record
from attribution.pattern.receipt import within
from attribution.pattern.tests import CHECK_DAYS, Test
from attribution.pattern.times import INF, Bools, Floats, Ints, week_of, week_starts

FROZEN_AFTER = 33.0
"""Days after the block's weeks at which it is frozen at the earliest."""
_MOST_CELLS = 2_000_000
"""Looks x URLs that are worked on at once: what bounds the memory."""


@dataclass(frozen=True, slots=True)
class Table:
    """The blocks that were closed at a look, in order."""

    week: Ints
    """The absolute number of each block's first week."""
    share: Floats
    sites: Ints


class Blocks:
    """One test's blocks of one provider."""

    def __init__(self, record: Record, test: Test, admission: Admission, failure: Failure) -> None:
        self.record, self.test, self.admission, self.failure = record, test, admission, failure
        start = admission.clock.start
        started = np.isfinite(start)
        number = np.where(started, week_of(np.where(started, start, 0.0)) // test.weeks, 0)
        self.numbers = np.unique(number[started])
        place = np.where(started, np.searchsorted(self.numbers, number), -1)
        self.block: Ints = place
        """Of each case, the place of its block; -1 where its clock never started."""
        self.week: Ints = self.numbers * test.weeks
        over = week_starts((self.numbers + 1.0) * test.weeks)
        self.closes: Floats = over + test.horizon + CHECK_DAYS
        self.freezes: Floats = np.maximum(self.closes, over + FROZEN_AFTER)
        case = record.urls["case"]
        urls = np.flatnonzero(place[case] >= 0)
        site = record.cases["site"][case[urls]].astype(np.int64)
        block = place[case[urls]]
        order = np.lexsort((site, block))
        self._urls: Ints = urls[order]
        """The URLs of cases with a clock, ordered by block and site."""
        self._case: Ints = case[self._urls]
        site, block = site[order], block[order]
        fresh = (
            np.concatenate([[True], (site[1:] != site[:-1]) | (block[1:] != block[:-1])])
            if len(site)
            else np.array([], bool)
        )
        self._item_begins: Ints = np.flatnonzero(fresh)
        self.item_site: Ints = site[self._item_begins]
        self.item_block: Ints = block[self._item_begins]
        self._weight: Floats = record.urls["weight"][self._urls]

    @cached_property
    def close_of_case(self) -> Floats:
        """Return when each case's block closed; inf where it has none."""
        return np.asarray(np.append(self.closes, INF)[self.block], float)

    def items(self, counted: Bools, failed: Bools) -> tuple[Floats, Floats]:
        """Return (share that failed, URLs that count) of each site of each block; NaN where none
        count.
        """
        return self._items(counted[self._case], failed[self._urls])

    def _items(self, counted: Bools, failed: Bools) -> tuple[Floats, Floats]:
        if not len(self._item_begins):
            empty = np.zeros((*counted.shape[:-1], 0))
            return empty, empty
        weight = counted * self._weight
        total = np.add.reduceat(weight, self._item_begins, axis=-1)
        bad = np.add.reduceat(weight * failed, self._item_begins, axis=-1)
        return np.divide(bad, total, out=np.full(total.shape, np.nan), where=total > 0), total

    def _of_blocks(self, share: Floats) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each block, from those of its sites."""
        counts = ~np.isnan(share)
        begins = np.searchsorted(self.item_block, np.arange(len(self.numbers)))
        if not len(begins):
            return np.zeros(share.shape), np.zeros(share.shape, np.int64)
        sites = np.add.reduceat(counts.astype(np.int64), begins, axis=-1)
        total = np.add.reduceat(np.where(counts, share, 0.0), begins, axis=-1)
        return np.divide(total, sites, out=np.full(total.shape, np.nan), where=sites > 0), sites

    def failed(self, at: Floats | float) -> Bools:
        """Say which URLs have failed at a look, or each at its own, disputes set aside."""
        case = self.record.urls["case"]
        disputed = within(self.failure.disputed, at if np.ndim(at) == 0 else np.asarray(at))
        return np.asarray(
            self.failure.failed(at if np.ndim(at) == 0 else np.asarray(at)[case]) & ~disputed[case]
        )

    def frozen_day(self, at: float) -> Floats:
        """Return of each case the day with whose knowledge it is looked at: its block's last, or
        the look's.
        """
        return np.asarray(np.minimum(np.append(self.freezes, INF)[self.block], at), float)

    def frozen_at(self, at: float) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each closed block as it is frozen at a look."""
        day = self.frozen_day(at)
        share = self.items(self.admission.counts(day), self.failed(day))[0]
        return self._of_blocks(np.where(self.closes[self.item_block] <= at, share, np.nan))

    def items_now(self, at: float) -> Floats:
        """Return the share of each site of each closed block with all that is known at a look."""
        share = self.items(self.admission.counts(at), self.failed(at))[0]
        return np.where(self.closes[self.item_block] <= at, share, np.nan)

    def now(self, at: float) -> Table:
        """Return the closed blocks with evidence, by all that is known at a look."""
        share, sites = self._of_blocks(self.items_now(at))
        some = sites > 0
        return Table(self.week[some], share[some], sites[some])

    @cached_property
    def _changing(self) -> Ints:
        """Return the places of blocks of which something became known after they closed."""
        late = np.zeros(len(self.numbers), bool)
        close = self.close_of_case
        times = [*self.admission.times(), *self.failure.disputed]
        for time in times:
            rows = np.isfinite(time) & (time > close) & (self.block >= 0)
            late[self.block[rows]] = True
        close, block = close[self.record.urls["case"]], self.block[self.record.urls["case"]]
        for time in self.failure.times():
            rows = np.isfinite(time) & (time > close) & (block >= 0)
            late[block[rows]] = True
        return np.flatnonzero(late)

    def times(self) -> Floats:
        """Return the days at whose beginning a block closes, or something new is known of a closed
        one.
        """
        close = self.close_of_case
        found = [self.closes, self.freezes]
        of_cases = (*self.admission.times(), *self.failure.disputed)
        found += [time[np.isfinite(time) & (time > close)] for time in of_cases]
        close = close[self.record.urls["case"]]
        found += [time[np.isfinite(time) & (time > close)] for time in self.failure.times()]
        return np.unique(np.ceil(np.concatenate(found)))

    @cached_property
    def _at_close(self) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each block on the day on which it closed."""
        close = self.close_of_case
        return self._of_blocks(self.items(self.admission.counts(close), self.failed(close))[0])

    def shares_at(self, looks: Floats) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) of each block (row) at each look (column), NaN where
        it is not closed.
        """
        share, sites = self._at_close
        closed = self.closes[:, None] <= looks[None, :]
        shares = np.where(closed, share[:, None], np.nan)
        counts = np.where(closed, sites[:, None], 0)
        changing = self._changing
        if not len(changing):
            return shares, counts
        urls = np.isin(self.block[self._case], changing)
        part = _Part(self, urls)
        step = max(1, _MOST_CELLS // max(1, int(urls.sum())))
        for begin in range(0, len(looks), step):
            some = looks[begin : begin + step]
            now, many = part.at(some)
            columns = slice(begin, begin + len(some))
            open_ = ~closed[changing][:, columns]
            shares[changing, columns] = np.where(open_, np.nan, now.T)
            counts[changing, columns] = np.where(open_, 0, many.T)
        return shares, counts

    def frozen_shares(self, looks: Floats, shares: Floats) -> Floats:
        """Return the share of each block (row) as it is frozen at each look (column), from
        `shares_at` of them.
        """
        share, _ = self.frozen_at(INF)
        return np.where(self.freezes[:, None] <= looks[None, :], share[:, None], shares)

    def e_values(self, shares: Floats) -> Floats:
        """Return E after each block (row) at each look (column)."""
        return e_process(self.week, shares, self.test.p)

    def last_closed(self, looks: Floats) -> Ints:
        """Return the place of the last block that was closed at each look; -1 before the first."""
        return np.searchsorted(self.closes, looks, side="right") - 1


class _Part:
    """The blocks of which something became known late, at many looks at once."""

    def __init__(self, blocks: Blocks, urls: Bools) -> None:
        self._blocks = blocks
        self._rows = blocks._urls[urls]
        self._case, self._weight = blocks._case[urls], blocks._weight[urls]
        self._cases, self._place = np.unique(self._case, return_inverse=True)
        items = np.repeat(
            np.arange(len(blocks._item_begins)),
            np.diff(np.append(blocks._item_begins, len(blocks._urls))),
        )[urls]
        self._item_begins = np.flatnonzero(np.concatenate([[True], items[1:] != items[:-1]]))
        block = blocks.block[self._case][self._item_begins]
        self._block_begins = np.flatnonzero(np.concatenate([[True], block[1:] != block[:-1]]))

    def at(self, looks: Floats) -> tuple[Floats, Ints]:
        """Return (mean share, number of sites) at each look (row) of each block (column)."""
        failure, at = self._blocks.failure, looks[:, None]
        counted = self._blocks.admission.counts_at_looks(looks, self._cases)[:, self._place]
        failed = failure.firm[self._rows][None, :] <= at
        soft = failure.soft[self._rows]
        if np.isfinite(soft).any():
            failed |= (soft[None, :] <= at) & (failure.unless[self._rows][None, :] > at)
        begin, end = (span[self._case] for span in failure.disputed)
        if np.isfinite(begin).any():
            failed &= ~((begin[None, :] <= at) & ~(end[None, :] <= at))
        weight = counted * self._weight
        total = np.add.reduceat(weight, self._item_begins, axis=1)
        bad = np.add.reduceat(weight * failed, self._item_begins, axis=1)
        share = np.divide(bad, total, out=np.zeros(total.shape), where=total > 0)
        sites = np.add.reduceat((total > 0).astype(np.int64), self._block_begins, axis=1)
        summed = np.add.reduceat(share, self._block_begins, axis=1)
        return np.divide(summed, sites, out=np.full(summed.shape, np.nan), where=sites > 0), sites
