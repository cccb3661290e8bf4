"""A history as columns, sorted by provider: what the method needs and nothing else. Pure.

Rows are read once into arrays of numbers, so that a hundred thousand cases need little memory;
`History.record` cuts out those of one provider, or of several names that are one.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

import numpy as np

from attribution.codes import EventKind
from attribution.history.rows import (
    JOINING,
    AliasRow,
    Compared,
    CorrectedBy,
    EventRow,
    NoticeRow,
    ReportRow,
)
from attribution.pattern.times import INF, Bools, Floats, Ints, days

_MOST_FAULTS = 1000
_LONGEST_REPLY = 2000


class Sign(IntEnum):
    """What an event says of a case or of a provider."""

    ACK_AUTOMATIC = 1
    """A program acknowledged the notice."""
    ACK = 2
    """A person acknowledged it."""
    REPLY = 3
    """A person answered it."""
    REFUSED = 4
    """The provider refused."""
    NOT_OURS = 5
    """The provider answered that it is not in its network."""
    DELIVERED = 6
    """The provider's mail server took it."""
    OPENED = 7
    """It was displayed."""
    LETTER = 8
    """A letter that lists the case was delivered."""
    BOUNCE = 9
    """It came back, and that is believed."""
    BOUNCE_DOUBTED = 10
    """It came back, by a mail whose origin nobody vouches for."""
    DISPUTED = 11
    """The provider refused and stated a legal ground."""
    ILLEGALITY_CONFIRMED = 12
    """An authority or the hotline of the provider's country confirmed that it is illegal."""
    COURT_ORDER = 13
    """A court ordered removal."""
    CONTACT_CONFIRMED = 14
    """A second channel confirmed the mailbox."""
    CORRECTED_BY_HOTLINE = 15
    """The hotline found that the address was another's."""
    CORRECTED_BY_PROVIDER = 16
    """The provider asked for another address."""
    CHANNEL_FAILED = 17
    """A try by another channel reached nobody."""


class Way(IntEnum):
    """How a URL ended."""

    OFFLINE = 1
    AFTER_COURT_ORDER = 2
    MOVED = 3


class By(IntEnum):
    """By what it is known that a check saw the reported content."""

    NOT_SAID = 0
    STATUS = 1
    CONTENT = 2
    PERSON = 3


NOT_SAID = -1
"""Of `server`: the check does not say which provider's address gave the content."""
NOT_KNOWN = -2
"""Of `server`: the checker could not tell."""

_SIGNS: dict[str, Sign] = {
    EventKind.ACK: Sign.ACK,
    EventKind.REPLY: Sign.REPLY,
    EventKind.REFUSED: Sign.REFUSED,
    EventKind.NOT_OURS: Sign.NOT_OURS,
    EventKind.DELIVERED: Sign.DELIVERED,
    EventKind.OPENED: Sign.OPENED,
    EventKind.LETTER_DELIVERED: Sign.LETTER,
    EventKind.BOUNCE: Sign.BOUNCE,
    EventKind.ILLEGALITY_CONFIRMED: Sign.ILLEGALITY_CONFIRMED,
    EventKind.COURT_ORDER: Sign.COURT_ORDER,
    EventKind.CONTACT_CONFIRMED: Sign.CONTACT_CONFIRMED,
    EventKind.CONTACT_CORRECTED: Sign.CORRECTED_BY_HOTLINE,
    EventKind.CHANNEL_FAILED: Sign.CHANNEL_FAILED,
}
_WAYS: dict[str, Way] = {
    EventKind.OFFLINE: Way.OFFLINE,
    EventKind.REMOVED_AFTER_COURT_ORDER: Way.AFTER_COURT_ORDER,
    EventKind.MOVED_TO_OTHER_HOST: Way.MOVED,
}
_COMPARED: dict[str | None, By] = {
    None: By.NOT_SAID,
    Compared.STATUS: By.STATUS,
    Compared.CONTENT: By.CONTENT,
    Compared.PERSON: By.PERSON,
}


@dataclass(slots=True)
class Table:
    """Columns of one length, by name."""

    columns: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def take(self, rows: np.ndarray | slice) -> Table:
        """Return some rows, by mask, numbers or slice."""
        return Table({name: column[rows] for name, column in self.columns.items()})

    def with_column(self, name: str, column: np.ndarray) -> Table:
        """Return the table with a column replaced."""
        return Table({**self.columns, name: column})

    @classmethod
    def joined(cls, tables: Sequence[Table]) -> Table:
        """Return tables of the same columns below one another."""
        if len(tables) == 1:
            return tables[0]
        names = tables[0].columns
        return cls({name: np.concatenate([one[name] for one in tables]) for name in names})


