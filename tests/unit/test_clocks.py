"""What a provider owes after a notice or an order, and what that changes for its label: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from attribution.casework.event_fields import read_event_fields
from attribution.casework.exporting import ExportStore, export_store
from attribution.casework.importing import import_history
from attribution.casework.importing_rows import Import
from attribution.casework.noting import NoteEvent, note_event
from attribution.casework.views import case_view
from attribution.errors import Refused
from attribution.pattern.report import as_row
from attribution.store import Store
from attribution.store.times import micros
from casework import NOON, Clock
from chain import SENDER, approve_all, case_at_chain, note, tell
from stories import Story, day


def clocks(store: Store, clock: Clock, case: str) -> list[tuple[str, object, object, bool]]:
    with store.read() as reader:
        rows = case_view(reader, case, micros(clock())).clocks
    return [(row["owed"], row["until"], row["met_at"], row["overdue"]) for row in rows]


def test_silence_on_receipt_and_decision_is_computed(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    assert clocks(store, clock, case) == []
    tell(store, case)
    silent = [("receipt", None, None, False), ("decision", None, None, False)]
    assert clocks(store, clock, case) == silent
    clock.move(hours=1)
    note(store, "receipt_confirmed", case, automatic=True)
    at = micros(clock())
    assert clocks(store, clock, case) == [("receipt", None, at, False), silent[1]]
    clock.move(hours=1)
    note(store, "decision_told", case)
    assert clocks(store, clock, case)[1] == ("decision", None, micros(clock()), False)
    with store.read() as reader:
        assert case_view(reader, case, micros(clock())).line.state == "received"


def test_a_notice_that_bounced_starts_no_clock(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    tell(store, case)
    note(store, "bounce", case)
    assert clocks(store, clock, case) == []


def test_outside_the_union_nothing_of_its_law_is_owed(store: Store, clock: Clock) -> None:
    case = case_at_chain(store, country="US")
    tell(store, case)
    assert clocks(store, clock, case) == []


@pytest.mark.parametrize("kind", ["instruction", "court_order"])
def test_an_order_has_its_own_time(kind: str, store: Store, clock: Clock) -> None:
    case = case_at_chain(store, country="US")
    tell(store, case)
    given = read_event_fields(["hours=12", "by_whom=the authority"])
    with store.write("ann") as writer:
        note_event(writer, NoteEvent(kind=kind, case=case, fields=given))
    until = micros(NOON) + 12 * 3_600_000_000
    clock.move(hours=11)
    assert clocks(store, clock, case) == [(kind, until, None, False)]
    clock.move(hours=2)
    assert clocks(store, clock, case) == [(kind, until, None, True)]
    note(store, "offline", case)
    assert clocks(store, clock, case) == [(kind, until, micros(clock()), True)]


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "soon", "9000"])
def test_hours_of_an_order_are_a_number(hours: str, store: Store) -> None:
    case = case_at_chain(store)
    tell(store, case)
    with store.write("ann") as writer, pytest.raises(Refused, match="hours"):
        fields = read_event_fields([f"hours={hours}"])
        note_event(writer, NoteEvent(kind="instruction", case=case, fields=fields))


def test_the_new_events_travel(store: Store, tmp_path: Path) -> None:
    case = case_at_chain(store)
    tell(store, case)
    for kind in ("receipt_confirmed", "decision_told"):
        note(store, kind, case)
    note(store, "instruction", case, hours=12.0, by_whom="the authority")
    export_store(store, ExportStore(output=tmp_path / "out", form="history", hotline=SENDER))
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}", tmp_path / "other.keys")
    with other:
        command = Import(who="bob", source="them", reject=lambda *_: None)
        import_history(other, tmp_path / "out", command)
        with other.read() as reader:
            from attribution.casework.views import case_lines

            (line,) = case_lines(reader)
            kinds = {event["kind"] for event in case_view(reader, line.key, 0).events}
    assert {"receipt_confirmed", "decision_told", "instruction"} <= kinds


def judged(kind: str | None, **more: object) -> dict[str, object]:
    story = Story().weekly(8, ack=False)
    for notice in [row.notice for row in story.notices]:
        if kind is not None:
            sent = next(row.sent_at for row in story.notices if row.notice == notice)
            at = (sent - day(0)).total_seconds() / 86_400
            story.event(kind, at + 0.1, notice=notice, **more)
    return as_row(story.one(90))


def test_only_a_person_s_confirmation_is_proof_and_nothing_else_changes_a_label() -> None:
    silent, acknowledged = judged(None), judged("ack")
    assert acknowledged != silent
    assert judged("receipt_confirmed") == acknowledged
    for kind, more in (
        ("receipt_confirmed", {"automatic": True}),
        ("decision_told", {}),
        ("instruction", {"hours": 12, "by_whom": "the authority"}),
    ):
        assert judged(kind, **more) == silent
