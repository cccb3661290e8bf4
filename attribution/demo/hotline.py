"""Half a year of an invented hotline: cases at the demo world's companies, most of which act, one
slowly, and one not at all.

For trying the service, for its pictures, and for tests. The same for the same day.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from attribution.casework.importing import import_history
from attribution.casework.importing_rows import Import
from attribution.casework.mailboxes import ApproveMailbox, approve_mailbox
from attribution.casework.providers import RegisteredProvider, keep_provider
from attribution.casework.publishing import NoteLetter, note_letter
from attribution.demo.world import (
    ANDES,
    BANYAN,
    BAOBAB,
    HARBOUR,
    LANTERN,
    MERIDIAN,
    QUAY,
    QUIET,
    VEIL,
    Company,
)
from attribution.models import Provider
from attribution.store.store import Store

WHO = "demo"
_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Habit:
    """How a company acts on notices."""

    key: str
    company: Company
    system: int
    weekly: float
    """Notices a week."""
    hours: tuple[float, float] | None
    """Between how many hours content goes; None for never."""
    ignored: float = 0.0
    """The share of notices on which nothing happens."""


HABITS = (
    Habit("ripe:ORG-MN1-RIPE", MERIDIAN, 64497, 2.6, (2, 20)),
    Habit("arin:LANT", LANTERN, 64496, 1.6, (3, 30)),
    Habit("apnic:ORG-BC1-AP", BANYAN, 64499, 2.0, (8, 90), 0.06),
    Habit("arin:QUAY", QUAY, 64496, 1.1, (60, 200), 0.04),
    Habit("arin:HARB", HARBOUR, 64496, 0.5, (5, 40)),
    Habit("ripe:ORG-VP1-RIPE", VEIL, 64498, 0.7, (1, 6)),
    Habit("lacnic:AR-ANDE-LACNIC", ANDES, 64501, 0.12, (20, 50)),
    Habit("afrinic:ORG-BH1-AFRINIC", BAOBAB, 64500, 0.4, (100, 400), 0.3),
    Habit("ripe:ORG-QH1-RIPE", QUIET, 64497, 2.2, None, 1.0),
)
SILENT = "ripe:ORG-QH1-RIPE"
"""The company that does not act; its letter was sent three weeks ago."""


def fill(store: Store) -> None:
    """Fill an empty store with half a year that ends yesterday."""
    today = store.now.date()
    with store.write(WHO) as writer:
        for habit in HABITS:
            company = habit.company
            provider = Provider(id=habit.key, name=company.name, country=company.country)
            mailbox = company.abuse
            keep_provider(
                writer,
                RegisteredProvider(
                    provider=provider,
                    source=f"rdap:{habit.key.partition(':')[0]}",
                    mailbox=mailbox,
                    systems=[habit.system],
                ),
            )
            if mailbox and company in (MERIDIAN, LANTERN, BANYAN):
                why = "telephoned the number in the trade register"
                approve_mailbox(
                    writer, ApproveMailbox(provider=habit.key, mailbox=mailbox, why=why)
                )
    with tempfile.TemporaryDirectory(prefix="attribution-demo-") as folder:
        _write(Path(folder), today)
        import_history(store, Path(folder), Import(who=WHO, reject=_refused))
    with store.write(WHO) as writer:
        note_letter(
            writer,
            NoteLetter(
                provider=SILENT,
                sent_on=today - timedelta(days=21),
                dossier_sha256="0" * 64,
                to="registered letter to its seat",
            ),
        )


def _refused(file: str, line: int, reason: str, row: Any) -> None:
    raise AssertionError(f"{file} line {line}: {reason}")


def _write(folder: Path, today: date) -> None:
    chance = random.Random(2026)  # noqa: S311 - an invented story, the same each time
    rows: dict[str, list[dict[str, Any]]] = {
        "notices": [],
        "reports": [],
        "events": [],
        "aliases": [],
    }
    begin = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(weeks=_WEEKS)
    for habit in HABITS:
        for number, sent in enumerate(_sent(habit, begin, chance), start=1):
            _Notice(
                rows=rows,
                habit=habit,
                number=number,
                sent=sent,
                end=begin + timedelta(weeks=_WEEKS),
                chance=chance,
            ).add()
    rows["events"] += _after_the_letter(begin + timedelta(weeks=_WEEKS))
    for name, of_name in rows.items():
        (folder / f"{name}.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in of_name), "utf-8"
        )


def _after_the_letter(today: datetime) -> list[dict[str, Any]]:
    """Return what followed on the letter to the company that does not act."""
    reply = "We are a neutral carrier and forward everything to our customers."
    return [
        {"kind": kind, "provider": SILENT, "at": _time(today - timedelta(days=days)), **more}
        for kind, days, more in (("letter_delivered", 18, {}), ("reply", 12, {"note": reply}))
    ]


def _sent(habit: Habit, begin: datetime, chance: random.Random) -> Iterator[datetime]:
    at = begin
    while True:
        at += timedelta(weeks=chance.uniform(0.5, 1.5) / habit.weekly)
        if at >= begin + timedelta(weeks=_WEEKS) - timedelta(hours=6):
            return
        yield at.replace(minute=chance.randrange(60), second=0, microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    """A notice of one case, and the rows of the history that it adds to."""

    rows: dict[str, list[dict[str, Any]]]
    habit: Habit
    number: int
    sent: datetime
    end: datetime
    """Nothing later is known."""
    chance: random.Random

    @property
    def key(self) -> str:
        return f"{self.habit.company.handle.lower()}-{self.number}"

    @property
    def site(self) -> str:
        return f"site-{self.number}.{self.habit.company.handle.lower()}-customer.example"

    def add(self) -> None:
        """Add the notice, its reports, and what happened."""
        urls = self.chance.choice((1, 1, 1, 2, 3))
        ignored = self.chance.random() < self.habit.ignored
        self.rows["notices"].append(
            {
                "notice": self.key,
                "provider": self.habit.key,
                "site": self.site,
                "sent_at": _time(self.sent),
                "urls": urls,
            }
        )
        self._add_event("ack", self.sent + timedelta(minutes=self.chance.randrange(1, 90)))
        for place in range(urls):
            self._add_report(f"{self.key}-{place}", ignored=ignored)

    def _add_report(self, url: str, *, ignored: bool) -> None:
        self.rows["reports"].append(
            {
                "url": url,
                "notice": self.key,
                "site": self.site,
                "provider": self.habit.key,
                "at": _time(self.sent),
            }
        )
        gone = (
            None
            if ignored or self.habit.hours is None
            else self.sent + timedelta(hours=self.chance.uniform(*self.habit.hours))
        )
        for days in (1, 3, 7, 14, 30, 60):
            checked = self.sent + timedelta(days=days + 0.3)
            if gone is None or checked < gone:
                self._add_event(
                    "still_online",
                    checked,
                    url=url,
                    at_least_days=days,
                    served_by=self.habit.key,
                    compared="content",
                )
        if gone is not None:
            last_online = _time(max(self.sent, gone - timedelta(hours=3)))
            self._add_event("offline", gone + timedelta(hours=3), url=url, last_online=last_online)

    def _add_event(self, kind: str, at: datetime, **fields: Any) -> None:
        if at < self.end:
            self.rows["events"].append(
                {"kind": kind, "notice": self.key, "at": _time(at), **fields}
            )


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