@dataclass(frozen=True, slots=True)
class Record:
    """What happened to one provider, or to several names that are one: rows of each kind.

    `cases`: provider, site, sent, urls, own, candidates, baseline, number. `urls`: case, weight;
    a notice that counts more URLs than are known one by one has one row for those. `checks`: url,
    until, known, server, compared, checker. `ends`: url, at, known, last, way, to. `signs`: case,
    sign, at, known. `contacts`: provider, sign, at, known. `case` and `url` are rows of this
    record.
    """

    names: tuple[str, ...]
    providers: tuple[int, ...]
    """The numbers of the names."""
    notices: tuple[str, ...]
    """What each case is called."""
    cases: Table
    urls: Table
    checks: Table
    ends: Table
    signs: Table
    contacts: Table
    linked_at: float = -INF
    """When it was known that the names are one."""

    def signs_of(self, *wanted: Sign) -> Table:
        """Return the signs of some kinds."""
        return self.signs.take(np.isin(self.signs["sign"], wanted))

    def contacts_of(self, *wanted: Sign) -> Table:
        """Return what happened to the contact, of some kinds."""
        return self.contacts.take(np.isin(self.contacts["sign"], wanted))


_INT, _FLOAT = "q", "d"
_SHAPES = {
    "cases": {
        "provider": "l",
        "site": "l",
        "sent": _FLOAT,
        "urls": "l",
        "own": "b",
        "candidates": "l",
        "baseline": "b",
    },
    "urls": {"case": "l"},
    "checks": {
        "url": "l",
        "until": _FLOAT,
        "known": _FLOAT,
        "server": "l",
        "compared": "b",
        "checker": "l",
    },
    "ends": {"url": "l", "at": _FLOAT, "known": _FLOAT, "last": _FLOAT, "way": "b", "to": "l"},
    "signs": {"case": "l", "sign": "b", "at": _FLOAT, "known": _FLOAT},
    "contacts": {"provider": "l", "sign": "b", "at": _FLOAT, "known": _FLOAT},
}
_TYPES = {"l": np.int32, "b": np.int8, _FLOAT: np.float64}


class _Columns:
    """Columns that grow by a row at a time."""

    __slots__ = ("arrays", "types")

    def __init__(self, shape: Mapping[str, str]) -> None:
        self.types = {name: {"l": "i"}.get(code, code) for name, code in shape.items()}
        self.arrays = {name: array(code) for name, code in self.types.items()}

    def add(self, *values: Any) -> int:
        number = 0
        for column, value in zip(self.arrays.values(), values, strict=True):
            number = len(column)
            column.append(value)
        return number

    def table(self) -> Table:
        return Table({name: np.array(column) for name, column in self.arrays.items()})


