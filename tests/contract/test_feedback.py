"""What whoever made a report may be told: its state, and nothing that leads to content."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from attribution.casework.feedback import AskFeedback, Feedback, feedback_of
from attribution.casework.importing import import_history
from attribution.casework.importing_rows import Import
from attribution.codes import ReportState
from attribution.store import Store
from attribution.store.times import HOUR, Micros, micros
from casework import Clock, correct, looked_up, note_event, record_notice, reported, small_history


def feedback(store: Store, country: str = "NL", **more: Any) -> list[Feedback]:
    with store.read() as reader:
        return list(feedback_of(reader, AskFeedback(hotline_country=country, **more)))


def state(store: Store, country: str = "NL") -> tuple[ReportState, str | None]:
    """The state of the only report."""
    (answer,) = feedback(store, country)
    return answer.state, answer.country


def noted(store: Store, clock: Clock, kind: str, **about: str) -> int:
    clock.move(hours=1)
    with store.write("ann") as writer:
        return note_event(writer, kind, writer.now, **about)[0]


def test_a_report_from_its_receipt_to_its_removal(store: Store, clock: Clock) -> None:
    found = reported(store)
    assert state(store) == (ReportState.WORKING, None)
    assert state(store, "US") == (ReportState.ABROAD, "NL")
    assert state(store, "") == (ReportState.WORKING, None)
    with store.write("ann") as writer:
        record_notice(writer, found.case, writer.now, to="abuse@hosting.example")
    assert state(store) == (ReportState.FORWARDED, None)
    assert state(store, "US") == (ReportState.FORWARDED_ABROAD, "NL")
    noted(store, clock, "still_online", report=found.report)
    assert state(store) == (ReportState.PURSUED, None)
    gone = noted(store, clock, "offline", report=found.report)
    assert state(store) == (ReportState.GONE, None)
    with store.write("ann") as writer:
        correct(writer, gone, "another page")
    assert state(store) == (ReportState.PURSUED, None)


def test_nobody_known_is_being_worked_on(store: Store) -> None:
    reported(store, "https://nobody.example/1", looked_up("nobody.example", known=False))
    assert state(store) == (ReportState.WORKING, None)


def test_no_company_no_url_and_no_host_are_in_it(store: Store, clock: Clock) -> None:
    found = reported(store, keep_url=True)
    with store.write("ann") as writer:
        record_notice(writer, found.case, writer.now, to="abuse@hosting.example")
    for country in ("NL", "US", ""):
        (answer,) = feedback(store, country)
        text = f"{asdict(answer)} {answer.state.line}".lower()
        for telling in ("hosting", "example", "http", "site", str(found.case)):
            assert telling not in text


def test_content_that_moved_keeps_its_first_key(store: Store, clock: Clock) -> None:
    found = reported(store, keep_url=True)
    noted(store, clock, "moved_to_other_host", report=found.report)
    assert state(store) == (ReportState.WORKING, None)
    with store.write("ann") as writer:
        provider = writer.name_provider("arin:EX", "Other Hosting", "US", writer.now)
        case_id = writer.open_case(provider, "site", "site.example", writer.now)
        writer.add_report(
            "site",
            writer.now,
            case_id=case_id,
            provider_id=provider,
            detail={"moved_from": found.report},
        )
    (answer,) = feedback(store)
    assert (answer.report, answer.state, answer.country) == (
        found.report,
        ReportState.ABROAD,
        "US",
    )


def test_only_what_changed_since(store: Store, clock: Clock) -> None:
    first = reported(store, "https://a.one.example/1", looked_up("a.one.example"))
    clock.move(hours=2)
    second = reported(store, "https://b.two.example/1", looked_up("b.two.example"))
    since = Micros(micros(clock.at) - HOUR)
    assert [answer.report for answer in feedback(store, since=since)] == [second.report]
    noted(store, clock, "offline", report=first.report)
    assert [answer.report for answer in feedback(store, since=since)] == [
        first.report,
        second.report,
    ]


def test_imported_reports_come_back_by_their_own_keys(store: Store, tmp_path: Path) -> None:
    faults: list[Any] = []
    command = Import(who="ann", source="tool", reject=lambda *row: faults.append(row))
    import_history(store, small_history(tmp_path / "history"), command)
    own = reported(store)
    answers = feedback(store, source="tool")
    assert [(answer.origin, answer.state) for answer in answers] == [
        ("u0-0", ReportState.GONE),
        ("u0-1", ReportState.PURSUED),
        ("u1-0", ReportState.GONE),
        ("u1-1", ReportState.PURSUED),
        ("u2-0", ReportState.GONE),
        ("u2-1", ReportState.PURSUED),
    ]
    everything = {answer.report: answer.origin for answer in feedback(store)}
    assert everything["tool:u0-0"] == "tool:u0-0"
    assert everything[own.report] is None
