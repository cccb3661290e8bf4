"""Operators with several names: sites that move between them, and names that may be one. Pure.

Content that moves between names of one operator is not removed: the site's clock runs on from the
first receipt by any of them. Only a person joins names; sites that move between the same few
providers before their fortnight is over are a reason to ask whether those are one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np

from attribution.pattern.arrays import INF, Bools, Floats, Ints
from attribution.pattern.columns import Table, begins
from attribution.pattern.failure import Failure, Observations, failure
from attribution.pattern.history import History
from attribution.pattern.receipt import PROMPT
from attribution.pattern.record import Record
from attribution.pattern.signs import Comparison
from attribution.pattern.times import TOLERANCE, Day

FORTNIGHT = 14.0
FEWEST_MOVES = 3
"""Sites that moved from one provider to the other."""
SHARE_OF_MOVES = 1 / 3
"""Of the sites of either: who takes in what many others threw out is not suspected with each of
them.
"""
MOST_PARTNERS = 20

Chain = tuple[int, ...]
"""The cases of one site that moved on from name to name: rows of a record, in order."""


class _Sighting(NamedTuple):
    """A check that shows a site online at a later name of its chain."""

    url: int
    until: float
    known: float
    compared: int


def chains(record: Record, moved: Bools) -> list[Chain]:
    """Return the sites that moved on between the names of a record; `moved`: of each URL."""
    if len(record.providers) < 2:
        return []
    moved_on = np.zeros(len(record.cases), bool)
    moved_on[record.urls["case"][moved]] = True
    site, provider, sent = (record.cases[name] for name in ("site", "provider", "sent"))
    order = np.lexsort((sent, site))
    rows = order[np.isin(site[order], site[moved_on])].tolist()
    result: list[Chain] = []
    for _, cases in groupby(rows, key=lambda row: int(site[row])):
        chain: list[int] = []
        for row in cases:
            last = chain[-1] if chain else None
            if last is None or not moved_on[last] or provider[row] == provider[last]:
                result.append(tuple(chain))
                chain = []
            chain.append(row)
        result.append(tuple(chain))
    return [chain for chain in result if len(chain) > 1]


def failure_of_moving_sites(observations: Observations, plain: Failure) -> Failure:
    """Return the failures with those of sites that moved on between the record's names.

    The clock of such a site runs on from the first receipt, and a check at a later name shows that
    the site is online still. Known at the earliest when it is known that the names are one.
    """
    record, gone, start = observations.record, observations.gone, observations.start
    moved = gone.moved_within(record)
    moving = chains(record, moved)
    if not moving:
        return plain
    checks = observations.checks
    by_case = checks.with_column("case", record.urls["case"][checks["url"]]).ordered_by("case")
    first_check = begins(by_case["case"], len(record.cases))
    first_url = begins(record.urls["case"], len(record.cases))
    since = start.copy()
    later: list[_Sighting] = []
    for chain in moving:
        first = since[list(chain)] = min(start[list(chain)])
        steps = [
            _Step(
                moved_urls=first_url[case]
                + np.flatnonzero(moved[first_url[case] : first_url[case + 1]]),
                checks=by_case.take(slice(first_check[case], first_check[case + 1])),
            )
            for case in chain
        ]
        later += _seen_later(steps, first + plain.horizon)
    stays = replace(gone, at=np.where(moved, INF, gone.at), known=np.where(moved, INF, gone.known))
    again = failure(
        replace(observations, checks=_with_sightings(checks, later), start=since, gone=stays),
        plain.horizon,
    )
    inside = np.zeros(len(record.cases), bool)
    inside[[case for chain in moving for case in chain]] = True
    return _earlier(plain, again, inside[record.urls["case"]], record.linked_at)


@dataclass(frozen=True, slots=True)
class _Step:
    """One name of a chain: the site's URLs that moved on from it, and the checks there."""

    moved_urls: Ints
    checks: Table


