"""A history as arrays, provider by provider: what a look needs and nothing else. Pure.

Times are days since 1970-01-01 UTC, as floats; a week is seven days from a Monday on (ISO 8601). `inf` stands for never.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from attribution.history.rows import AliasRow, EventRow, NoticeRow, ReportRow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FAILED_AFTER = 14.0
"""Days after provable receipt at which a URL that is proven online has failed."""
WARNED_AFTER = 7.0
"""Days at which the latest weeks are judged, for improvement shows sooner than failure."""
CHECK_DAYS = 1.0
"""Days within which a checker tells."""
PROMPT = 1.0
"""Day within which an acknowledgement counts as one at the time of sending."""
JOINING = frozenset(["renamed_to"])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 4.0  # 1970-01-01 was a Thursday: the Monday after it is day 4
INF = np.inf


def days(at: datetime) -> float:
    """Return a time as days since 1970."""
    return (at - _EPOCH) / timedelta(days=1)


def moment(day: float) -> datetime:
    """Return the time of a number of days, to the microsecond."""
    return _EPOCH + timedelta(days=float(day))


def week_of(day: Floats) -> Ints:
    """Return the number of the calendar week that each time lies in."""
    return np.floor((day - _MONDAY) / 7).astype(np.int64)


def week_start(week: float) -> float:
    """Return when a week begins."""
    return week * 7 + _MONDAY


@dataclass(slots=True)
class _Case:
    notice: str
    site: str
    sent: float
    urls: int
    reseller: str | None
    ack: float = INF
    ack_known: float = INF
    refused_known: float = INF
    bounced: float = INF
    bounced_known: float = INF
    order_known: float = INF
    order_at: float = INF
    receipts: list[tuple[float, float]] = field(default_factory=list)
    """(when, known) of what acknowledged or refused this notice."""


@dataclass(slots=True)
class _Url:
    case: int
    seen: list[tuple[float, float]] = field(default_factory=list)
    """(until when it was proven online, when that was known)."""
    last_on: float = 0.0
    gone: tuple[float, float, float, str] | None = None
    """(last seen online, first seen gone, when that was known, how) of the first time that it went."""


@dataclass(slots=True)
class Track:
    """Everything that happened to one provider under one name, before it is made into arrays."""

    name: str
    cases: list[_Case] = field(default_factory=list)
    urls: list[_Url] = field(default_factory=list)
    acks: list[tuple[float, float]] = field(default_factory=list)
    """(when, known) of every acknowledgement or refusal."""
    confirmed: list[tuple[float, float]] = field(default_factory=list)
    corrected: list[tuple[float, float]] = field(default_factory=list)
    replies: list[tuple[float, float, str]] = field(default_factory=list)
    """(when, known, what it said) of the provider's statements."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """One history, or several that are one, as arrays: a row a case, and a row a URL."""

    names: tuple[str, ...]
    notice: tuple[str, ...]
    site: Ints
    sent: Floats
    week: Ints
    own: NDArray[np.bool_]
    """Whether the case is the provider's own, not one that a known reseller answers for."""
    receipt_known: Floats
    """When an acknowledgement or refusal of this very notice was known."""
    bounced_known: Floats
    case_of: Ints
    """Of each URL, the row of its case."""
    weight: Floats
    """Of each URL; a notice that names more URLs than are known one by one has one row for those."""
    failed_known: Floats
    """When it was known that the URL was online 14 days after the receipt."""
    warned_known: Floats
    """The same of 7 days."""
    acks: tuple[Floats, Floats]
    confirmed: tuple[Floats, Floats]
    corrected: tuple[Floats, Floats]
    last_on: Floats
    """Of each URL, until when it is known to have been online at the end of the history."""
    gone: Floats
    """Of each URL, when it was first seen gone; inf while it was not."""
    gone_known: Floats
    gone_how: tuple[str, ...]
    moved_known: Floats
    """When it was known that a URL had moved to another host: until it failed, what became of it there is not the provider's doing."""
    start: Floats
    """Of each case, when the provider is taken to have been told."""
    order_at: Floats
    """Of each case, when a court ordered removal; inf where none did."""


