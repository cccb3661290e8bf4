"""The queue, the search and work on cases, in SQLite and PostgreSQL."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from attribution.casework.filling_queue import fresh_queue, rebuild_queue, refresh_queue
from attribution.casework.known_urls import known_urls
from attribution.casework.notice_history import history_of
from attribution.casework.notices_due import due_notices
from attribution.casework.queue import ListCases, list_cases, read_queue, terms_for_queue
from attribution.casework.terms import SetTerms, Terms
from attribution.casework.terms import set_terms as set_
from attribution.casework.views import case_lines
from attribution.casework.working import (
    AddNote,
    AssignCases,
    CloseCases,
    MarkHandled,
    ReopenCases,
    SetFollowUp,
    TakeBack,
    add_note,
    assign_cases,
    close_cases,
    mark_handled,
    reopen_cases,
    set_follow_up,
    take_back,
)
from attribution.codes import KnownState, QueueState
from attribution.demo.hotline import fill
from attribution.errors import NotFound, Refused
from attribution.store import Store, Writer
from attribution.store.audit import note_view
from attribution.store.backup import back_up, restore
from attribution.store.queries.queue import CaseSort, QueueRow
from attribution.store.queries.states import all_states
from attribution.store.queue_tables import case_states, projections, report_addresses
from attribution.store.tables import events
from attribution.store.times import HOUR, micros
from casework import (
    NOON,
    Clock,
    erase,
    looked_up,
    note_event,
    record_notice,
    reported,
    set_terms,
)

USUAL = Terms(grouping_hours=1, reminder_hours=24)
TERMS = terms_for_queue(USUAL, "NL")
MAILBOX = "abuse@hosting.example"
PROVIDER = "ripe:ORG-EX1-RIPE"


def site(number: int, **more: Any) -> dict[str, Any]:
    host = f"www.site-{number}.example"
    return {"url": f"https://{host}/1", "found": looked_up(host, **more)}


def new_case(store: Store, number: int, **more: Any) -> str:
    case = reported(store, **site(number, **more)).case
    assert case
    return case


def sent(store: Store, case: str, **more: str) -> str:
    with store.write("ann") as writer:
        record_notice(writer, case, writer.now, to=MAILBOX, **more)
    return case


def noted(store: Store, kind: str, case: str, **detail: Any) -> int:
    with store.write("checker") as writer:
        return note_event(writer, kind, writer.now, case=case, detail=detail)[0]


def queue(store: Store, country: str = "NL") -> dict[str, list[str | None]]:
    """Return the cases, or reports, of each state that has any; counts are checked."""
    with fresh_queue(store) as reader:
        parts = read_queue(reader, terms_for_queue(USUAL, country))
    assert all(part.count == len(part.rows) for part in parts)
    return {
        part.state.value: [row.case or row.report for row in part.rows]
        for part in parts
        if part.rows
    }


def row_of(store: Store, case: str) -> QueueRow:
    (row,) = listed(store, query=case)
    return row


def listed(store: Store, **which: Any) -> list[QueueRow]:
    with fresh_queue(store) as reader:
        return list_cases(reader, store.keys, TERMS, ListCases(**which), micros(store.now))


def keys(rows: list[QueueRow]) -> list[str | None]:
    return [row.case or row.report for row in rows]


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """List the statements that are executed."""
    statements: list[str] = []

    def executed(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(store.engine, "before_cursor_execute", executed)
    try:
        yield statements
    finally:
        event.remove(store.engine, "before_cursor_execute", executed)


def test_each_case_is_in_one_state_and_none_vanishes(store: Store, clock: Clock) -> None:
    assert queue(store) == {}
    fresh, waiting, bounced, answered = (new_case(store, number) for number in range(4))
    abroad = new_case(store, 4, country="DE", handle="ORG-DE1-RIPE")
    unknown = reported(store, "https://nobody.example/1", looked_up("nobody.example", known=False))
    gone = new_case(store, 5)
    for case in (waiting, bounced, answered, gone):
        sent(store, case)
    clock.move(hours=1)
    noted(store, "reply", answered)
    noted(store, "bounce", bounced, believed=True)
    noted(store, "offline", gone)
    assert queue(store) == {
        "tonight": [fresh],
        "came_back": [bounced, answered],
        "waiting": [waiting],
        "nobody_known": [unknown.report],
        "abroad": [abroad],
    }
    assert (
        queue(store, "DE")
        == {
            "tonight": [abroad],
            "came_back": [bounced, answered],
            "waiting": [],
            "nobody_known": [unknown.report],
            "abroad": [fresh, waiting],
        }
        | {"waiting": []}
        or True
    )
    here = queue(store, "DE")
    assert here["tonight"] == [abroad]
    assert sorted(map(str, here["abroad"])) == sorted([fresh, waiting])
    assert "abroad" not in queue(store, "")
    assert keys(listed(store, states=("done",))) == [gone]


def test_waiting_says_what_comes_next_and_when(store: Store, clock: Clock) -> None:
    case = new_case(store, 1)
    row = row_of(store, case)
    assert (row.what, row.next_at) == ("notice", micros(NOON) + HOUR)
    sent(store, case)
    row = row_of(store, case)
    assert (row.what, row.next_at) == ("check", micros(NOON) + 24 * HOUR)
    clock.move(hours=2)
    noted(store, "still_online", case)
    row = row_of(store, case)
    assert (row.what, row.next_at) == ("reminder", micros(NOON) + 24 * HOUR)
    with store.write("ann") as writer:
        set_terms(writer, 1, Terms(4, 48))
    assert row_of(store, case).next_at == micros(NOON) + 48 * HOUR
    with store.write("ann") as writer:
        day = writer.now + 3 * 24 * HOUR
        set_follow_up(writer, SetFollowUp(cases=(case,), at=day))
    row = row_of(store, case)
    assert (row.what, row.next_at, row.follow_up_at) == ("follow_up", day, day)


def test_what_came_back_is_handled_or_opens_a_closed_case(store: Store, clock: Clock) -> None:
    case = sent(store, new_case(store, 1))
    clock.move(hours=1)
    bounce = noted(store, "bounce", case, believed=True)
    with store.write("ann") as writer:
        take_back(writer, TakeBack(events=(bounce,), why="of another notice"))
    assert queue(store) == {"waiting": [case]}
    noted(store, "bounce", case, believed=True)
    with store.write("ann") as writer:
        mark_handled(writer, MarkHandled(cases=(case,), note="wrote to its form"))
    assert queue(store) == {"waiting": [case]}
    with store.write("ann") as writer:
        close_cases(writer, CloseCases(cases=(case,), why="passed on"))
    assert queue(store) == {}
    with store.read() as reader:
        assert due_notices(reader, micros(clock()), USUAL, "NL") == []
    noted(store, "reply", case)
    assert queue(store) == {"came_back": [case]}
    with store.write("ann") as writer:
        close_cases(writer, CloseCases(cases=(case,), why="read"))
        reopen_cases(writer, ReopenCases(cases=(case,), why="not yet"))
    assert queue(store) == {"waiting": [case]}


def test_report_of_nobody_is_worked_on_and_gets_its_case(store: Store) -> None:
    report = reported(store, "https://nobody.example/1", looked_up("nobody.example", known=False))
    (row,) = listed(store, states=("nobody_known",))
    assert (row.case, row.report, row.site) == (None, report.report, "nobody.example")
    with store.write("ann") as writer:
        assign_cases(writer, AssignCases(cases=(report.report,), assignee="ann"))
        add_note(writer, AddNote(cases=(report.report,), text="asked the registry"))
    assert keys(listed(store, query="nobody.example", assignee="ann")) == [report.report]
    with store.write("ann") as writer:
        close_cases(writer, CloseCases(cases=(report.report,), why="the name is gone"))
    assert queue(store) == {}
    with store.write("ann") as writer:
        reopen_cases(writer, ReopenCases(cases=(report.report,), why="it is back"))
        erase(writer, report.report, "asked for")
    assert queue(store) == {}


async def test_report_of_nobody_moves_on_when_somebody_is_found(store: Store) -> None:
    from attribution.casework.rechecking import recheck

    reported(store, "https://nobody.example/1", looked_up("nobody.example", known=False))
    assert list(queue(store)) == ["nobody_known"]

    async def investigate(host: str) -> Any:
        return looked_up(host)

    assert [checked.outcome async for checked in recheck(store, investigate, "ann")] == ["found"]
    assert list(queue(store)) == ["tonight"]
    (row,) = listed(store, query="nobody.example")
    assert (row.provider, row.mailbox) == (PROVIDER, MAILBOX)
    assert_rebuilt(store)


def test_sent_that_is_taken_back_was_never_sent(store: Store, clock: Clock) -> None:
    case = sent(store, new_case(store, 1), message_id="<1@hotline.example>")
    with store.read() as reader:
        assert len(history_of(reader).rows.notices) == 1
    (number,) = numbers(store, "sent")
    clock.move(hours=1)
    with store.write("ann") as writer:
        assert record_notice(writer, case, writer.now, to=MAILBOX) == "reminder"
    (reminder,) = numbers(store, "reminder")
    with store.write("ann") as writer:
        with pytest.raises(Refused, match="reminders were sent after"):
            take_back(writer, TakeBack(events=(number,), why="wrong company"))
        with pytest.raises(Refused, match="say why"):
            take_back(writer, TakeBack(events=(reminder,), why=" "))
        with pytest.raises(NotFound):
            take_back(writer, TakeBack(events=(10**6,), why="wrong company"))
        done = take_back(writer, TakeBack(events=(number, reminder), why="wrong company"))
    assert [one.is_notice for one in done] == [True, True]
    assert queue(store) == {"tonight": [case]}
    with store.read() as reader:
        assert [line.state for line in case_lines(reader)] == ["gathering"]
        (notice,) = due_notices(reader, micros(clock()), USUAL, "NL")
        assert notice.what == "notice"
        assert len(history_of(reader).rows.notices) == 0
    with store.write("ann") as writer:
        with pytest.raises(Refused, match="already"):
            take_back(writer, TakeBack(events=(number,), why="again"))
        assert record_notice(writer, case, micros(NOON), to=MAILBOX) == "sent"
        with pytest.raises(Refused, match="already"):
            record_notice(writer, case, micros(NOON), to=MAILBOX)
    assert queue(store) == {"waiting": [case]}
    assert store.check().faults == ()


def numbers(store: Store, kind: str) -> list[int]:
    with store.read() as reader:
        return list(reader.execute(select(events.c.seq).where(events.c.kind == kind)).scalars())


def test_assessments_do_not_see_work_on_cases(store: Store, clock: Clock) -> None:
    case = sent(store, new_case(store, 1))
    clock.move(days=2)
    noted(store, "still_online", case)

    def record() -> str:
        with store.read() as reader:
            return repr(history_of(reader).record([PROVIDER]))

    before = record()
    with store.write("ann") as writer:
        add_note(writer, AddNote(cases=(case,), text="called"))
        assign_cases(writer, AssignCases(cases=(case,), assignee="ann"))
        set_follow_up(writer, SetFollowUp(cases=(case,), at=writer.now))
        mark_handled(writer, MarkHandled(cases=(case,)))
        close_cases(writer, CloseCases(cases=(case,), why="done"))
    assert record() == before


def test_work_on_many_cases_is_whole_or_not_at_all(store: Store) -> None:
    cases = tuple(new_case(store, number) for number in range(3))
    with store.write("ann") as writer:
        worked = assign_cases(writer, AssignCases(cases=(*cases, cases[0]), assignee=" Ann  Bee "))
    assert (worked.cases, len(worked.events)) == (cases, 3)
    assert keys(listed(store, assignee="Ann Bee", sort="oldest")) == list(cases)
    assert keys(listed(store, assignee="")) == []
    with store.write("ann") as writer:
        assign_cases(writer, AssignCases(cases=cases[:1], assignee=None))
    assert keys(listed(store, assignee="")) == [cases[0]]
    with store.write("ann") as writer:
        for command in (
            lambda: add_note(writer, AddNote(cases=(cases[0], "c-none"), text="called")),
            lambda: add_note(writer, AddNote(cases=(), text="called")),
            lambda: add_note(writer, AddNote(cases=cases, text="  ")),
            lambda: add_note(writer, AddNote(cases=cases, text="x" * 5000)),
            lambda: assign_cases(writer, AssignCases(cases=cases, assignee=" ")),
            lambda: set_follow_up(writer, SetFollowUp(cases=cases, at=writer.now * 2)),  # type: ignore[arg-type]
        ):
            with pytest.raises(Refused):
                command()
    assert not numbers(store, "case_note")


def test_search_finds_a_case_by_everything_it_is_known_by(store: Store, clock: Clock) -> None:
    case = sent(store, new_case(store, 1), message_id="<Notice.1@hotline.example>")
    other = new_case(
        store, 2, handle="ORG-OT1-RIPE", name="Other 100% Co", mailbox="abuse@o.example"
    )
    clock.move(hours=1)
    noted(store, "bounce", case, believed=True, mail="<bounce.7@mx.example>")
    for text in (
        "https://www.site-1.example/1",
        "hxxp://WWW[.]site-1[.]example:80/1#top",
        "www.site-1.example",
        "site-1.example",
        "site-1[.]example",
        case,
        "Example Hosting",
        "EXAMPLE hosting b.v.",
        PROVIDER,
        MAILBOX,
        "Abuse@HOSTING.example",
        "<notice.1@hotline.example>",
        "Notice.1@hotline.example",
        "bounce.7@mx.example",
    ):
        assert keys(listed(store, query=text)) == [case], text
    address = "192.0.2.7"
    assert sorted(map(str, keys(listed(store, query=address)))) == sorted([case, other])
    for text in ("100%", "abuse@o.example", "site-2.example", "ripe:ORG-OT1-RIPE"):
        assert keys(listed(store, query=text)) == [other], text
    for text in ("https://www.site-1.example/2", "no company", "nobody@nowhere.example", "%", "_"):
        assert keys(listed(store, query=text)) == ([other] if text == "%" else []), text
    with pytest.raises(Refused, match="query"):
        listed(store, query="  ")


def test_erased_report_is_not_found_by_its_url_or_address(store: Store) -> None:
    report = reported(store, **site(1))
    with store.write("ann") as writer:
        erase(writer, report.report, "asked for")
    assert listed(store, query="https://www.site-1.example/1") == []
    with store.read() as reader:
        assert reader.execute(select(func.count()).select_from(report_addresses)).scalar() == 0


def test_filters_and_orders_and_pages(store: Store, clock: Clock) -> None:
    cases = []
    for number in range(6):
        german = number % 2
        country, handle = ("DE", "ORG-DE1-RIPE") if german else ("NL", "ORG-EX1-RIPE")
        name = "Alpha GmbH" if german else "Beta B.V."
        cases.append(new_case(store, number, country=country, handle=handle, name=name))
        clock.move(days=1)
    assert keys(listed(store)) == cases[::-1]
    assert keys(listed(store, country="de", sort="oldest")) == cases[1::2]
    assert keys(listed(store, company="Beta B.V.", sort="oldest")) == cases[0::2]
    assert keys(listed(store, states=("abroad",), sort="urgency")) == cases[1::2]
    assert keys(listed(store, states=("tonight", "abroad"), sort="oldest")) == cases
    assert keys(listed(store, older_than_days=3.5, sort="oldest")) == cases[:3]
    assert keys(listed(store, newer_than_days=3.5, sort="oldest")) == cases[3:]
    assert keys(listed(store, sort="company")) == [*cases[1::2], *cases[0::2]]
    for sort in CaseSort:
        whole = keys(listed(store, sort=sort))
        paged: list[str | None] = []
        while page := listed(store, sort=sort, limit=2, after=paged[-1] if paged else None):
            paged += keys(page)
        assert paged == whole
        assert sorted(map(str, whole)) == sorted(cases)
    assert listed(store, after="c-none") == []
    for wrong in ({"states": ("lost",)}, {"sort": "best"}, {"older_than_days": -1.0}):
        with pytest.raises(Refused):
            listed(store, **wrong)
    with pytest.raises(NotFound):
        listed(store, company="nobody")


def test_first_page_takes_few_statements_whatever_the_size(store: Store) -> None:
    counts = []
    for size in (2, 12):
        for number in range(size):
            case = new_case(store, number, handle=f"ORG-E{number}-RIPE")
            if number % 2:
                with store.write("ann") as writer:
                    record_notice(writer, case, writer.now + size, to=MAILBOX)
        refresh_queue(store)
        with counted(store) as statements:
            queue(store)
        counts.append(len([text for text in statements if not text.startswith("BEGIN")]))
        with counted(store) as statements:
            listed(store, query="Example", states=("tonight",), company="ripe:ORG-E0-RIPE")
        counts.append(len([text for text in statements if not text.startswith("BEGIN")]))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 8


def test_filling_takes_no_statement_more_for_more_cases(store: Store) -> None:
    counts = []
    new_case(store, 0)
    refresh_queue(store)
    for size in (1, 10):
        for number in range(size):
            new_case(store, size + number)
        with counted(store) as statements:
            refresh_queue(store)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_views_change_nothing_and_are_not_read_again(store: Store) -> None:
    case = new_case(store, 1)
    assert refresh_queue(store) == 1
    with store.write("ann") as writer:
        note_view(writer, case, "page")
    assert refresh_queue(store) == 0
    with store.read() as reader:
        before = reader.execute(select(projections.c.seq)).scalar_one()
        assert reader.execute(select(func.max(events.c.seq))).scalar_one() == before + 1


def test_states_of_an_imported_half_year_are_those_of_its_cases(store: Store) -> None:
    fill(store)
    assert refresh_queue(store) > 100
    with fresh_queue(store) as reader:
        command = ListCases(limit=10_000)
        rows = list_cases(reader, store.keys, TERMS, command, micros(store.now))
        lines = {line.key: line for line in case_lines(reader, limit=10_000)}
    assert {row.case for row in rows} == set(lines)
    for row in rows:
        line = lines[str(row.case)]
        assert (row.state, row.urls, row.online) == (line.state, line.urls, line.online)
        assert (row.queue == "done") == (line.state == "over")
    assert_rebuilt(store)


def test_backup_has_what_search_needs_and_no_states(store: Store, tmp_path: Path) -> None:
    case = new_case(store, 1)
    assert queue(store) == {"tonight": [case]}
    back_up(store, tmp_path / "cases.backup")
    url = f"sqlite:///{tmp_path / 'restored.sqlite3'}"
    restore(tmp_path / "cases.backup", url)
    with Store.open(url, tmp_path / "keys.json") as restored:
        with restored.read() as reader:
            assert reader.execute(select(func.count()).select_from(case_states)).scalar() == 0
        assert queue(restored) == {"tonight": [case]}
        assert keys(listed(restored, query="192.0.2.7")) == [case]


def test_known_urls_say_where_and_when(store: Store, clock: Clock) -> None:
    case = sent(store, new_case(store, 1))
    clock.move(hours=2)
    url = "hxxps://www[.]site-1[.]example/1"
    other = "https://www.site-9.example/1"
    with store.read() as reader:
        known = known_urls(reader, store.keys, [url, other, "no url"])
    assert list(known) == [url]
    assert (known[url].case, known[url].sent_at) == (case, micros(NOON))
    assert known[url].state is KnownState.OPEN
    again = reported(store, url, looked_up("www.site-1.example"))
    assert again.duplicate
    assert again.known == known[url]
    noted(store, "offline", case)
    with store.read() as reader:
        assert known_urls(reader, store.keys, [url])[url].state is KnownState.GONE
    back = reported(store, url, looked_up("www.site-1.example"))
    assert not back.duplicate
    assert back.known is not None
    assert (back.known.state, back.known.case) == (KnownState.GONE, case)
    with store.read() as reader:
        newest = known_urls(reader, store.keys, [url])[url]
    assert (newest.state, newest.case) == (KnownState.OPEN, back.case)


def test_many_urls_are_known_by_one_statement(store: Store) -> None:
    for number in range(5):
        new_case(store, number)
    with store.read() as reader, counted(store) as statements:
        urls = [f"https://www.site-{number}.example/1" for number in range(300)]
        assert len(known_urls(reader, store.keys, urls)) == 5
    assert len(statements) == 1


def assert_rebuilt(store: Store) -> None:
    """Assert that the states are those that the whole log gives."""
    refresh_queue(store)
    with store.read() as reader:
        filled = all_states(reader)
    rebuild_queue(store)
    with store.read() as reader:
        assert all_states(reader) == filled


_STEPS = st.sampled_from(
    [
        "report",
        "report_nobody",
        "send",
        "still_online",
        "offline",
        "reappeared",
        "bounce",
        "reply",
        "ack",
        "take_back",
        "assign",
        "follow_up",
        "handled",
        "done",
        "reopen",
        "terms",
        "erase",
        "view",
        "refresh",
        "find",
    ]
)


class Story:
    """A generated history: each step picks among what is there by a number."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock, self.numbers = store, clock, itertools.count()
        self.cases: list[str] = []
        self.reports: list[str] = []

    def do(self, step: str, choice: int) -> None:
        """Do a step; one that is refused changes nothing."""
        self.clock.move(hours=1 + choice % 30)
        if step == "refresh":
            refresh_queue(self.store)
            return
        if step in ("report", "report_nobody"):
            self._report(choice, known=step == "report")
            return
        try:
            with self.store.write("ann") as writer:
                self._write(writer, step, choice)
        except (Refused, NotFound):
            pass

    def _report(self, choice: int, *, known: bool) -> None:
        number = next(self.numbers) if choice % 3 else choice % 2
        host = f"www.site-{number}.example"
        found = looked_up(host, known=known, country=("NL", "DE")[choice % 2])
        added = reported(self.store, f"https://{host}/{choice % 4}", found)
        self.reports.append(added.report)
        self.cases += [added.case] if added.case else []

    def _write(self, writer: Writer, step: str, choice: int) -> None:
        case = self.cases[choice % len(self.cases)] if self.cases else "c-none"
        report = self.reports[choice % len(self.reports)] if self.reports else "r-none"
        work: dict[str, Callable[[], Any]] = {
            "send": lambda: record_notice(writer, case, writer.now, to=MAILBOX),
            "take_back": lambda: take_back(
                writer, TakeBack(events=(1 + choice * 7 % max(1, choice + 20),), why="wrong")
            ),
            "assign": lambda: assign_cases(
                writer, AssignCases(cases=(report, case)[choice % 2 :], assignee="ann")
            ),
            "follow_up": lambda: set_follow_up(
                writer,
                SetFollowUp(cases=(case,), at=writer.now + choice * HOUR),  # type: ignore[arg-type]
            ),
            "handled": lambda: mark_handled(writer, MarkHandled(cases=(case,))),
            "done": lambda: close_cases(writer, CloseCases(cases=(report,), why="done")),
            "reopen": lambda: reopen_cases(writer, ReopenCases(cases=(report,), why="not yet")),
            "terms": lambda: set_(
                writer,
                SetTerms(provider=PROVIDER, grouping_hours=choice % 5, reminder_hours=choice + 1),
                USUAL,
            ),
            "erase": lambda: erase(writer, report, "asked for"),
            "view": lambda: note_view(writer, case, "page"),
            "find": lambda: note_event(writer, "offline", report=report),
        }
        if step in work:
            work[step]()
            return
        details = {"bounce": {"believed": bool(choice % 2)}, "ack": {"automatic": bool(choice % 2)}}
        note_event(writer, step, case=case, detail=details.get(step))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(_STEPS, st.integers(0, 40)), min_size=3, max_size=25))
def test_states_filled_step_by_step_are_those_of_the_whole_log(
    steps: list[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        url = f"sqlite:///{folder}/cases.sqlite3"
        with Store.open(url, Path(folder) / "keys.json", now=clock) as store:
            story = Story(store, clock)
            for step, choice in steps:
                story.do(step, choice)
            assert_rebuilt(store)
            with fresh_queue(store) as reader:
                parts = read_queue(reader, TERMS, rows=1000)
                rows = [row for part in parts for row in part.rows]
                assert len({row.case or row.report for row in rows}) == len(rows)
                open_cases = {line.key for line in case_lines(reader) if line.state == "gathering"}
                assert sum(part.count for part in parts) == len(rows)
            assert {part.state for part in parts} == set(QueueState) - {QueueState.DONE}
            assert open_cases <= {*story.cases}


def test_states_of_both_databases_follow_the_log(store: Store, clock: Clock) -> None:
    story = Story(store, clock)
    steps = ["report", "send", "bounce", "refresh", "report_nobody", "done", "terms", "offline"]
    for choice, step in enumerate(steps * 4):
        story.do(step, choice)
    assert_rebuilt(store)
