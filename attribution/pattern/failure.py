"""Failure: what proves that a URL was still there when its time was over. Pure.

A URL failed at d days when it was proven online at or after receipt + d and not seen gone before;
or, seen gone, when it was nevertheless proven online on at least three quarters of the days up to
d.
A failure counts only when the check that proves it says that the provider's address gave the
content, or our own look-up within a day of the check had all of the name's addresses there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from attribution.pattern.history import NOT_SAID, By, Record, Sign, Table, first_of
from attribution.pattern.times import INF, TOLERANCE, Bools, Floats, Ints, week_of

MOST_OF_THE_DAYS = 0.75
"""Share of the days on which content is proven online that was taken down in between."""
LOOKED_UP_WITHIN = 1.0
"""Days between the look-up when the notice was sent and a check that it speaks for."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Of each URL, the first time that it was seen gone: when, since when that is known, last seen,
    how.
    """

    at: Floats
    known: Floats
    last: Floats
    way: Ints
    to: Ints

    @classmethod
    def of(cls, record: Record) -> Gone:
        """Read it from a record's ends."""
        count, ends = len(record.urls), record.ends
        at, known, last = np.full(count, INF), np.full(count, INF), np.full(count, -INF)
        way, to = np.zeros(count, np.int64), np.full(count, -1, np.int64)
        order = np.lexsort((ends["known"], ends["at"], ends["url"]))
        url = ends["url"][order]
        if len(url):
            rows = order[np.concatenate([[True], url[1:] != url[:-1]])]
            url = ends["url"][rows]
            at[url], known[url], last[url] = (
                ends["at"][rows],
                ends["known"][rows],
                ends["last"][rows],
            )
            way[url], to[url] = ends["way"][rows], ends["to"][rows]
        return cls(at, known, last, way, to)


@dataclass(frozen=True, slots=True)
class Failure:
    """Of each URL, since when it is known to have failed at a horizon; inf where it did not.

    `unless`: what proves it is later than an end that became known only then. `compared`: the same
    of checks that compared the content, or by a person.
    """

    horizon: float
    firm: Floats
    soft: Floats
    unless: Floats
    compared: Floats
    disputed: tuple[Floats, Floats]
    """Of each case, from when to when a stated legal ground suspends it."""

    def failed(self, at: Floats | float, urls: np.ndarray | slice = slice(None)) -> Bools:
        """Say which URLs have failed at a look, or each at its own."""
        return np.asarray(
            (self.firm[urls] <= at) | ((self.soft[urls] <= at) & (self.unless[urls] > at))
        )

    def with_longer(self, longer: Failure) -> Failure:
        """Return the failures with those at a longer horizon: what was not removed by then was not
        removed before.
        """
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
    provider
    alone is then taken to have stayed there, and nothing goes further than `non_responsive`.
    """
    server = record.checks["server"]
    case = record.urls["case"][record.checks["url"]]
    alone = record.cases["candidates"][case] == 1
    soon = record.checks["until"] <= record.cases["sent"][case] + LOOKED_UP_WITHIN
    shown = np.isin(server, record.providers) | ((server < 0) & alone & soon)
    if lenient:
        shown |= (server == NOT_SAID) & alone
    return np.asarray(shown)


def failure(
    record: Record,
    checks: Table,
    start: Floats,
    gone: Gone,
    horizon: float,
    *,
    disputes: bool = False,
) -> Failure:
    """Return since when each URL is known to have failed at a horizon.

    `checks` are those that count: the provider's address gave the content, and the checker had no
    bad week. `start` is each case's clock.
    """
    count, cases = len(record.urls), len(record.cases)
    url, known = checks["url"], checks["known"]
    age = checks["until"] - start[record.urls["case"][url]]
    proves = age >= horizon - TOLERANCE
    before_end = checks["until"] <= gone.at[url] + TOLERANCE
    early_known = known < gone.known[url]
    firm = first_of(url[proves & before_end], count, known[proves & before_end])
    late = proves & ~before_end & early_known
    soft = first_of(url[late], count, known[late])
    compared = checks["compared"] >= By.CONTENT
    best = first_of(url[proves & compared], count, known[proves & compared])
    blinking = _on_most_days(url, known, age, count, horizon)
    best = np.minimum(
        best, _on_most_days(url[compared], known[compared], age[compared], count, horizon)
    )
    never = np.full(cases, INF)
    return Failure(
        horizon,
        np.minimum(firm, blinking),
        soft,
        gone.known,
        best,
        _disputed(record) if disputes else (never, never),
    )


def _on_most_days(url: Ints, known: Floats, age: Floats, count: int, horizon: float) -> Floats:
    """Return since when a URL is known to have been online on three quarters of the days up to a
    horizon.

    It must have been there again when its time was over, too, at most a quarter of it later: who
    removes at the last moment removed.
    """
    needed = math.ceil(MOST_OF_THE_DAYS * horizon)
    end = (age >= horizon - TOLERANCE) & (age <= horizon * (2 - MOST_OF_THE_DAYS) + TOLERANCE)
    again = first_of(url[end], count, known[end])
    inside = (age > TOLERANCE) & (age <= horizon + TOLERANCE)
    most = (np.bincount(url[inside], minlength=count) >= needed) & np.isfinite(again)
    inside &= most[url]
    found = np.full(count, INF)
    if not inside.any():
        return found
    width = int(horizon) + 2
    key = url[inside].astype(np.int64) * width + np.ceil(age[inside] - TOLERANCE).astype(np.int64)
    keys, place = np.unique(key, return_inverse=True)
    first = first_of(place, len(keys), known[inside])
    who = keys // width
    order = np.lexsort((first, who))
    ordered = who[order]
    begins = np.searchsorted(ordered, ordered, side="left")
    rank = np.arange(len(order)) - begins
    enough = order[rank == needed - 1]
    found[who[enough]] = np.maximum(first[enough], again[who[enough]])
    return found


def _disputed(record: Record) -> tuple[Floats, Floats]:
    """Return from when to when a case is suspended: by a stated legal ground, until illegality is
    confirmed.
    """
    count = len(record.cases)
    said, confirmed = record.signs_of(Sign.DISPUTED), record.signs_of(Sign.ILLEGALITY_CONFIRMED)
    begin = first_of(said["case"], count, said["known"])
    begin[record.cases["baseline"].astype(bool)] = INF
    return begin, first_of(confirmed["case"], count, confirmed["known"])


def decision_week(start: Floats, horizon: float) -> Ints:
    """Return the week in which it is decided whether a case failed."""
    return week_of(np.where(np.isfinite(start), start + horizon, 0.0))
