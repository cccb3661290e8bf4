"""Reads the rows of a history into columns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from attribution.codes import EventKind
from attribution.history.rows import AliasRow, CorrectedBy, EventRow, HistoryRows, NoticeRow
from attribution.pattern.columns import GrowingTable
from attribution.pattern.history import History, Reply, SortedTables
from attribution.pattern.signs import (
    COMPARISON_OF,
    END_OF,
    SERVER_NOT_KNOWN,
    SERVER_NOT_STATED,
    SIGN_OF,
    Sign,
)
from attribution.pattern.times import EPOCH, NEVER, Day, days

_MOST_FAULTS = 1000
_LONGEST_REPLY = 2000
_PROGRESS_EVERY = 10_000

Progress = Callable[[str, int], None]
"""Called with the kind of rows and how many were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An event in days, as the builder takes it."""

    kind: str
    at: Day
    known: Day
    providers: tuple[str, ...] = ()
    last_online: Day | None = None
    at_least_days: float | None = None
    """Of a URL seen online: days after the notice at which it was, at least."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """The other fields of the event (`attribution.history.rows.EVENT_FIELDS`)."""

    @classmethod
    def of(cls, row: EventRow) -> Happening:
        """Return the event of a row."""
        return cls(
            kind=row.kind,
            at=days(row.at),
            known=days(row.known_at),
            providers=row.providers,
            last_online=None if row.last_online is None else days(row.last_online),
            at_least_days=row.at_least_days,
            more=row.more,
        )


def history_from_rows(
    rows: HistoryRows,
    at: datetime | None = None,
    progress: Progress = lambda kind, count: None,
) -> History:
    """Return the history of some rows. Nothing that became known after `at` is taken."""
    builder = Builder(NEVER if at is None else days(at))
    for count, notice in enumerate(rows.notices, start=1):
        builder.add_notice(notice.notice, notice)
        if not count % _PROGRESS_EVERY:
            progress("notices", count)
    for report in rows.reports:
        builder.add_url((report.notice, report.url), report.notice, report.url, days(report.at))
    for count, event in enumerate(rows.events, start=1):
        builder.add_event(Happening.of(event), event.notice, (event.notice, event.url))
        if not count % _PROGRESS_EVERY:
            progress("events", count)
    return builder.build(rows.aliases)


@dataclass(slots=True)
class Builder:
    """Reads a history row by row; keys of notices and URLs are whatever the source calls them by.

    A row that cannot be used is left out, and said so in `faults`.
    """

    until: Day = NEVER
    """What became known after this day is left out."""
    faults: list[str] = field(default_factory=list)
    last_known: Day = EPOCH
    _numbers: dict[str, int] = field(default_factory=dict)
    """The number of each provider's name."""
    _replies: list[Reply] = field(default_factory=list)
    _notices: list[str] = field(default_factory=list)
    _noticed: set[int] = field(default_factory=set)
    """The providers to which notices were sent."""
    _case_of: dict[Hashable, int] = field(default_factory=dict)
    _url_of: dict[Hashable, int] = field(default_factory=dict)
    _site_of: dict[Hashable, int] = field(default_factory=dict)
    _checker_of: dict[str, int] = field(default_factory=dict)
    _cases: GrowingTable = field(default_factory=lambda: GrowingTable("cases"))
    _urls: GrowingTable = field(default_factory=lambda: GrowingTable("urls"))
    _checks: GrowingTable = field(default_factory=lambda: GrowingTable("checks"))
    _ends: GrowingTable = field(default_factory=lambda: GrowingTable("ends"))
    _signs: GrowingTable = field(default_factory=lambda: GrowingTable("signs"))
    _contacts: GrowingTable = field(default_factory=lambda: GrowingTable("contacts"))

    def provider(self, name: str) -> int:
        """Return the number of a provider's name."""
        return self._numbers.setdefault(name, len(self._numbers))

    def add_notice(self, key: Hashable, row: NoticeRow) -> None:
        """Add a notice: a case."""
        sent = days(row.sent_at)
        if sent > self.until:
            return
        if key in self._case_of:
            self._fault(f"notice {row.notice}: a second one of that name was left out")
            return
        provider = self.provider(row.provider)
        self._noticed.add(provider)
        self._case_of[key] = self._cases.add(
            provider=provider,
            site=self._site_of.setdefault(row.site, len(self._site_of)),
            sent=sent,
            urls=row.urls,
            own=row.reseller is None,
            candidates=row.candidates,
            baseline=row.baseline,
        )
        self._notices.append(row.notice)
        self.last_known = max(self.last_known, sent)

    def add_url(self, key: Hashable, notice: Hashable, name: str, at: float) -> None:
        """Add a URL of a notice; `name` and `at` (days) are for the fault where it has none."""
        case = self._case_of.get(notice)
        if case is not None:
            self._url_of[key] = self._urls.add(case=case)
        elif at <= self.until and notice is not None:
            self._fault(f"report {name}: notice {notice} is not in the history")

    def add_event(self, event: Happening, notice: Hashable | None, url: Hashable | None) -> None:
        """Add an event; `notice` and `url` are the keys of what it happened to."""
        if event.known > self.until:
            return
        self.last_known = max(self.last_known, event.known)
        if event.kind == EventKind.LETTER_DELIVERED and event.more.get("notices"):
            for listed in event.more["notices"]:
                self._add_sign(event, listed)
        if notice is None:
            for name in event.providers:
                self._add_contact(event, self.provider(name))
        elif event.kind == EventKind.STILL_ONLINE:
            self._add_check(event, url)
        elif event.kind in END_OF:
            self._add_end(event, url)
        else:
            self._add_sign(event, notice)

    def build(self, aliases: Iterable[AliasRow]) -> History:
        """Return the history, sorted by provider; the builder is empty afterwards."""
        links = [link for link in aliases if days(link.known_at) <= self.until]
        names = list(self._numbers)
        tables = {
            "cases": self._cases.table(),
            "urls": self._urls.table(),
            "checks": self._checks.table(),
            "ends": self._ends.table(),
            "signs": self._signs.table(),
            "contacts": self._contacts.table(),
        }
        self._case_of.clear()
        self._url_of.clear()
        return History(
            names=names,
            numbers=dict(self._numbers),
            providers=frozenset(names[number] for number in self._noticed),
            aliases=links,
            last_known=max([self.last_known, *(days(link.known_at) for link in links)]),
            faults=self.faults,
            replies=self._replies,
            checkers=list(self._checker_of),
            rows=SortedTables.of(tables, self._notices, len(names)),
        )

    def _fault(self, text: str) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(text)

    def _add_sign(self, event: Happening, notice: Hashable) -> None:
        case = self._case_of.get(notice)
        if case is None:
            self._fault(f"event {event.kind}: notice {notice} is not in the history")
            return
        sign = SIGN_OF.get(event.kind)
        if sign is None:  # reminders and reappearances tell nothing of whether it was acted on
            return
        if sign is Sign.ACK and event.more.get("automatic"):
            sign = Sign.ACK_AUTOMATIC
        if sign is Sign.BOUNCE and event.more.get("believed") is False:
            sign = Sign.BOUNCE_DOUBTED
        self._signs.add(case=case, sign=sign, at=event.at, known=event.known)
        if sign is Sign.REFUSED and event.more.get("legal_ground"):
            self._signs.add(case=case, sign=Sign.DISPUTED, at=event.at, known=event.known)
        if sign is Sign.REPLY:
            self._add_reply(self._cases.columns["provider"][case], event)

    def _add_contact(self, event: Happening, provider: int) -> None:
        sign = SIGN_OF[event.kind]
        if (
            sign is Sign.CORRECTED_BY_HOTLINE
            and event.more.get("by", CorrectedBy.HOTLINE) == CorrectedBy.PROVIDER
        ):
            sign = Sign.CORRECTED_BY_PROVIDER
        self._contacts.add(provider=provider, sign=sign, at=event.at, known=event.known)
        if sign is Sign.REPLY:
            self._add_reply(provider, event)

    def _add_reply(self, provider: int, event: Happening) -> None:
        text = str(event.more.get("note", ""))[:_LONGEST_REPLY]
        self._replies.append(Reply(provider, event.at, event.known, text))

    def _add_check(self, event: Happening, key: Hashable | None) -> None:
        if event.more.get("unsigned"):
            return
        url = self._known_url(event, key)
        if url is None:
            return
        until: float = event.at
        if event.at_least_days is not None:
            until = min(until, self._sent(url) + event.at_least_days)
        checker = event.more.get("checker")
        self._checks.add(
            url=url,
            until=until,
            known=event.known,
            server=self._server(event),
            compared=COMPARISON_OF[event.more.get("compared")],
            checker=-1
            if checker is None
            else self._checker_of.setdefault(checker, len(self._checker_of)),
        )

    def _add_end(self, event: Happening, key: Hashable | None) -> None:
        url = self._known_url(event, key)
        if url is None:
            return
        to = event.more.get("to")
        self._ends.add(
            url=url,
            at=event.at,
            known=event.known,
            last=self._sent(url) if event.last_online is None else event.last_online,
            way=END_OF[event.kind],
            to=-1 if to is None else self.provider(to),
        )

    def _known_url(self, event: Happening, key: Hashable | None) -> int | None:
        """Return the number of a URL; None, and a fault, where the history has none of this key."""
        url = self._url_of.get(key)
        if url is None:
            name = key[-1] if isinstance(key, tuple) else key
            self._fault(f"event {event.kind}: url {name} is not in the history")
        return url

    def _sent(self, url: int) -> float:
        """Return when the notice of a URL was sent."""
        return float(self._cases.columns["sent"][self._urls.columns["case"][url]])

    def _server(self, event: Happening) -> int:
        """Return which provider's address gave the content, as far as the check says."""
        served = event.more.get("served_by")
        if served is not None:
            return self.provider(served)
        resolved = event.more.get("resolved_to")
        if resolved and len(set(resolved)) == 1:
            return self.provider(resolved[0])
        if resolved or "served_by" in event.more:
            return SERVER_NOT_KNOWN
        return SERVER_NOT_STATED