@dataclass(slots=True)
class History:
    """A history that can be looked at on any day: `tracks` by name, and the links between names."""

    tracks: dict[str, Track]
    aliases: list[AliasRow]
    last_known: float
    """When the last thing in it was known."""
    faults: list[str] = field(default_factory=list)
    """Rows that could not be used, and why."""

    @classmethod
    def of(
        cls,
        notices: Iterable[NoticeRow],
        reports: Iterable[ReportRow],
        events: Iterable[EventRow],
        aliases: Iterable[AliasRow],
        at: datetime | None = None,
    ) -> History:
        """Sort rows by provider. Nothing that became known after `at` is taken."""
        until = INF if at is None else days(at)
        tracks: dict[str, Track] = {}
        cases: dict[str, tuple[Track, int]] = {}
        urls: dict[tuple[str, str], _Url] = {}
        made = cls(tracks, [one for one in aliases if days(one.known_at) <= until], 0.0)
        for row in notices:
            sent = days(row.sent_at)
            if sent > until:
                continue
            track = tracks.setdefault(row.provider, Track(row.provider))
            cases[row.notice] = track, len(track.cases)
            track.cases.append(_Case(row.notice, row.site, sent, row.urls, row.reseller))
            made.last_known = max(made.last_known, sent)
        for report in reports:
            place = cases.get(report.notice or "")
            if place is None:
                if days(report.at) <= until and report.notice is not None:
                    made.faults.append(
                        f"report {report.url}: notice {report.notice} is not in the history"
                    )
                continue
            track, number = place
            url = urls[report.notice or "", report.url] = _Url(
                number, last_on=track.cases[number].sent
            )
            track.urls.append(url)
        for event in events:
            known = days(event.known_at)
            if known > until:
                continue
            made.last_known = max(made.last_known, known)
            made._take(event, known, cases, urls)
        for link in made.aliases:
            made.last_known = max(made.last_known, days(link.known_at))
        return made

    def _take(
        self,
        event: EventRow,
        known: float,
        cases: dict[str, tuple[Track, int]],
        urls: dict[tuple[str, str], _Url],
    ) -> None:
        at = days(event.at)
        if event.notice is None:
            for name in event.providers:
                track = self.tracks.get(name)
                if track is not None:
                    if event.kind == "reply":
                        track.replies.append((at, known, str(event.more.get("note", ""))[:2000]))
                    else:
                        (
                            track.confirmed
                            if event.kind == "contact_confirmed"
                            else track.corrected
                        ).append((at, known))
            return
        place = cases.get(event.notice)
        if place is None:
            self.faults.append(f"event {event.kind}: notice {event.notice} is not in the history")
            return
        track, number = place
        case = track.cases[number]
        match event.kind:
            case "ack" | "refused":
                if event.kind == "ack" and known < case.ack_known:
                    case.ack, case.ack_known = at, known
                elif event.kind == "refused":
                    case.refused_known = min(case.refused_known, known)
                case.receipts.append((at, known))
                track.acks.append((at, known))
            case "bounce":
                case.bounced, case.bounced_known = (
                    min(case.bounced, at),
                    min(case.bounced_known, known),
                )
            case "court_order":
                case.order_at, case.order_known = (
                    min(case.order_at, at),
                    min(case.order_known, known),
                )
            case "still_online":
                url = urls.get((event.notice, event.url or ""))
                if url is not None:
                    until = (
                        at
                        if event.at_least_days is None
                        else min(at, case.sent + event.at_least_days)
                    )
                    url.seen.append((until, known))
                    url.last_on = max(url.last_on, until)
            case "offline" | "moved_to_other_host" | "removed_after_court_order":
                url = urls.get((event.notice, event.url or ""))
                if url is not None:
                    last = case.sent if event.last_online is None else days(event.last_online)
                    url.seen.append((last, known))
                    url.last_on = max(url.last_on, last)
                    if url.gone is None or at < url.gone[1]:
                        url.gone = last, at, known, event.kind
            case "reply":
                track.replies.append((at, known, str(event.more.get("note", ""))[:2000]))
            case _:
                pass  # reminders and reappearances tell nothing of whether the notice was acted on

    def arrays(self, names: Iterable[str]) -> Arrays:
        """Return the histories of some names as one."""
        tracks = [self.tracks[name] for name in names if name in self.tracks]
        cases = [(track, case) for track in tracks for case in track.cases]
        sites = {
            site: number
            for number, site in enumerate(dict.fromkeys(case.site for _, case in cases))
        }
        sent = np.array([case.sent for _, case in cases], float)
        ack = np.array([case.ack for _, case in cases], float)
        start = np.where(np.isfinite(ack) & (ack > sent + PROMPT), ack, sent)
        case_of: list[int] = []
        weight: list[float] = []
        failed: list[float] = []
        warned: list[float] = []
        last_on: list[float] = []
        gone: list[tuple[float, float, str]] = []
        base = 0
        for track in tracks:
            held = [0] * len(track.cases)
            for url in track.urls:
                number = base + url.case
                held[url.case] += 1
                case_of.append(number)
                weight.append(1.0)
                failed.append(_first_known(url.seen, start[number] + FAILED_AFTER))
                warned.append(_first_known(url.seen, start[number] + WARNED_AFTER))
                last_on.append(url.last_on)
                gone.append(
                    (INF, INF, "") if url.gone is None else (url.gone[1], url.gone[2], url.gone[3])
                )
            for number, case in enumerate(track.cases):
                # URLs that only the notice counts: nothing is known of them.
                if case.urls > held[number]:
                    case_of.append(base + number)
                    weight.append(float(case.urls - held[number]))
                    failed.append(INF)
                    warned.append(INF)
                    last_on.append(case.sent)
                    gone.append((INF, INF, ""))
            base += len(track.cases)
        return Arrays(
            tuple(track.name for track in tracks), tuple(case.notice for _, case in cases),
            np.array([sites[case.site] for _, case in cases], np.int64), sent, week_of(sent),
            np.array([case.reseller is None for _, case in cases], bool),
            np.array([min(case.ack_known, case.refused_known) for _, case in cases], float),
            np.array([case.bounced_known for _, case in cases], float),
            np.array(case_of, np.int64), np.array(weight, float), np.array(failed, float), np.array(warned, float),
            _pairs(one for track in tracks for one in track.acks), _pairs(one for track in tracks for one in track.confirmed),
            _pairs(one for track in tracks for one in track.corrected), np.array(last_on, float),
            np.array([one[0] for one in gone], float), np.array([one[1] for one in gone], float),
            tuple(one[2] for one in gone),
            np.array([one[1] if one[2] == "moved_to_other_host" else INF for one in gone], float), start, np.array([case.order_at for _, case in cases], float),
        )  # fmt: skip

    def without(self, notices: set[str]) -> History:
        """Return the same history without some notices, as if they had never been sent."""
        tracks: dict[str, Track] = {}
        for name, track in self.tracks.items():
            kept = [number for number, case in enumerate(track.cases) if case.notice not in notices]
            place = {number: new for new, number in enumerate(kept)}
            urls = [
                _Url(place[url.case], url.seen, url.last_on, url.gone)
                for url in track.urls
                if url.case in place
            ]
            acks = [one for number in kept for one in track.cases[number].receipts]
            tracks[name] = Track(
                name,
                [track.cases[number] for number in kept],
                urls,
                acks,
                track.confirmed,
                track.corrected,
                track.replies,
            )
        return History(
            {name: track for name, track in tracks.items() if track.cases},
            self.aliases,
            self.last_known,
        )

    def components(self, at: float = INF) -> list[tuple[str, ...]]:
        """Return the names that are one company, by links known at a time; the newest name of each first."""
        newer: dict[str, str] = {}
        parent = {name: name for name in self.tracks}

        def root(name: str) -> str:
            while parent.setdefault(name, name) != name:
                name = parent[name]
            return name

        for link in self.aliases:
            if link.kind in JOINING and days(link.known_at) <= at:
                parent[root(link.old)] = root(link.new)
                newer[link.old] = link.new
        groups: dict[str, list[str]] = {}
        for name in parent:
            groups.setdefault(root(name), []).append(name)
        return [
            tuple(sorted(names, key=lambda name: (name in newer, name)))
            for names in groups.values()
            if any(name in self.tracks for name in names)
        ]

    @staticmethod
    def news(arrays: Arrays, first: float, last: float) -> Floats:
        """Return the days between two, the first and last included, at whose beginning something is known or judged that was not the day before."""
        times = np.concatenate([
            arrays.sent, arrays.sent + FAILED_AFTER + CHECK_DAYS, arrays.sent + WARNED_AFTER + CHECK_DAYS, week_start(1) + arrays.week * 7.0,
            arrays.receipt_known, arrays.bounced_known, arrays.failed_known, arrays.warned_known, arrays.moved_known, arrays.acks[1],
            arrays.confirmed[1], arrays.corrected[1], [first, last],
        ])  # fmt: skip
        days_with = np.unique(np.ceil(times[np.isfinite(times)]))
        return np.asarray(days_with[(days_with >= first) & (days_with <= last)], float)

    def link_days(self, names: Iterable[str]) -> list[float]:
        """Return when links between some names became known, in order."""
        inside = set(names)
        return sorted(
            {
                days(one.known_at)
                for one in self.aliases
                if one.kind in JOINING and {one.new, one.old} & inside
            }
        )


def _first_known(seen: list[tuple[float, float]], online_at: float) -> float:
    """Return when it was first known that a URL was online at a time or after it."""
    return min((known for until, known in seen if until >= online_at), default=INF)


def _pairs(pairs: Iterable[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Return (when, when known), by when known."""
    ordered = sorted(set(pairs), key=lambda one: one[1])
    return np.array([one[0] for one in ordered], float), np.array(
        [one[1] for one in ordered], float
    )
