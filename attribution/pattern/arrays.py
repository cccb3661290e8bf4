"""Arrays in which rows belong to owners: least value of each, runs, pairs, spans of time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.generic] | slice
"""Some rows of an array: a mask, numbers or a slice."""
INF = np.inf
"""Stands for never."""
ALL = slice(None)


@dataclass(frozen=True)
class Span:
    """Of each row, the dates from which and until which something is known to hold; inf: never."""

    begin: Floats
    end: Floats

    @classmethod
    def never(cls, count: int) -> Span:
        """Return spans that never begin."""
        return cls(np.full(count, INF), np.full(count, INF))

    @classmethod
    def joined(cls, spans: Sequence[Span]) -> Span:
        """Return the rows of several below one another."""
        return cls(*(np.concatenate([getattr(s, end) for s in spans]) for end in ("begin", "end")))

    def covers(self, at: Floats | float, rows: Rows = ALL) -> Bools:
        """Say which rows hold at a date: one for all, one a row, or a column of dates."""
        return np.asarray((self.begin[rows] <= at) & ~(self.end[rows] <= at))

    @cached_property
    def ever_begins(self) -> bool:
        """Whether anything holds at any date: most spans of a history never begin."""
        return bool(np.isfinite(self.begin).any())


def least_of_each(owner: Ints, count: int, values: Floats) -> Floats:
    """Return the least value of each of `count` owners; inf where it has none."""
    least = np.full(count, INF)
    np.minimum.at(least, owner, values)
    return least


def run_starts(*columns: np.ndarray) -> Ints:
    """Return the rows at which a run of equal values begins, in any of some columns."""
    if not len(columns[0]):
        return np.array([], np.int64)
    changes = [column[1:] != column[:-1] for column in columns]
    return np.flatnonzero(np.concatenate([[True], np.logical_or.reduce(changes)]))


def unique_pairs(first: Ints, second: Ints, width: int) -> tuple[Ints, Ints, Ints]:
    """Return (first, second, place of each row) of the different pairs, in order.

    `second` is from 0 to less than `width`. Two columns as one number: many times faster than
    `numpy.unique` by rows.
    """
    keys, place = np.unique(first.astype(np.int64) * width + second, return_inverse=True)
    return *np.divmod(keys, width), place


def least_between(values: Floats, begin: Ints, end: Ints) -> Floats:
    """Return the least of `values[begin:end]` for each pair; inf where that is empty.

    A sparse table: n log n to make, and two lookups a pair (Bender & Farach-Colton 2000). Level k
    holds the least of each 2^k values in a row; two of them, which may overlap, cover any range.
    """
    least = np.full(len(begin), INF)
    pairs = end > begin
    if not pairs.any():
        return least
    levels, width = [values], 1
    while 2 * width <= len(values):
        levels.append(np.minimum(levels[-1][:-width], levels[-1][width:]))
        width *= 2
    begin, end = begin[pairs], end[pairs]
    level_of_pair = np.frexp((end - begin).astype(float))[1] - 1
    answer = np.empty(len(begin))
    for level in np.unique(level_of_pair):
        same = level_of_pair == level
        left, right = levels[level][begin[same]], levels[level][end[same] - 2**level]
        answer[same] = np.minimum(left, right)
    least[pairs] = answer
    return least
