"""A history as columns, sorted by provider: what the method needs and nothing else. Pure.

`History.record` cuts out the rows of one provider, or of several names that are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from attribution.history.rows import JOINING, AliasKind, AliasRow
from attribution.pattern.arrays import Ints
from attribution.pattern.columns import Table, Tables, begins
from attribution.pattern.record import Record
from attribution.pattern.signs import EndKind
from attribution.pattern.times import ALWAYS, NEVER, Day, days


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered."""

    provider: int
    at: Day
    known: Day
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedTables(Tables):
    """All rows, each table in the order of what its rows belong to, with where each begins."""

    notices: list[str]
    """What each case is called."""
    first_case: Ints
    """Of each provider; with the end of all as the last number, as in the others."""
    first_contact: Ints
    """Of each provider."""
    first_url: Ints
    """Of each case."""
    first_sign: Ints
    """Of each case."""
    first_check: Ints
    """Of each URL."""
    first_end: Ints
    """Of each URL."""

    @classmethod
    def of(cls, tables: dict[str, Table], notices: Sequence[str], providers: int) -> SortedTables:
        """Sort tables, which are taken out of `tables` one by one so that memory stays small."""
        order = np.argsort(tables["cases"]["provider"], kind="stable")
        cases = tables.pop("cases").take(order)
        new_case = _new_numbers(order)
        urls = tables.pop("urls")
        urls = urls.with_column("case", new_case[urls["case"]])
        url_order = np.argsort(urls["case"], kind="stable")
        urls, moved_to = _with_uncounted(cases, urls.take(url_order))
        new_url = moved_to[_new_numbers(url_order)]
        checks = _with_owners(tables.pop("checks"), "url", new_url)
        ends = _with_owners(tables.pop("ends"), "url", new_url)
        signs = _with_owners(tables.pop("signs"), "case", new_case)
        contacts = tables.pop("contacts").ordered_by("provider")
        return cls(
            notices=[notices[number] for number in order],
            cases=cases,
            urls=urls,
            checks=checks,
            ends=ends,
            signs=signs,
            contacts=contacts,
            first_case=begins(cases["provider"], providers),
            first_contact=begins(contacts["provider"], providers),
            first_url=begins(urls["case"], len(cases)),
            first_sign=begins(signs["case"], len(cases)),
            first_check=begins(checks["url"], len(urls)),
            first_end=begins(ends["url"], len(urls)),
        )

    def of_provider(self, number: int) -> Tables:
        """Return the rows of one provider, cases and URLs numbered from 0 on."""
        case = _rows_of(self.first_case, slice(number, number + 1))
        url = _rows_of(self.first_url, case)
        cases = self.cases.take(case)
        return Tables(
            cases=cases.with_column("number", np.arange(case.start, case.stop)),
            urls=self.urls.take(url).shifted("case", -case.start),
            checks=self.checks.take(_rows_of(self.first_check, url)).shifted("url", -url.start),
            ends=self.ends.take(_rows_of(self.first_end, url)).shifted("url", -url.start),
            signs=self.signs.take(_rows_of(self.first_sign, case)).shifted("case", -case.start),
            contacts=self.contacts.take(_rows_of(self.first_contact, slice(number, number + 1))),
        )


def _new_numbers(order: Ints) -> np.ndarray:
    """Return the place of each row after sorting by `order`."""
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place


def _with_owners(table: Table, name: str, new_number: np.ndarray) -> Table:
    """Return a table with new numbers of what its rows belong to, in their order."""
    return table.with_column(name, new_number[table[name]]).ordered_by(name)


def _rows_of(first: Ints, owners: slice) -> slice:
    """Return the rows of some owners in a row."""
    return slice(int(first[owners.start]), int(first[owners.stop]))


def _with_uncounted(cases: Table, urls: Table) -> tuple[Table, np.ndarray]:
    """Add to each case a row for the URLs that only its notice counts: nothing is known of them.

    Return the rows, and the new place of each that was there.
    """
    counted = np.bincount(urls["case"], minlength=len(cases))
    missing = np.maximum(cases["urls"] - counted, 0)
    extra = np.flatnonzero(missing)
    case = np.concatenate([urls["case"], extra.astype(np.int32)])
    weight = np.concatenate([np.ones(len(urls)), missing[extra].astype(float)])
    order = np.argsort(case, kind="stable")
    return Table({"case": case[order], "weight": weight[order]}), _new_numbers(order)[: len(urls)]


def _joined(parts: Sequence[Tables]) -> dict[str, Table]:
    """Return the rows of several providers below one another, cases and URLs numbered on."""
    cases = urls = 0
    shifted = []
    for part in parts:
        shifted.append(
            replace(
                part,
                urls=part.urls.shifted("case", cases),
                signs=part.signs.shifted("case", cases),
                checks=part.checks.shifted("url", urls),
                ends=part.ends.shifted("url", urls),
            )
        )
        cases, urls = cases + len(part.cases), urls + len(part.urls)
    return {
        table.name: Table.joined([getattr(part, table.name) for part in shifted])
        for table in fields(Tables)
    }


