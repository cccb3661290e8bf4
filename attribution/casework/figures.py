"""A hotline's figures for a period: for its annual report, and for that of a trusted flagger. Pure.

Reports count by the time they were made. Notices count by the time the first one of a case was
sent, and everything about their URLs counts with them, whenever it happened. Nothing is sorted by
how a company behaves: rows stand in the order of time or of the alphabet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import numpy as np

from attribution.codes import ContentKind, EventKind, ProviderAction, Refusal
from attribution.errors import Refused
from attribution.pattern.median import median_of
from attribution.store.times import DAY, HOUR, micros, moment

_REMOVED = (EventKind.OFFLINE, EventKind.REMOVED_AFTER_COURT_ORDER)
_LONGEST = timedelta(days=366 * 100)


class GroupedBy(StrEnum):
    """What a row of the figures stands for."""

    MONTH = "month"
    """A month, UTC."""
    COUNTRY = "country"
    """The company's country."""
    COMPANY = "company"
    """A company under every name that is one history with it."""
    ROLE = "role"
    """The role in which the company can act, as the lookup of the reported host says."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, UTC, the last one included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not self.first <= self.last <= self.first + _LONGEST:
            remedy = f"it is before the first day, {self.first}, or more than a century after it"
            raise Refused(Refusal.INVALID, "to", str(self.last), remedy)

    def __contains__(self, at: int) -> bool:
        start = datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)
        days = (self.last - self.first).days + 1
        return micros(start) <= at < micros(start) + days * DAY

    def months(self) -> list[str]:
        """Return the months that it touches, such as `2026-03`."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        months = range(self.first.month - 1, self.first.month - 1 + count)
        return [f"{self.first.year + month // 12:04}-{month % 12 + 1:02}" for month in months]


@dataclass(frozen=True, slots=True)
class Company:
    """A company under every name that is one history with it."""

    key: str
    """Of its newest name."""
    name: str
    country: str | None
    systems: tuple[str, ...] = ()
    """Its AS numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedReport:
    """A report from outside: one URL, or of an import without reports the URLs of a notice."""

    at: int
    """Microseconds since 1970."""
    urls: int = 1
    company: Company | None = None
    """The company written to first; None where nobody is known, or several are possible."""
    role: str | None = None
    several: bool = False
    """Whether DNS alone leads to several companies."""


@dataclass(frozen=True, slots=True)
class UrlOutcome:
    """What checkers saw of a URL of a notice. Times are microseconds since 1970."""

    end: str | None = None
    """The kind of event that ended it; None while it is online, as far as is known."""
    gone_at: int | None = None
    """When it was first seen gone and not seen again since."""
    last_online: int | None = None
    counts: bool = True
    """False where the same URL counts for the company that was written to first."""

    def is_removed(self, sent_at: int) -> bool:
        """Say whether it was removed after a notice; content that moved is not."""
        return self.end in _REMOVED and self.gone_at is not None and self.gone_at >= sent_at

    def is_moved(self, sent_at: int) -> bool:
        """Say whether it left the company for another one after a notice."""
        is_end = self.end == EventKind.MOVED_TO_OTHER_HOST
        return is_end and self.gone_at is not None and self.gone_at >= sent_at

    def hours_known(self, sent_at: int) -> float:
        """Return the hours from the notice until it was gone, or last seen online."""
        until = max(self.gone_at or 0, self.last_online or 0)
        return max(0, until - sent_at) / HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedNotice:
    """A case whose first notice was sent."""

    sent_at: int
    """Microseconds since 1970."""
    company: Company
    role: str | None = None
    several: bool = False
    kind: ContentKind = ContentKind.NOT_STATED
    urls: int = 1
    """How many URLs it holds; of an import maybe more than `outcomes` has."""
    outcomes: tuple[UrlOutcome, ...] = ()
    refused: bool = False
    not_ours: bool = False

    def action(self) -> ProviderAction:
        """Return what the company did, as far as it is known."""
        removed = [url for url in self.outcomes if url.is_removed(self.sent_at)]
        gone = len(removed) + sum(url.is_moved(self.sent_at) for url in self.outcomes)
        if gone >= self.urls and len(removed) < gone:
            return ProviderAction.MOVED
        if gone >= self.urls:
            by_order = any(url.end == EventKind.REMOVED_AFTER_COURT_ORDER for url in removed)
            return ProviderAction.REMOVED_AFTER_ORDER if by_order else ProviderAction.REMOVED
        if gone:
            return ProviderAction.PARTLY_REMOVED
        if self.refused or self.not_ours:
            return ProviderAction.REFUSED if self.refused else ProviderAction.NOT_OURS
        if any((url.last_online or 0) > self.sent_at for url in self.outcomes):
            return ProviderAction.NO_ACTION
        return ProviderAction.NOT_KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """The figures of a month, country, company or role, or of the whole period."""

    key: str
    """What the row stands for; empty where that is not known, or of the whole period."""
    name: str = ""
    """The company's name."""
    reports: int = 0
    """Reported URLs, each counted once."""
    notices: int = 0
    """First notices; reminders are not counted."""
    urls: int = 0
    """URLs in those notices."""
    removed: int = 0
    """Of those, seen gone after the notice and not seen again."""
    moved: int = 0
    """Of those, gone to another provider."""
    removed_24h: int = 0
    """Of those, seen gone within 24 hours of the notice."""
    known_24h: int = 0
    """Of those, where it is known whether they were gone after 24 hours."""
    share_24h: float | None = None
    """`removed_24h` of `known_24h`."""
    median_hours: float | None = None
    """Median hours from the notice until a URL was first seen gone; None where it is not reached.
    URLs that were not seen gone count as online for as long as they were seen."""
    median_low: float | None = None
    """Lower end of its interval of 95 %."""
    median_high: float | None = None
    """Upper end of its interval of 95 %; None where it is not reached."""
    candidate_reports: int = 0
    """Reported URLs whose name leads to several companies: in no column before."""
    candidate_notices: int = 0
    """Notices about them, to each of the companies."""
    candidate_removed: int = 0
    """URLs of those notices that were gone, counted for each of the companies."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a period."""

    rows: tuple[FigureRow, ...]
    """In the order of time, or of the alphabet; what is not known stands last."""
    total: FigureRow