@dataclass(slots=True)
class Builder:
    """Reads a history row by row. Keys of notices and URLs are whatever the source calls them
    by.
    """

    until: float = INF
    """What became known after this day is left out."""
    names: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    last_known: float = 0.0
    replies: list[tuple[int, float, float, str]] = field(default_factory=list)
    """(provider, when, known, what it said)."""
    _notices: list[str] = field(default_factory=list)
    _noticed: set[int] = field(default_factory=set)
    _cases: dict[Hashable, int] = field(default_factory=dict)
    _urls: dict[Hashable, int] = field(default_factory=dict)
    _sites: dict[Hashable, int] = field(default_factory=dict)
    _checkers: dict[str, int] = field(default_factory=dict)
    _rows: dict[str, _Columns] = field(
        default_factory=lambda: {name: _Columns(shape) for name, shape in _SHAPES.items()}
    )

    def fault(self, text: str) -> None:
        """Note a row that could not be used."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(text)

    def provider(self, name: str) -> int:
        """Return the number of a provider's name."""
        return self.names.setdefault(name, len(self.names))

    def add_notice(self, key: Hashable, row: NoticeRow) -> None:
        """Add a notice: a case."""
        sent = days(row.sent_at)
        if sent > self.until:
            return
        if key in self._cases:
            self.fault(f"notice {row.notice}: a second one of that name was left out")
            return
        provider = self.provider(row.provider)
        self._noticed.add(provider)
        site = self._sites.setdefault(row.site, len(self._sites))
        self._cases[key] = self._rows["cases"].add(
            provider, site, sent, row.urls, row.reseller is None, row.candidates, row.baseline
        )
        self._notices.append(row.notice)
        self.last_known = max(self.last_known, sent)

    def add_url(self, key: Hashable, notice: Hashable, name: str, at: float) -> None:
        """Add a URL of a notice."""
        case = self._cases.get(notice)
        if case is not None:
            self._urls[key] = self._rows["urls"].add(case)
        elif at <= self.until and notice is not None:
            self.fault(f"report {name}: notice {notice} is not in the history")

    def add_event(self, event: Happening, notice: Hashable | None, url: Hashable | None) -> None:
        """Add an event; `notice` and `url` are the keys of what it happened to."""
        if event.known > self.until:
            return
        self.last_known = max(self.last_known, event.known)
        if event.kind == EventKind.LETTER_DELIVERED and event.more.get("notices"):
            for listed in event.more["notices"]:
                self._sign(event, listed)
        if notice is None:
            for name in event.providers:
                self._contact(event, self.provider(name))
        elif event.kind == EventKind.STILL_ONLINE:
            self._check(event, url)
        elif event.kind in _WAYS:
            self._end(event, url)
        else:
            self._sign(event, notice)

    def _sign(self, event: Happening, notice: Hashable) -> None:
        case = self._cases.get(notice)
        if case is None:
            self.fault(f"event {event.kind}: notice {notice} is not in the history")
            return
        sign = _SIGNS.get(event.kind)
        if sign is None:  # reminders and reappearances tell nothing of whether it was acted on
            return
        if sign is Sign.ACK and event.more.get("automatic"):
            sign = Sign.ACK_AUTOMATIC
        if sign is Sign.BOUNCE and event.more.get("believed") is False:
            sign = Sign.BOUNCE_DOUBTED
        self._rows["signs"].add(case, sign, event.at, event.known)
        if sign is Sign.REFUSED and event.more.get("legal_ground"):
            self._rows["signs"].add(case, Sign.DISPUTED, event.at, event.known)
        if sign is Sign.REPLY:
            provider = self._rows["cases"].arrays["provider"][case]
            self._reply(provider, event)

    def _contact(self, event: Happening, provider: int) -> None:
        sign = _SIGNS[event.kind]
        if (
            sign is Sign.CORRECTED_BY_HOTLINE
            and event.more.get("by", CorrectedBy.HOTLINE) == CorrectedBy.PROVIDER
        ):
            sign = Sign.CORRECTED_BY_PROVIDER
        self._rows["contacts"].add(provider, sign, event.at, event.known)
        if sign is Sign.REPLY:
            self._reply(provider, event)

    def _reply(self, provider: int, event: Happening) -> None:
        said = str(event.more.get("note", ""))[:_LONGEST_REPLY]
        self.replies.append((provider, event.at, event.known, said))

    def _check(self, event: Happening, url: Hashable | None) -> None:
        if event.more.get("unsigned"):
            return
        row = self._urls.get(url)
        if row is None:
            self.fault(f"event {event.kind}: url {_name_of(url)} is not in the history")
            return
        sent = self._rows["cases"].arrays["sent"][self._rows["urls"].arrays["case"][row]]
        until = event.at
        if event.at_least_days is not None:
            until = min(until, sent + event.at_least_days)
        checker = event.more.get("checker")
        number = -1 if checker is None else self._checkers.setdefault(checker, len(self._checkers))
        compared = _COMPARED[event.more.get("compared")]
        self._rows["checks"].add(row, until, event.known, self._server(event), compared, number)

    def _server(self, event: Happening) -> int:
        """Return which provider's address gave the content, as far as the check says."""
        served = event.more.get("served_by")
        if served is not None:
            return self.provider(served)
        resolved = event.more.get("resolved_to")
        if resolved and len(set(resolved)) == 1:
            return self.provider(resolved[0])
        return NOT_KNOWN if "served_by" in event.more or resolved else NOT_SAID

    def _end(self, event: Happening, url: Hashable | None) -> None:
        row = self._urls.get(url)
        if row is None:
            self.fault(f"event {event.kind}: url {_name_of(url)} is not in the history")
            return
        sent = self._rows["cases"].arrays["sent"][self._rows["urls"].arrays["case"][row]]
        last = sent if event.last_online is None else event.last_online
        to = event.more.get("to")
        self._rows["ends"].add(
            row,
            event.at,
            event.known,
            last,
            _WAYS[event.kind],
            -1 if to is None else self.provider(to),
        )

    def build(self, aliases: Iterable[AliasRow]) -> History:
        """Return the history, sorted by provider."""
        links = [one for one in aliases if days(one.known_at) <= self.until]
        for link in links:
            self.last_known = max(self.last_known, days(link.known_at))
        tables = {name: columns.table() for name, columns in self._rows.items()}
        self._cases.clear()
        self._urls.clear()
        self._rows.clear()
        names = list(self.names)
        numbers = dict(self.names)
        replies = [(names[who], at, known, said) for who, at, known, said in self.replies]
        return History(
            names,
            frozenset(names[number] for number in self._noticed),
            links,
            self.last_known,
            self.faults,
            replies,
            list(self._checkers),
            _Sorted.of(tables, self._notices, len(names)),
            numbers,
        )