@dataclass(slots=True, kw_only=True)
class History:
    """A history that can be assessed on any day: columns by provider, and links between names."""

    names: list[str]
    """Every name in it; a provider's number is its place here."""
    numbers: dict[str, int]
    """The number of each name."""
    providers: frozenset[str]
    """The names to which notices were sent."""
    aliases: list[AliasRow]
    last_known: Day
    """When the last event in it was known."""
    faults: list[str]
    """Rows that could not be used, and why."""
    replies: list[Reply]
    checkers: list[str]
    rows: SortedTables
    removed: frozenset[str] = frozenset()
    """Notices that are left out, as if they had never been sent."""
    watched: frozenset[str] | None = None
    """The names to which notices were sent, where this is a part of a larger history."""
    log: dict[str, int | str] | None = None
    """The head that the store's log had when this day began; None for a history from elsewhere."""
    titles: dict[str, str] = field(default_factory=dict)
    """What a name is called, where that is something else: the company's name for its key."""
    tells_server: bool | None = None
    """Whether any check says who served the content, where this is a part of a larger history."""

    def record(self, names: Iterable[str], linked_at: Day = ALWAYS) -> Record:
        """Return what happened to a provider under some names."""
        noticed = tuple(name for name in names if name in self.providers)
        numbers = tuple(self.numbers[name] for name in noticed)
        tables = _joined([self.rows.of_provider(number) for number in numbers])
        record = Record(
            names=noticed,
            providers=numbers,
            notices=tuple(self.rows.notices[row] for row in tables["cases"]["number"]),
            linked_at=linked_at,
            **tables,
        )
        return record.without(self.removed) if self.removed else record

    @property
    def notices(self) -> frozenset[str]:
        """Return what every notice is called."""
        return frozenset(self.rows.notices) - self.removed

    @property
    def moves(self) -> Table:
        """Return every end of a URL by moving on to a provider that is named.

        The columns of `ends`, and `case`, `provider`, `site` and `sent` of its case.
        """
        ends, cases = self.rows.ends, self.rows.cases
        moved = ends.take((ends["way"] == EndKind.MOVED) & (ends["to"] >= 0))
        case = self.rows.urls["case"][moved["url"]]
        of_case = {name: cases[name][case] for name in ("provider", "site", "sent")}
        return Table({**moved.columns, "case": case, **of_case})

    def sites_at(self, name: str) -> Ints:
        """Return the sites about which a provider had notices."""
        number = self.numbers[name]
        return np.unique(
            self.rows.cases["site"][_rows_of(self.rows.first_case, slice(number, number + 1))]
        )

    def title(self, name: str) -> str:
        """Return what a name is called."""
        return self.titles.get(name, name)

    def says_who_served(self) -> bool:
        """Say whether any check of the history tells which provider's address gave the content."""
        if self.tells_server is None:
            self.tells_server = bool((self.rows.checks["server"] >= 0).any())
        return self.tells_server

    def without(self, notices: set[str]) -> History:
        """Return the same history without some notices, as if they had never been sent."""
        return replace(self, removed=self.removed | notices)

    def components(self, at: float = NEVER) -> list[tuple[str, ...]]:
        """Return the names that are one company by links known at a time, the newest name first."""
        return self._components(at, self.providers)

    def count_watched(self, at: float) -> int:
        """Return how many providers, and groups that were joined of them, had a notice."""
        names = self.providers if self.watched is None else self.watched
        joined = [group for group in self._components(at, names) if len(names & set(group)) > 1]
        return len(names) + len(joined)

    def link_days(self, names: Iterable[str]) -> list[Day]:
        """Return when links between some names became known, in order."""
        inside = set(names)
        return sorted(
            {
                days(link.known_at)
                for link in self.aliases
                if link.kind in JOINING and link.new in inside and link.old in inside
            }
        )

    def _components(self, at: float, noticed: frozenset[str]) -> list[tuple[str, ...]]:
        """Join names by links (union and find); return the groups with a name that had a notice."""
        renamed: set[str] = set()
        parent = {name: name for name in self.names if name in noticed}

        def root(name: str) -> str:
            while parent.setdefault(name, name) != name:
                parent[name] = parent[parent[name]]
                name = parent[name]
            return name

        for link in self.aliases:
            if link.kind in JOINING and days(link.known_at) <= at:
                parent[root(link.old)] = root(link.new)
                if link.kind == AliasKind.RENAMED_TO:
                    renamed.add(link.old)
        groups: dict[str, list[str]] = {}
        for name in list(parent):
            groups.setdefault(root(name), []).append(name)
        return [
            tuple(sorted(names, key=lambda name: (name in renamed, name)))
            for names in groups.values()
            if any(name in noticed for name in names)
        ]