def _seen_later(steps: list[_Step], ripe: float) -> list[_Sighting]:
    """Return, for each URL that moved on, the first known checks of the site at a later name.

    `ripe`: from when on a check shows that the site's time was over.
    """
    sightings: list[_Sighting] = []
    first_known: dict[Comparison, tuple[float, float]] = {}
    """(until, known) of the first known check at later names, by how surely it compared."""
    for step in reversed(steps):
        sightings += [
            _Sighting(url, until, known, compared)
            for url in step.moved_urls.tolist()
            for compared, (until, known) in first_known.items()
        ]
        late = step.checks.take(step.checks["until"] >= ripe - TOLERANCE)
        for compared in (Comparison.NOT_STATED, Comparison.CONTENT):
            checks = late.take(late["compared"] >= compared)
            if len(checks):
                row = np.argmin(checks["known"])
                known = float(checks["known"][row])
                if compared not in first_known or known < first_known[compared][1]:
                    first_known[compared] = float(checks["until"][row]), known
    return sightings


def _with_sightings(checks: Table, sightings: list[_Sighting]) -> Table:
    """Return checks with sightings below them."""
    return Table(
        {
            name: np.append(
                checks[name],
                np.array([getattr(s, name) for s in sightings], checks[name].dtype),
            )
            for name in _Sighting._fields
        }
    )


def _earlier(plain: Failure, again: Failure, inside: Bools, linked_at: Day) -> Failure:
    """Return the failures with those of moving sites where these were known earlier."""

    def least(times: Floats, times_again: Floats) -> Floats:
        known = np.minimum(times, np.maximum(times_again, linked_at))
        return np.where(inside, known, times)

    return replace(
        plain, firm=least(plain.firm, again.firm), compared=least(plain.compared, again.compared)
    )


class Pair(NamedTuple):
    """The names of two providers: sites move from the one to the other."""

    origin: str
    target: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Sites that moved from one provider to another before their fortnight was over."""

    sites: int
    stay: float
    """Median of days between notice and move."""


def flows(history: History, at: Day) -> dict[Pair, Flow]:
    """Return who hands how many sites to whom, where that is much of what either has."""
    moves = history.moves
    moves = moves.take(
        (moves["known"] <= at)
        & (moves["last"] - moves["sent"] <= FORTNIGHT)
        & (moves["provider"] != moves["to"])
    )
    stays: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)
    for origin, target, site, stay in zip(
        moves["provider"].tolist(),
        moves["to"].tolist(),
        moves["site"].tolist(),
        (moves["last"] - moves["sent"]).tolist(),
        strict=True,
    ):
        stays[origin, target].setdefault(site, stay)
    result: dict[Pair, Flow] = {}
    for (origin, target), stay_of_site in stays.items():
        pair = Pair(history.names[origin], history.names[target])
        if len(stay_of_site) < FEWEST_MOVES or pair.target not in history.providers:
            continue
        most_sites = max(len(history.sites_at(name)) for name in pair)
        if len(stay_of_site) >= SHARE_OF_MOVES * most_sites:
            result[pair] = Flow(len(stay_of_site), float(np.median(list(stay_of_site.values()))))
    return result


def possible_operators(flow_of: dict[Pair, Flow]) -> list[frozenset[str]]:
    """Return groups of names between which sites move, so that a person may ask if they are one.

    Who throws customers out within a day is no partner of who takes them in, unless sites come
    back.
    """
    graph: dict[str, set[str]] = defaultdict(set)
    for pair in flow_of:
        graph[pair.origin].add(pair.target)
    joined: dict[str, set[str]] = defaultdict(set)
    for pair, flow in flow_of.items():
        if flow.stay > PROMPT or pair.origin in _reached(graph, pair.target):
            joined[pair.origin].add(pair.target)
            joined[pair.target].add(pair.origin)
    return sorted({frozenset(_reached(joined, name) | {name}) for name in joined}, key=min)


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return the names to which edges of a graph lead, in any number of steps."""
    reached, to_visit = set[str](), [start]
    while to_visit:
        for name in graph.get(to_visit.pop(), ()):
            if name not in reached:
                reached.add(name)
                to_visit.append(name)
    return reached