def _name_of(key: Hashable | None) -> str:
    return str(key[-1]) if isinstance(key, tuple) else str(key)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event in days, as the builder takes it."""

    kind: str
    at: float
    known: float
    providers: tuple[str, ...] = ()
    last_online: float | None = None
    at_least_days: float | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Sorted:
    """All rows, each table in the order of what its rows belong to, with where each begins."""

    notices: list[str]
    cases: Table
    urls: Table
    checks: Table
    ends: Table
    signs: Table
    contacts: Table
    first_case: Ints
    first_url: Ints
    first_check: Ints
    first_end: Ints
    first_sign: Ints
    first_contact: Ints

    @classmethod
    def of(cls, tables: dict[str, Table], notices: Sequence[str], providers: int) -> _Sorted:
        order = np.argsort(tables["cases"]["provider"], kind="stable")
        cases = tables.pop("cases").take(order)
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        names = [notices[number] for number in order]
        urls = tables.pop("urls")
        urls = urls.with_column("case", place[urls["case"]])
        order = np.argsort(urls["case"], kind="stable")
        urls = urls.take(order)
        spot = np.empty(len(order), np.int32)
        spot[order] = np.arange(len(order), dtype=np.int32)
        made = {
            "checks": _by(tables.pop("checks"), "url", spot),
            "ends": _by(tables.pop("ends"), "url", spot),
            "signs": _by(tables.pop("signs"), "case", place),
        }
        contacts = tables.pop("contacts")
        contacts = contacts.take(np.argsort(contacts["provider"], kind="stable"))
        urls, first_url, made = _with_uncounted(cases, urls, made)
        return cls(
            names,
            cases,
            urls,
            made["checks"],
            made["ends"],
            made["signs"],
            contacts,
            _firsts(cases["provider"], providers),
            first_url,
            _firsts(made["checks"]["url"], len(urls)),
            _firsts(made["ends"]["url"], len(urls)),
            _firsts(made["signs"]["case"], len(cases)),
            _firsts(contacts["provider"], providers),
        )


def _by(table: Table, name: str, place: np.ndarray) -> Table:
    """Return a table with new numbers of what its rows belong to, in their order."""
    table = table.with_column(name, place[table[name]])
    return table.take(np.argsort(table[name], kind="stable"))


def _firsts(owner: np.ndarray, count: int) -> Ints:
    """Return where the rows of each owner begin, and after them all the end."""
    return np.searchsorted(owner, np.arange(count + 1), side="left").astype(np.int64)


def _with_uncounted(
    cases: Table, urls: Table, made: dict[str, Table]
) -> tuple[Table, Ints, dict[str, Table]]:
    """Add to each case a row for the URLs that only its notice counts: nothing is known of them."""
    counted = np.bincount(urls["case"], minlength=len(cases))
    missing = np.maximum(cases["urls"] - counted, 0)
    extra = np.flatnonzero(missing)
    case = np.concatenate([urls["case"], extra.astype(np.int32)])
    weight = np.concatenate([np.ones(len(urls)), missing[extra].astype(float)])
    order = np.argsort(case, kind="stable")
    spot = np.empty(len(order), np.int32)
    spot[order] = np.arange(len(order), dtype=np.int32)
    renumbered = {
        name: table if name == "signs" else table.with_column("url", spot[table["url"]])
        for name, table in made.items()
    }
    table = Table({"case": case[order], "weight": weight[order]})
    return table, _firsts(table["case"], len(cases)), renumbered


@dataclass(slots=True)
class History:
    """A history that can be looked at on any day:
    columns by provider, and the links between names.
    """

    names: list[str]
    """Every name in it; a provider's number is its place here."""
    providers: frozenset[str]
    """The names to which notices were sent."""
    aliases: list[AliasRow]
    last_known: float
    """When the last thing in it was known."""
    faults: list[str]
    """Rows that could not be used, and why."""
    replies: list[tuple[str, float, float, str]]
    """(provider, when, known, what it said)."""
    checkers: list[str]
    _rows: _Sorted
    numbers: dict[str, int]
    """The number of each name."""
    _removed: frozenset[str] = frozenset()
    watched: frozenset[str] | None = None
    """The names to which notices were sent, where this is a part of a larger history."""
    log: dict[str, int | str] | None = None
    """The head that the store's log had when this day began; None for a history from elsewhere."""
    titles: dict[str, str] = field(default_factory=dict)
    """What a name is called, where that is something else: the company's name for its key."""
    tells_server: bool | None = None
    """Whether any check says who served the content, where this is a part of a larger history."""

    @classmethod
    def of(
        cls,
        notices: Iterable[NoticeRow],
        reports: Iterable[ReportRow],
        events: Iterable[EventRow],
        aliases: Iterable[AliasRow],
        at: datetime | None = None,
        progress: Callable[[str, int], None] = lambda name, done: None,
    ) -> History:
        """Sort rows by provider. Nothing that became known after `at` is taken."""
        made = Builder(INF if at is None else days(at))
        for count, notice in enumerate(notices, start=1):
            made.add_notice(notice.notice, notice)
            if not count % 10_000:
                progress("notices", count)
        for report in reports:
            made.add_url((report.notice, report.url), report.notice, report.url, days(report.at))
        for count, event in enumerate(events, start=1):
            happened = Happening(
                event.kind,
                days(event.at),
                days(event.known_at),
                event.providers,
                None if event.last_online is None else days(event.last_online),
                event.at_least_days,
                event.more,
            )
            made.add_event(happened, event.notice, (event.notice, event.url))
            if not count % 10_000:
                progress("events", count)
        return made.build(aliases)

    def record(self, names: Iterable[str], linked_at: float = -INF) -> Record:
        """Return what happened to a provider under some names."""
        wanted = [name for name in names if name in self.providers]
        numbers = (
            {name: number for number, name in enumerate(self.names)} if len(wanted) > 1 else {}
        )
        places = [numbers.get(name, -1) if numbers else self.numbers[name] for name in wanted]
        parts = [self._part(place) for place in places]
        case_base = np.cumsum([0, *(len(one["cases"]) for one in parts)])
        url_base = np.cumsum([0, *(len(one["urls"]) for one in parts)])
        for part, case, url in zip(parts, case_base, url_base, strict=False):
            for name in ("urls", "signs"):
                part[name] = part[name].with_column("case", part[name]["case"] + case)
            for name in ("checks", "ends"):
                part[name] = part[name].with_column("url", part[name]["url"] + url)
        tables = {name: Table.joined([one[name] for one in parts]) for name in _SHAPES}
        notices = tuple(self._rows.notices[number] for number in tables["cases"]["number"])
        made = Record(tuple(wanted), tuple(places), notices, linked_at=linked_at, **tables)
        return _without(made, self._removed) if self._removed else made

    def _part(self, place: int) -> dict[str, Table]:
        rows = self._rows
        case = slice(int(rows.first_case[place]), int(rows.first_case[place + 1]))
        url = _span(rows.first_url, case)
        cases = rows.cases.take(case)
        cases = cases.with_column("number", np.arange(case.start, case.stop))
        return {
            "cases": cases,
            "urls": _moved(rows.urls.take(url), "case", case.start),
            "checks": _moved(rows.checks.take(_span(rows.first_check, url)), "url", url.start),
            "ends": _moved(rows.ends.take(_span(rows.first_end, url)), "url", url.start),
            "signs": _moved(rows.signs.take(_span(rows.first_sign, case)), "case", case.start),
            "contacts": rows.contacts.take(
                slice(int(rows.first_contact[place]), int(rows.first_contact[place + 1]))
            ),
        }

    @property
    def notices(self) -> frozenset[str]:
        """Return what every notice is called."""
        return frozenset(self._rows.notices) - self._removed

    @property
    def moves(self) -> Table:
        """Return every end of a URL by moving on to a provider that is named, with `case`,
        `provider` and `site`.
        """
        rows = self._rows
        moved = rows.ends.take((rows.ends["way"] == Way.MOVED) & (rows.ends["to"] >= 0))
        case = rows.urls["case"][moved["url"]]
        return Table(
            {
                **moved.columns,
                "case": case,
                "provider": rows.cases["provider"][case],
                "site": rows.cases["site"][case],
                "sent": rows.cases["sent"][case],
            }
        )

    def sites_at(self, name: str) -> Ints:
        """Return the sites about which a provider had notices."""
        rows, place = self._rows, self.numbers[name]
        return np.unique(rows.cases["site"][rows.first_case[place] : rows.first_case[place + 1]])

    def title(self, name: str) -> str:
        """Return what a name is called."""
        return self.titles.get(name, name)

    def says_who_served(self) -> bool:
        """Say whether any check of the history tells which provider's address gave the content."""
        if self.tells_server is None:
            self.tells_server = bool((self._rows.checks["server"] >= 0).any())
        return self.tells_server

    def without(self, notices: set[str]) -> History:
        """Return the same history without some notices, as if they had never been sent."""
        return replace(self, _removed=self._removed | notices)

    def components(self, at: float = INF) -> list[tuple[str, ...]]:
        """Return the names that are one company, by links known at a time;
        the newest name first.
        """
        return self._components(at, self.providers)

    def count_watched(self, at: float) -> int:
        """Return how many providers, and groups that were joined of them, had a notice."""
        names = self.providers if self.watched is None else self.watched
        joined = [group for group in self._components(at, names) if len(names & set(group)) > 1]
        return len(names) + len(joined)

    def _components(self, at: float, noticed: frozenset[str]) -> list[tuple[str, ...]]:
        newer: set[str] = set()
        parent = {name: name for name in self.names if name in noticed}

        def root(name: str) -> str:
            while parent.setdefault(name, name) != name:
                parent[name] = parent[parent[name]]
                name = parent[name]
            return name

        for link in self.aliases:
            if link.kind in JOINING and days(link.known_at) <= at:
                parent[root(link.old)] = root(link.new)
                if link.kind == "renamed_to":
                    newer.add(link.old)
        groups: dict[str, list[str]] = {}
        for name in list(parent):
            groups.setdefault(root(name), []).append(name)
        return [
            tuple(sorted(names, key=lambda name: (name in newer, name)))
            for names in groups.values()
            if any(name in noticed for name in names)
        ]

    def link_days(self, names: Iterable[str]) -> list[float]:
        """Return when links between some names became known, in order."""
        inside = set(names)
        return sorted(
            {
                days(one.known_at)
                for one in self.aliases
                if one.kind in JOINING and one.new in inside and one.old in inside
            }
        )