@dataclass(frozen=True, slots=True)
class FlaggerRow:
    """Notices to a company about one kind of content, with the same action taken."""

    company: str
    country: str
    role: str
    kind: ContentKind
    action: ProviderAction
    several: bool
    """Whether the company is only one of several possible ones."""
    notices: int
    urls: int


@dataclass(slots=True)
class _Group:
    """What one row counts."""

    reports: list[CountedReport] = field(default_factory=list)
    notices: list[CountedNotice] = field(default_factory=list)


def figures_of(
    reports: Iterable[CountedReport],
    notices: Iterable[CountedNotice],
    period: Period,
    by: GroupedBy,
) -> Figures:
    """Return the figures of a period. Counts of the rows add up to the total."""
    groups: dict[tuple[str, str], _Group] = {}
    if by is GroupedBy.MONTH:
        groups = {(month, ""): _Group() for month in period.months()}
    everything = _Group()
    for report in reports:
        if report.at in period:
            place = _place(by, report.at, report.company, report.role)
            groups.setdefault(place, _Group()).reports.append(report)
            everything.reports.append(report)
    for notice in notices:
        if notice.sent_at in period:
            place = _place(by, notice.sent_at, notice.company, notice.role)
            groups.setdefault(place, _Group()).notices.append(notice)
            everything.notices.append(notice)
    ordered = sorted(groups, key=lambda place: (not place[0], place[1].casefold(), place))
    rows = (replace(_row(groups[place]), key=place[0], name=place[1]) for place in ordered)
    return Figures(tuple(rows), _row(everything))


def flagger_rows(notices: Iterable[CountedNotice], period: Period) -> list[FlaggerRow]:
    """Return the notices of a period as a trusted flagger reports them, Regulation (EU) 2022/2065,
    Art. 22(3): by company, kind of content and action, in the order of the alphabet.

    Every company that got a notice is in it, those that remove at once too.
    """
    groups: dict[tuple[Company, str, ContentKind, ProviderAction, bool], list[int]] = {}
    for notice in notices:
        if notice.sent_at in period:
            place = notice.company, notice.role or "", notice.kind, notice.action(), notice.several
            groups.setdefault(place, []).append(notice.urls)
    rows = [
        FlaggerRow(
            company=company.name,
            country=company.country or "",
            role=role,
            kind=kind,
            action=action,
            several=several,
            notices=len(urls),
            urls=sum(urls),
        )
        for (company, role, kind, action, several), urls in groups.items()
    ]
    return sorted(rows, key=lambda row: (row.company.casefold(), astuple(row)))


def _place(by: GroupedBy, at: int, company: Company | None, role: str | None) -> tuple[str, str]:
    """Return the key and name of the row in which something counts."""
    if by is GroupedBy.MONTH:
        return f"{moment(at):%Y-%m}", ""
    if company is None:
        return "", ""
    if by is GroupedBy.COMPANY:
        return company.key, company.name
    return (company.country or "" if by is GroupedBy.COUNTRY else role or ""), ""


def _row(group: _Group) -> FigureRow:
    notices = [notice for notice in group.notices if not notice.several]
    apart = [notice for notice in group.notices if notice.several]
    followed = [list(_counted(notice)) for notice in notices]
    urls = [url for of_notice in followed for url in of_notice]
    removed = np.array([url.is_removed(sent_at) for sent_at, url in urls], bool)
    hours = np.array([url.hours_known(sent_at) for sent_at, url in urls], float)
    in_time = int((removed & (hours <= 24)).sum())
    # Gone later than that, or seen online after it.
    late = int((hours > 24).sum())
    # URLs of one notice go together: the interval is that of as many times as there are notices.
    median = median_of(hours, removed, independent=sum(map(bool, followed)))
    return FigureRow(
        key="",
        reports=sum(report.urls for report in group.reports if not report.several),
        notices=len(notices),
        urls=sum(map(_urls_counted, notices)),
        removed=int(removed.sum()),
        moved=sum(url.is_moved(sent_at) for sent_at, url in urls),
        removed_24h=in_time,
        known_24h=in_time + late,
        share_24h=_rounded(in_time / (in_time + late), 4) if in_time + late else None,
        median_hours=_rounded(median.estimate, 2),
        median_low=_rounded(median.low, 2),
        median_high=_rounded(median.high, 2),
        candidate_reports=sum(report.urls for report in group.reports if report.several),
        candidate_notices=len(apart),
        candidate_removed=sum(
            url.is_removed(notice.sent_at) for notice in apart for url in notice.outcomes
        ),
    )


def _counted(notice: CountedNotice) -> Iterator[tuple[int, UrlOutcome]]:
    """Yield the URLs of a notice that count for it, each with when the notice was sent."""
    return ((notice.sent_at, url) for url in notice.outcomes if url.counts)


def _urls_counted(notice: CountedNotice) -> int:
    return notice.urls - sum(not url.counts for url in notice.outcomes)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
