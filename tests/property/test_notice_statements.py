"""Over generated histories: no notice, alone or in a digest, states what the log does not have."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attribution.casework.digests import draft_digest
from attribution.casework.drafting import draft_notices
from attribution.casework.notices_due import Due
from attribution.casework.noting import NoteEvent, note_event
from attribution.casework.working import TakeBack, take_back
from attribution.errors import Refused
from attribution.store import Store
from attribution.store.queries.cases import case_with_key, events_of_case
from attribution.store.queries.events import Event, EventFilter, events_in_order
from attribution.store.queries.reports import reports_of_cases
from attribution.store.times import moment
from casework import NOON, Clock, record_notice
from chain import (
    HOST,
    NAMES,
    PARENT_MAILBOX,
    SENDER,
    TRANSIT,
    approve_all,
    approve_by_hand,
    case_at_chain,
    due_of,
)

BY_HAND, STRANGER = "takedown@hosting.example", "owner@tenant.example"
COMPANY_OF = {**NAMES, BY_HAND: NAMES[HOST]}
ONLINE = {"still_online", "reappeared"}
CHECKS = ONLINE | {"offline"}
DAY = r"\d{4}-\d\d-\d\d"

MAILBOX = st.sampled_from([HOST, HOST, BY_HAND, PARENT_MAILBOX, TRANSIT, STRANGER])
STEP = st.one_of(
    st.tuples(st.just("notice"), MAILBOX, st.sampled_from(["mail", "mail", "telephone"])),
    st.tuples(st.just("bounce"), st.sampled_from([None, True, False]), st.none()),
    st.tuples(
        st.sampled_from(sorted(CHECKS)),
        st.sampled_from([None, "person", "content", "status"]),
        st.integers(0, 1),
    ),
    st.tuples(st.just("correct"), st.integers(0, 60), st.none()),
    st.tuples(st.just("approve"), st.sampled_from([HOST, BY_HAND, PARENT_MAILBOX]), st.none()),
)
HISTORY = st.lists(
    st.tuples(st.integers(0, 1), STEP, st.sampled_from([1, 7, 25])), min_size=1, max_size=14
)
"""(which case, what happens, hours until the next)."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a store with two cases of one company; its parties' mailboxes are approved."""
    folder = tmp_path_factory.mktemp("begun")
    with Store.open(
        f"sqlite:///{folder / 'cases.sqlite3'}", folder / "keys.json", now=Clock()
    ) as made:
        case_at_chain(made, "one.example", urls=2)
        case_at_chain(made, "two.example")
        approve_all(made)
        approve_by_hand(made, BY_HAND)
    return folder


@dataclass(frozen=True)
class Log:
    """What the log has of a case, read event by event and judged here once more."""

    events: list[Event]
    """Those that stand, in the order of time."""

    def notices(self, mailboxes: set[str]) -> list[Event]:
        """Return what was written to some mailboxes and did not come back."""
        sent = [event for event in self.events if event.kind in ("sent", "reminder")]
        return [
            event
            for place, event in enumerate(sent)
            if event.detail["to"] in mailboxes
            and event.detail["channel"] != "telephone"
            and not self._came_back(event, sent[place + 1 :])
        ]

    def _came_back(self, notice: Event, later: list[Event]) -> bool:
        to = notice.detail["to"]
        until = min((event.at for event in later if event.detail["to"] == to), default=None)
        return any(
            event.kind == "bounce"
            and event.detail.get("believed") is not False
            and event.detail["to"] == to
            and event.at >= notice.at
            and (until is None or event.at < until)
            for event in self.events
        )

    def last_check(self, report: int) -> Event | None:
        checks = [row for row in self.events if row.report_id == report and row.kind in CHECKS]
        return max(checks, key=lambda row: (row.at, row.seq), default=None)

    def person_looked(self, report: int) -> bool:
        return any(
            row.report_id == report
            and row.kind in ONLINE
            and row.detail.get("compared") == "person"
            for row in self.events
        )


def day(event: Event) -> str:
    return f"{moment(event.at):%Y-%m-%d}"


def happen(
    store: Store, clock: Clock, cases: list[str], history: list[tuple[int, tuple, int]]
) -> None:  # type: ignore[type-arg]
    """Write a history; steps that do not fit are refused, and change nothing."""
    for number, (kind, value, more), hours in history:
        case = cases[number]
        try:
            with store.write("ann") as writer:
                if kind == "notice":
                    record_notice(writer, case, writer.now, to=value, channel=more)
                elif kind == "correct":
                    take_back(writer, TakeBack(events=(value,), why="it was wrong"))
                elif kind == "bounce":
                    fields = {} if value is None else {"believed": value}
                    note_event(writer, NoteEvent(kind=kind, case=case, fields=fields))
                elif kind != "approve":
                    fields = {} if value is None or kind == "offline" else {"compared": value}
                    found = case_with_key(writer.connection, case)
                    assert found
                    reports = reports_of_cases(writer.connection, [found.id])[found.id]
                    report = reports[more % len(reports)].key
                    note_event(writer, NoteEvent(kind=kind, report=report, fields=fields))
            if kind == "approve" and value == BY_HAND:
                approve_by_hand(store, value)
            elif kind == "approve":
                approve_all(store, value)
        except Refused:
            pass
        clock.at += timedelta(hours=hours)


