"""Histories told day by day, for tests of patterns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from attribution.history.rows import AliasRow, EventRow, HistoryRows, NoticeRow, ReportRow
from attribution.pattern.assess import assess
from attribution.pattern.builder import history_from_rows
from attribution.pattern.history import History
from attribution.pattern.verdict import Assessment

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


@dataclass
class Story:
    """A history told day by day."""

    notices: list[NoticeRow] = field(default_factory=list)
    reports: list[ReportRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    aliases: list[AliasRow] = field(default_factory=list)

    def notice(
        self,
        at: float,
        *,
        provider: str = "p",
        site: str | None = None,
        online: float | None = None,
        urls: int = 1,
        reseller: str | None = None,
        ack: bool = False,
        candidates: int = 1,
        baseline: bool = False,
        checked: bool = True,
    ) -> str:
        """Send a notice; its URLs are seen online for so many days (None: gone within hours)."""
        name = f"n{len(self.notices)}"
        site = site or f"s{len(self.notices)}"
        self.notices.append(
            NoticeRow(name, provider, site, day(at), urls, reseller, candidates, baseline)
        )
        for place in range(urls):
            url = f"{name}-{place}"
            self.reports.append(ReportRow(url, site, provider, day(at), name))
            for seen in (1, 3, 7, 14, 30, 60):
                if checked and online is not None and online >= seen:
                    self.events.append(
                        EventRow(
                            "still_online",
                            day(at + seen + 1),
                            day(at + seen + 1),
                            name,
                            url,
                            at_least_days=seen,
                            more={"served_by": provider, "compared": "content"},
                        )
                    )
            if checked and online is None:
                self.events.append(
                    EventRow(
                        "offline",
                        day(at + 0.4),
                        day(at + 0.4),
                        name,
                        url,
                        last_online=day(at + 0.1),
                    )
                )
        if ack:
            self.event("ack", at + 0.1, notice=name)
        return name

    def event(
        self,
        kind: str,
        at: float,
        *,
        notice: str | None = None,
        provider: str = "p",
        known: float | None = None,
        url: str | None = None,
        **more: Any,
    ) -> None:
        providers = () if notice else (provider,)
        known_at = day(at if known is None else known)
        self.events.append(EventRow(kind, day(at), known_at, notice, url, providers, more=more))

    def seen(self, notice: str, at: float, *, known: float | None = None, **more: Any) -> None:
        """A checker sees the notice's first URL online;
        by default at the provider, by its content.
        """
        provider = next(row.provider for row in self.notices if row.notice == notice)
        more = {"served_by": provider, "compared": "content"} | more
        self.event("still_online", at, notice=notice, known=known, url=f"{notice}-0", **more)

    def gone(self, notice: str, at: float, *, kind: str = "offline", **more: Any) -> None:
        """A checker sees the notice's first URL gone."""
        self.event(kind, at, notice=notice, url=f"{notice}-0", **more)

    def weekly(
        self,
        count: int,
        *,
        begin: int = 0,
        online: float | None = 40,
        ack: bool = True,
        provider: str = "p",
    ) -> Story:
        """Send two notices a week about new sites."""
        for week in range(begin, begin + count):
            for place in (1, 3):
                self.notice(week * 7 + place, online=online, ack=ack, provider=provider)
        return self

    def history(self, at: float | None = None) -> History:
        rows = HistoryRows(
            notices=self.notices, reports=self.reports, events=self.events, aliases=self.aliases
        )
        return history_from_rows(rows, None if at is None else day(at))

    def one(self, at: float | None = None, provider: str = "p") -> Assessment:
        when = None if at is None else day(at)
        return next(one for one in assess(self.history(at), when) if provider in one.names)