def _span(firsts: Ints, owners: slice) -> slice:
    return slice(int(firsts[owners.start]), int(firsts[owners.stop]))


def _moved(table: Table, name: str, by: int) -> Table:
    return table.with_column(name, table[name].astype(np.int64) - by)


def _without(record: Record, removed: frozenset[str]) -> Record:
    """Return a record without some cases, and without all that belongs to them."""
    stays: Bools = np.array([name not in removed for name in record.notices], bool)
    urls_stay = stays[record.urls["case"]]
    place, spot = np.cumsum(stays) - 1, np.cumsum(urls_stay) - 1

    def kept(table: Table, name: str, mask: Bools, numbers: Ints) -> Table:
        some = table.take(mask[table[name]])
        return some.with_column(name, numbers[some[name]])

    return replace(
        record,
        notices=tuple(name for name in record.notices if name not in removed),
        cases=record.cases.take(stays),
        urls=kept(record.urls, "case", stays, place),
        signs=kept(record.signs, "case", stays, place),
        checks=kept(record.checks, "url", urls_stay, spot),
        ends=kept(record.ends, "url", urls_stay, spot),
    )


def first_of(owner: Ints, count: int, values: Floats) -> Floats:
    """Return the least value of each owner; inf where it has none."""
    least = np.full(count, INF)
    np.minimum.at(least, owner, values)
    return least
