"""Operators with several names: sites that move between them, and names that may be one. Pure.

Content that moves between names of one operator is not removed: the site's clock runs on from the
first receipt by any of them. Only a person joins names; sites that move between the same few
providers before their fortnight is over are a reason to ask whether those are one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from attribution.pattern.failure import Failure, Gone, failure
from attribution.pattern.history import By, History, Record, Table, Way
from attribution.pattern.receipt import PROMPT
from attribution.pattern.times import INF, TOLERANCE, Bools, Floats, Ints

FORTNIGHT = 14.0
FEWEST_MOVES = 3
"""Sites that moved from the one to the other."""
SHARE_OF_MOVES = 1 / 3
"""Of the sites of either: who takes in what many others threw out is not suspected with each of
them.
"""
MOST_PARTNERS = 20


@dataclass(frozen=True, slots=True)
class Chain:
    """The cases of one site that moved on from name to name: rows of a record, in order."""

    cases: tuple[int, ...]


def chains(record: Record, gone: Gone) -> list[Chain]:
    """Return the sites that moved on between the names of a record."""
    if len(record.providers) < 2:
        return []
    moved_at = _moved_on(record, gone)
    site, provider, sent = (record.cases[name] for name in ("site", "provider", "sent"))
    order = np.lexsort((sent, site))
    several = np.flatnonzero(np.isfinite(moved_at))
    wanted = set(site[several].tolist())
    found: list[Chain] = []
    rows = [int(row) for row in order if int(site[row]) in wanted]
    for _, group in groupby(rows, key=lambda row: int(site[row])):
        chain: list[int] = []
        for row in group:
            goes_on = (
                bool(chain)
                and np.isfinite(moved_at[chain[-1]])
                and provider[row] != provider[chain[-1]]
            )
            if not goes_on:
                if len(chain) > 1:
                    found.append(Chain(tuple(chain)))
                chain = []
            chain.append(row)
        if len(chain) > 1:
            found.append(Chain(tuple(chain)))
    return found


def _moved_on(record: Record, gone: Gone) -> Floats:
    """Return of each case when it was first seen to have moved to another name of the record."""
    moved = (gone.way == Way.MOVED) & (np.isin(gone.to, record.providers) | (gone.to < 0))
    at = np.full(len(record.cases), INF)
    np.minimum.at(at, record.urls["case"][moved], gone.last[moved])
    return at


def failure_of_moving_sites(
    record: Record, checks: Table, start: Floats, gone: Gone, plain: Failure
) -> Failure:
    """Return the failures with those of sites that moved on between the record's names.

    The clock of such a site runs on from the first receipt, and a check at a later name shows that
    the site is online still. Known at the earliest when it is known that the names are one.
    """
    found = chains(record, gone)
    if not found:
        return plain
    case_of_check = record.urls["case"][checks["url"]]
    order = np.argsort(case_of_check, kind="stable")
    begins = np.searchsorted(case_of_check[order], np.arange(len(record.cases) + 1))
    moved = (gone.way == Way.MOVED) & (np.isin(gone.to, record.providers) | (gone.to < 0))
    since = start.copy()
    extra: list[tuple[int, float, float, int]] = []
    for chain in found:
        first = min(start[list(chain.cases)])
        since[list(chain.cases)] = np.minimum(start[list(chain.cases)], first)
        rows = [order[begins[case] : begins[case + 1]] for case in chain.cases]
        extra += _shown_later(record, checks, gone, moved, chain, rows, first + plain.horizon)
    url, until, known, compared = (
        (np.array(column) for column in zip(*extra, strict=True))
        if extra
        else ((np.array([]),) * 4)
    )
    more = Table(
        {
            "url": url.astype(np.int64),
            "until": until.astype(float),
            "known": known.astype(float),
            "compared": compared.astype(np.int8),
        }
    )
    some = Table({name: checks[name] for name in more.columns})
    stays = replace(gone, at=np.where(moved, INF, gone.at), known=np.where(moved, INF, gone.known))
    again = failure(record, Table.joined([some, more]), since, stays, plain.horizon)
    inside = np.zeros(len(record.cases), bool)
    inside[[case for chain in found for case in chain.cases]] = True
    return _earlier(plain, again, inside[record.urls["case"]], record.linked_at)


def _shown_later(
    record: Record,
    checks: Table,
    gone: Gone,
    moved: Bools,
    chain: Chain,
    rows: list[Ints],
    ripe: float,
) -> list[tuple[int, float, float, int]]:
    """Return, for each URL that moved on, the first known checks of the site at a later name."""
    found: list[tuple[int, float, float, int]] = []
    # From the last name back: (until, known) of what was seen at later ones, the first known first.
    best: dict[int, tuple[float, float]] = {}
    for place in range(len(chain.cases) - 1, -1, -1):
        if best:
            first = np.searchsorted(record.urls["case"], chain.cases[place], side="left")
            last = np.searchsorted(record.urls["case"], chain.cases[place], side="right")
            for url in np.arange(first, last)[moved[first:last]]:
                found += [
                    (int(url), until, known, compared) for compared, (until, known) in best.items()
                ]
        late = rows[place][checks["until"][rows[place]] >= ripe - TOLERANCE]
        for compared in (By.NOT_SAID, By.CONTENT):
            some = late[checks["compared"][late] >= compared]
            if len(some):
                row = some[np.argmin(checks["known"][some])]
                seen = float(checks["until"][row]), float(checks["known"][row])
                if compared not in best or seen[1] < best[compared][1]:
                    best[int(compared)] = seen
    return found


def _earlier(plain: Failure, again: Failure, inside: Bools, linked_at: float) -> Failure:
    def least(one: Floats, other: Floats) -> Floats:
        return np.where(inside, np.minimum(one, np.maximum(other, linked_at)), one)

    return replace(
        plain, firm=least(plain.firm, again.firm), compared=least(plain.compared, again.compared)
    )


@dataclass(frozen=True, slots=True)
class Flow:
    """Sites that moved from one provider to another before their fortnight was over."""

    sites: int
    stay: float
    """Median of days between notice and move."""


def flows(history: History, at: float) -> dict[tuple[str, str], Flow]:
    """Return who hands how many sites to whom, where that is much of what either has."""
    moves = history.moves
    moves = moves.take(moves["known"] <= at)
    moves = moves.take(moves["last"] - moves["sent"] <= FORTNIGHT)
    stays: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)
    for here, there, site, last, sent in zip(
        *(moves[name].tolist() for name in ("provider", "to", "site", "last", "sent")), strict=True
    ):
        if here != there:
            stays[here, there].setdefault(site, last - sent)
    sites: dict[str, int] = {}

    def count(name: str) -> int:
        if name not in sites:
            sites[name] = len(history.sites_at(name))
        return sites[name]

    found: dict[tuple[str, str], Flow] = {}
    for (here, there), by_site in stays.items():
        pair = history.names[here], history.names[there]
        if len(by_site) < FEWEST_MOVES or pair[1] not in history.providers:
            continue
        if len(by_site) >= SHARE_OF_MOVES * max(count(pair[0]), count(pair[1])):
            found[pair] = Flow(len(by_site), float(np.median(list(by_site.values()))))
    return found


def perhaps_one(found: dict[tuple[str, str], Flow]) -> list[frozenset[str]]:
    """Return groups of names between which sites move, so that a person may ask whether they are
    one.

    Who throws customers out within a day is no partner of who takes them in, unless sites come
    back.
    """
    graph: dict[str, set[str]] = defaultdict(set)
    for here, there in found:
        graph[here].add(there)
    back = {pair for pair in found if pair[0] in _reached(graph, pair[1])}
    joined: dict[str, set[str]] = defaultdict(set)
    for pair, flow in found.items():
        if flow.stay > PROMPT or pair in back:
            joined[pair[0]].add(pair[1])
            joined[pair[1]].add(pair[0])
    groups, seen = [], set[str]()
    for name in sorted(joined):
        if name not in seen:
            group = _reached(joined, name) | {name}
            seen |= group
            groups.append(frozenset(group))
    return [group for group in groups if len(group) > 1]


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    seen, todo = set[str](), [start]
    while todo:
        for name in graph.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen
