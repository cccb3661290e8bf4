"""Failure: what proves that a URL was still there when its time was over. Pure.

A URL failed at d days when it was proven online at or after receipt + d and not seen gone before;
or, seen gone, when it was nevertheless proven online on at least three quarters of the days up to
d. A failure counts only when the check that proves it says that the provider's address gave the
content, or our own lookup within a day of the check had all of the name's addresses there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from attribution.pattern.arrays import (
    ALL,
    INF,
    Bools,
    Floats,
    Ints,
    Rows,
    Span,
    least_of_each,
    run_starts,
    unique_pairs,
)
from attribution.pattern.columns import Table
from attribution.pattern.record import Record
from attribution.pattern.signs import SERVER_NOT_STATED, Comparison, EndKind, Sign
from attribution.pattern.times import TOLERANCE, week_of

MOST_OF_THE_DAYS = 0.75
"""Share of the days on which content is proven online that was taken down in between."""
LOOKED_UP_WITHIN = 1.0
"""Days between the lookup when the notice was sent and a check that it speaks for."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Of each URL, the first time that it was seen gone; inf where it never was."""

    at: Floats
    known: Floats
    last: Floats
    """When it was last seen online before."""
    way: Ints
    """`EndKind`, or 0."""
    to: Ints
    """The provider to which it moved, or -1."""

    @classmethod
    def of(cls, record: Record) -> Gone:
        """Read it from a record's ends."""
        count, ends = len(record.urls), record.ends
        ends = ends.take(np.lexsort((ends["known"], ends["at"], ends["url"])))
        first = ends.take(run_starts(ends["url"]))

        def of_each(name: str, otherwise: float, kind: type) -> np.ndarray:
            column: np.ndarray = np.full(count, otherwise, kind)
            column[first["url"]] = first[name]
            return column

        return cls(
            at=of_each("at", INF, float),
            known=of_each("known", INF, float),
            last=of_each("last", -INF, float),
            way=of_each("way", 0, np.int64),
            to=of_each("to", -1, np.int64),
        )

    def moved_within(self, record: Record) -> Bools:
        """Say which URLs moved on to another name of the record, or to nobody who is named."""
        inside = np.isin(self.to, record.providers) | (self.to < 0)
        return np.asarray((self.way == EndKind.MOVED) & inside)

    def seen_by(self, at: float) -> Bools:
        """Say which URLs were gone at a date, and known to be."""
        return (self.at <= at) & (self.known <= at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """On what it rests which URLs failed."""

    record: Record
    checks: Table
    """Those that count: the provider's address gave the content, in no bad week of the checker."""
    start: Floats
    """Of each case, its clock."""
    gone: Gone


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Of each URL, since when it is known to have failed at a horizon; inf where it did not."""

    horizon: float
    firm: Floats
    soft: Floats
    """The same, by a check later than an end that became known only at `unless`."""
    unless: Floats
    compared: Floats
    """The same as `firm` and `soft`, by checks that compared the content, or by a person."""
    disputed: Span
    """Of each case, from when to when a stated legal ground suspends it."""

    def failed(self, at: Floats | float, urls: Rows = ALL) -> Bools:
        """Say which URLs have failed at a date: one for all, one a URL, or a column of dates."""
        failed = self.firm[urls] <= at
        if self._any_soft:
            failed = failed | ((self.soft[urls] <= at) & (self.unless[urls] > at))
        return np.asarray(failed)

    @cached_property
    def _any_soft(self) -> bool:
        return bool(np.isfinite(self.soft).any())

    def with_longer(self, longer: Failure) -> Failure:
        """Return the failures with those at a longer horizon: they failed at this one, too."""
        return replace(
            self,
            firm=np.minimum(self.firm, longer.firm),
            compared=np.minimum(self.compared, longer.compared),
        )

    def times(self) -> list[Floats]:
        """Return every time of a URL at which knowledge may change whether it failed."""
        return [self.firm, self.soft, np.where(np.isfinite(self.soft), self.unless, INF)]


def served_by_provider(record: Record, *, lenient: bool) -> Bools:
    """Say of each check whether it shows that the provider's own address gave the content.

    `lenient` is for histories in which no check says who served: a name that pointed at one
    provider alone is then taken to have stayed there, and nothing goes further than
    `non_responsive`.
    """
    server = record.checks["server"]
    case = record.urls["case"][record.checks["url"]]
    alone = record.cases["candidates"][case] == 1
    soon = record.checks["until"] <= record.cases["sent"][case] + LOOKED_UP_WITHIN
    shown = np.isin(server, record.providers) | ((server < 0) & alone & soon)
    if lenient:
        shown |= (server == SERVER_NOT_STATED) & alone
    return np.asarray(shown)


def failure(observations: Observations, horizon: float, *, disputes: bool = False) -> Failure:
    """Return since when each URL is known to have failed at a horizon, in days.

    With `disputes`, a stated legal ground suspends a case.
    """
    record, checks, gone = observations.record, observations.checks, observations.gone
    count = len(record.urls)
    url, known = checks["url"], checks["known"]
    age = checks["until"] - observations.start[record.urls["case"][url]]
    proves = age >= horizon - TOLERANCE
    before_end = checks["until"] <= gone.at[url] + TOLERANCE

    def first_known(rows: Bools) -> Floats:
        return least_of_each(url[rows], count, known[rows])

    by_content = checks["compared"] >= Comparison.CONTENT
    on_most_days = _on_most_days(checks, age, count, horizon)
    on_most_days_by_content = _on_most_days(
        checks.take(by_content), age[by_content], count, horizon
    )
    return Failure(
        horizon=horizon,
        firm=np.minimum(first_known(proves & before_end), on_most_days),
        soft=first_known(proves & ~before_end & (known < gone.known[url])),
        unless=gone.known,
        compared=np.minimum(first_known(proves & by_content), on_most_days_by_content),
        disputed=_disputed(record) if disputes else Span.never(len(record.cases)),
    )


def _on_most_days(checks: Table, age: Floats, count: int, horizon: float) -> Floats:
    """Return since when a URL is known to have been online on three quarters of the days.

    It must have been there again when its time was over, too, at most a quarter of it later: who
    removes at the last moment removed. `age`: days since the clock of each check.
    """
    url, known = checks["url"], checks["known"]
    needed = math.ceil(MOST_OF_THE_DAYS * horizon)
    end = (age >= horizon - TOLERANCE) & (age <= horizon * (2 - MOST_OF_THE_DAYS) + TOLERANCE)
    again = least_of_each(url[end], count, known[end])
    inside = (age > TOLERANCE) & (age <= horizon + TOLERANCE)
    often = (np.bincount(url[inside], minlength=count) >= needed) & np.isfinite(again)
    inside &= often[url]
    since = np.full(count, INF)
    if not inside.any():
        return since
    day = np.ceil(age[inside] - TOLERANCE).astype(np.int64)
    of_url, _, place = unique_pairs(url[inside], day, int(horizon) + 2)
    first = least_of_each(place, len(of_url), known[inside])
    # The day that is the last of those needed, in the order in which they became known.
    order = np.lexsort((first, of_url))
    ordered = of_url[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered, side="left")
    enough = order[rank == needed - 1]
    since[of_url[enough]] = np.maximum(first[enough], again[of_url[enough]])
    return since


def _disputed(record: Record) -> Span:
    """Return from when a stated legal ground suspends a case, until illegality is confirmed."""
    count = len(record.cases)
    disputes = record.signs_of(Sign.DISPUTED)
    confirmations = record.signs_of(Sign.ILLEGALITY_CONFIRMED)
    begin = least_of_each(disputes["case"], count, disputes["known"])
    begin[record.cases["baseline"].astype(bool)] = INF
    return Span(begin, least_of_each(confirmations["case"], count, confirmations["known"]))


def decision_week(start: Floats, horizon: float) -> Ints:
    """Return the week in which it is decided whether a case failed."""
    return week_of(np.where(np.isfinite(start), start + horizon, 0.0))