def dead_mailboxes(store: Store) -> set[str]:
    """Return the mailboxes of which a believed bounce is newer than their last approval."""
    kinds = ["bounce", "contact_approved", "correction"]
    with store.read() as reader:
        events = events_in_order(reader, EventFilter(kinds=kinds))
    corrected = {event.corrects for event in events}
    events = [
        event for event in events if event.kind != "correction" and event.seq not in corrected
    ]
    dead: set[str] = set()
    for event in events:
        if event.kind == "contact_approved":
            dead.discard(event.detail["mailbox"])
        elif event.detail.get("believed", True):
            dead.add(event.detail.get("to", ""))
    return dead


def log_of(store: Store, case: str) -> Log:
    with store.read() as reader:
        found = case_with_key(reader, case)
        assert found
        events = events_of_case(reader, found.id, "nothing")
    corrected = {event.corrects for event in events}
    return Log([event for event in events if event.seq not in corrected])


def report_ids(store: Store, due: Due) -> list[int]:
    with store.read() as reader:
        found = case_with_key(reader, due.case)
        assert found
        rows = reports_of_cases(reader, [found.id])[found.id]
    return [row.id for row in rows if row.key in due.reports]


def check_part(text: str, log: Log, reports: list[int], address: str, company: str) -> None:
    """Check every statement that a notice makes of one case against the log."""
    to_you = log.notices({address})
    said = [found.split(", ") for found in re.findall(r"^We wrote to you on (.*)\.$", text, re.M)]
    assert said == ([list(dict.fromkeys(map(day, to_you)))] if to_you else [])
    others = dict(re.findall(rf"^We wrote to (?!you )(.*) on ((?:{DAY}(?:, )?)+)\.$", text, re.M))
    told = list(to_you)
    expected = {}
    for name in dict.fromkeys(NAMES.values()):
        if name != company:
            mailboxes = {mailbox for mailbox, known in COMPANY_OF.items() if known == name}
            notices = log.notices(mailboxes)
            if notices:
                expected[name] = ", ".join(dict.fromkeys(map(day, notices)))
            told += notices
    assert others == expected
    online: Counter[str] = Counter()
    for report in reports:
        check = log.last_check(report)
        if told and check and check.kind in ONLINE and check.at > max(row.at for row in told):
            online[day(check)] += 1
    pattern = rf"^(\d+) address(?:es)? (?:was|were) online when .* checked, on ({DAY})\.$"
    assert {at: int(count) for count, at in re.findall(pattern, text, re.M)} == dict(online)
    assert ("analyst" in text) == all(map(log.person_looked, reports))
    for word in ("wrote", "online", "bounce", "came back"):
        lines = [line for line in text.splitlines() if word in line]
        assert len(lines) == {"wrote": len(said) + len(others), "online": len(online)}.get(word, 0)
    assert not any(mailbox in text for mailbox in (*COMPANY_OF, STRANGER))


def check_xarf(reports: Iterator[tuple[str, dict[str, str]]], log: Log, ids: list[int]) -> None:
    for (_, report), number in zip(reports, ids, strict=False):
        check = log.last_check(number)
        seen = check if check and check.kind in ONLINE else None
        person = log.person_looked(number)
        assert report["detection_method"] == ("manual_review" if person else "user_report")
        assert report.get("verified_at") == (
            f"{moment(seen.at):%Y-%m-%dT%H:%M:%SZ}" if seen else None
        )
        assert report["url"].startswith("https://")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=HISTORY)
def test_every_statement_is_in_the_log(
    begun: Path, tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, tuple, int]]
) -> None:  # type: ignore[type-arg]
    folder = tmp_path_factory.mktemp("history")
    for name in ("cases.sqlite3", "keys.json"):
        shutil.copy(begun / name, folder / name)
    clock = Clock(NOON + timedelta(hours=1))
    with Store.open(
        f"sqlite:///{folder / 'cases.sqlite3'}", folder / "keys.json", now=clock
    ) as store:
        from attribution.casework.views import case_lines

        with store.read() as reader:
            cases = [line.key for line in case_lines(reader)]
        happen(store, clock, cases, history)
        dead = dead_mailboxes(store)
        due = [notice for case in cases for notice in due_of(store, clock, case)]
        for notice in due:
            assert notice.to not in dead
            log, ids = log_of(store, notice.case), report_ids(store, notice)
            with store.read() as reader:
                drafts = draft_notices(reader, store.keys, notice, SENDER)
            for draft in drafts:
                assert draft.mailbox is None or draft.mailbox in {*COMPANY_OF} - dead
                address = draft.mailbox or {name: box for box, name in NAMES.items()}[draft.to]
                check_part(draft.text, log, ids, address, draft.to)
                assert (draft.what == "reminder") == bool(log.notices({address}))
                check_xarf(draft.reports(), log, ids)  # type: ignore[arg-type]
        if due:
            with store.read() as reader:
                digests = draft_digest(reader, store.keys, due, SENDER)
            for digest in digests:
                assert digest.mailbox is None or digest.mailbox in {*COMPANY_OF} - dead
                parts = digest.text.split("\nCase ")[1:] if len(digest.cases) > 1 else [digest.text]
                for part, text in zip(digest.cases, parts, strict=True):
                    notice = next(row for row in due if row.case == part.case)
                    check_part(
                        text,
                        log_of(store, part.case),
                        report_ids(store, notice),
                        digest.mailbox or HOST,
                        digest.to,
                    )
                    assert part.case in f"{digest.subject} {text}"
                    assert part.reply_to in text
