"""Figures of a period: equal to an independent recount of the raw rows, in each database."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import recount
from attribution.casework.figure_facts import facts_of, publishable_companies
from attribution.casework.figures import FigureRow, GroupedBy, Period, figures_of, flagger_rows
from attribution.casework.importing import import_history
from attribution.casework.importing_rows import Import
from attribution.codes import ContentKind, ProviderAction
from attribution.errors import Refused
from attribution.store import Store
from attribution.store.times import HOUR, Micros, micros
from casework import Clock, correct, looked_up, note_event, record_notice, reported

COUNTS = (
    "reports",
    "notices",
    "urls",
    "removed",
    "moved",
    "removed_24h",
    "known_24h",
    "candidate_reports",
    "candidate_notices",
    "candidate_removed",
)
YEAR = Period(date(2024, 1, 1), date(2024, 12, 31))
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def figures(store: Store, period: Period, by: GroupedBy = GroupedBy.MONTH) -> Any:
    with store.read() as reader:
        facts = facts_of(reader)
    return figures_of(facts.reports, facts.notices, period, by)


def total(store: Store, **counts: int) -> FigureRow:
    """The whole of March; the counts that are not zero are given, and have to be all."""
    row = figures(store, MARCH).total
    assert {name: asdict(row)[name] for name in COUNTS if asdict(row)[name]} == counts
    return row  # type: ignore[no-any-return]


def imported(store: Store, folder: Path) -> None:
    faults: list[Any] = []
    command = Import(who="ann", reject=lambda *row: faults.append(row))
    import_history(store, folder, command)
    assert faults == []


def assert_equal_to_a_recount(store: Store, folder: Path) -> None:
    imported(store, folder)
    for by in GroupedBy:
        result = figures(store, YEAR, by)
        expected = recount.recounted(folder, by, 2024)
        for row in result.rows:
            counts = {name: asdict(row)[name] for name in COUNTS}
            assert counts == {name: expected[row.key or "not known"][name] for name in COUNTS}
        added = Counter[str]()
        for row in result.rows:
            added.update({name: asdict(row)[name] for name in COUNTS})
        assert {name: added[name] for name in COUNTS} == {
            name: asdict(result.total)[name] for name in COUNTS
        }
        assert {name: expected[""][name] for name in COUNTS} == {
            name: added[name] for name in COUNTS
        }


@pytest.fixture
def store_of_2026(store: Store, clock: Clock) -> Store:
    """A store whose clock is after every row of an imported year."""
    clock.at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return store


@pytest.mark.parametrize("seed", [1, 2])
def test_an_invented_year_is_counted_as_by_hand(
    store_of_2026: Store, tmp_path: Path, seed: int
) -> None:
    assert_equal_to_a_recount(store_of_2026, recount.invented_year(tmp_path / "year", seed))


@pytest.mark.skipif(not recount.SIMULATOR.is_dir(), reason="no simulator beside this checkout")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_simulated_year_is_counted_as_by_hand(
    store_of_2026: Store, tmp_path: Path, seed: int
) -> None:
    folder = recount.simulated_year(tmp_path / "year", seed, 25)
    assert_equal_to_a_recount(store_of_2026, folder)
    result = figures(store_of_2026, YEAR).total
    assert result.notices > 100
    assert 0 < result.median_low <= result.median_hours <= result.median_high
    assert 0 < result.share_24h < 1


def notice_sent(store: Store, url: str, hours_before: int = 0, **more: Any) -> tuple[str, str]:
    """Report a URL and note its notice; return the case and the report."""
    found = reported(store, url, looked_up(url.split("/")[2], **more))
    with store.write("ann") as writer:
        at = Micros(writer.now - hours_before * HOUR)
        record_notice(writer, found.case, at, to="abuse@hosting.example")
    return str(found.case), found.report


def test_removal_is_counted_until_it_is_taken_back(store: Store, clock: Clock) -> None:
    _, report = notice_sent(store, "https://a.site.example/1")
    clock.move(hours=30)
    with store.write("ann") as writer:
        (event,) = note_event(writer, "offline", writer.now, report=report)
    row = total(store, reports=1, notices=1, urls=1, removed=1, known_24h=1)
    assert (row.median_hours, row.share_24h) == (30.0, 0.0)
    with store.write("ann") as writer:
        correct(writer, event, "another page")
    row = total(store, reports=1, notices=1, urls=1)
    assert (row.median_hours, row.share_24h) == (None, None)


def test_what_came_back_is_not_removed_until_it_is_gone_again(store: Store, clock: Clock) -> None:
    _, report = notice_sent(store, "https://a.site.example/1")
    for kind in ("offline", "reappeared", "offline"):
        clock.move(hours=20)
        with store.write("ann") as writer:
            note_event(writer, kind, writer.now, report=report)
    row = total(store, reports=1, notices=1, urls=1, removed=1, known_24h=1)
    assert row.median_hours == 60


def test_a_report_without_a_company_and_a_duplicate(store: Store) -> None:
    reported(store, "https://nobody.example/1", looked_up("nobody.example", known=False))
    reported(store, "https://nobody.example/1", looked_up("nobody.example", known=False))
    total(store, reports=1)
    (row,) = figures(store, MARCH, GroupedBy.COMPANY).rows
    assert (row.key, row.reports) == ("", 1)


def test_candidates_are_counted_apart_once(store: Store) -> None:
    """Two companies are possible: one report, two notices, and no removal of either."""
    url = "https://two.site.example/1"
    cases = []
    with store.write("ann") as writer:
        at = writer.now
        for handle in ("ORG-A", "ORG-B"):
            provider = writer.name_provider(f"ripe:{handle}", f"{handle} B.V.", "NL", at)
            case_id = writer.open_case(provider, "site", "site.example", at, key=f"c-{handle}")
            writer.add_report(
                "site",
                at,
                case_id=case_id,
                provider_id=provider,
                key=f"r-{handle}",
                url_hash=writer.keys.hash_of(url),
                detail={"candidates": 2, "role": "hosting"},
            )
            cases.append(f"c-{handle}")
    with store.write("ann") as writer:
        for case in cases:
            record_notice(writer, case, writer.now, to="abuse@hosting.example")
            note_event(writer, "offline", writer.now, case=case)
    total(store, candidate_reports=1, candidate_notices=2, candidate_removed=2)
    rows = figures(store, MARCH, GroupedBy.COMPANY).rows
    assert [(row.name, row.candidate_reports, row.candidate_notices) for row in rows] == [
        ("ORG-A B.V.", 0, 1),
        ("ORG-B B.V.", 0, 1),
        ("", 1, 0),
    ]
    with store.read() as reader:
        flagged = flagger_rows(facts_of(reader).notices, MARCH)
    assert [(row.company, row.several, row.action) for row in flagged] == [
        ("ORG-A B.V.", True, ProviderAction.REMOVED),
        ("ORG-B B.V.", True, ProviderAction.REMOVED),
    ]


def test_country_role_and_company(store: Store, clock: Clock) -> None:
    notice_sent(store, "https://a.site.example/1")
    notice_sent(
        store, "https://b.other.example/1", handle="ORG-EX2", name="Åland Net", country="FI"
    )
    by_country = figures(store, MARCH, GroupedBy.COUNTRY).rows
    assert [(row.key, row.notices) for row in by_country] == [("FI", 1), ("NL", 1)]
    by_company = figures(store, MARCH, GroupedBy.COMPANY).rows
    assert [row.name for row in by_company] == ["Example Hosting B.V.", "Åland Net"]
    (role,) = figures(store, MARCH, GroupedBy.ROLE).rows
    assert (role.key, role.notices) == ("hosting", 2)


def test_notices_count_in_the_period_and_their_removals_with_them(
    store: Store, clock: Clock
) -> None:
    clock.at = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    _, report = notice_sent(store, "https://a.site.example/1")
    clock.move(hours=1)
    with store.write("ann") as writer:
        note_event(writer, "offline", writer.now, report=report)
    total(store, reports=1, notices=1, urls=1, removed=1, removed_24h=1, known_24h=1)
    april = figures(store, Period(date(2026, 4, 1), date(2026, 4, 30)))
    assert [(row.key, row.notices, row.removed) for row in april.rows] == [("2026-04", 0, 0)]


def test_with_what_was_known_at_a_time(store: Store, clock: Clock) -> None:
    _, report = notice_sent(store, "https://a.site.example/1")
    before = micros(clock.at)
    clock.move(hours=5)
    with store.write("ann") as writer:
        note_event(writer, "offline", writer.now, report=report)
    with store.read() as reader:
        (notice,) = facts_of(reader, before + HOUR).notices
        (later,) = facts_of(reader).notices
    assert notice.action() is ProviderAction.NOT_KNOWN
    assert later.action() is ProviderAction.REMOVED


def test_the_flaggers_report_is_in_alphabetical_order_whatever_was_done(
    store: Store, clock: Clock
) -> None:
    """Every company is in it; one that removed at once stands where its name says."""
    hosts = {"zeta": "offline", "Alpha": "still_online", "beta": "refused", "delta": None}
    for number, (name, kind) in enumerate(hosts.items()):
        handle = f"ORG-EX{number}"
        case, report = notice_sent(
            store, f"https://a.site{number}.example/1", handle=handle, name=f"{name} Hosting"
        )
        clock.move(hours=1)
        with store.write("ann") as writer:
            if kind == "refused":
                note_event(writer, kind, writer.now, case=case)
            elif kind:
                note_event(writer, kind, writer.now, report=report)
    with store.read() as reader:
        rows = flagger_rows(publishable_companies(facts_of(reader)), MARCH)
    assert [(row.company, row.action, row.kind, row.notices) for row in rows] == [
        ("Alpha Hosting", ProviderAction.NO_ACTION, ContentKind.NOT_STATED, 1),
        ("beta Hosting", ProviderAction.REFUSED, ContentKind.NOT_STATED, 1),
        ("delta Hosting", ProviderAction.NOT_KNOWN, ContentKind.NOT_STATED, 1),
        ("zeta Hosting", ProviderAction.REMOVED, ContentKind.NOT_STATED, 1),
    ]


def test_the_flaggers_report_leads_to_no_site(store: Store) -> None:
    notice_sent(store, "https://a.site.example/1", name="Host-it.example services")
    with store.read() as reader:
        (row,) = flagger_rows(publishable_companies(facts_of(reader)), MARCH)
    assert "host-it" not in str(asdict(row)).lower()


def test_an_imports_totals_equal_the_flaggers_report(store_of_2026: Store, tmp_path: Path) -> None:
    folder = recount.invented_year(tmp_path / "year", 3)
    imported(store_of_2026, folder)
    with store_of_2026.read() as reader:
        rows = flagger_rows(facts_of(reader).notices, YEAR)
    sent = [row for row in recount.read(folder, "notices") if row["sent_at"].startswith("2024")]
    assert sum(row.notices for row in rows) == len(sent)
    baseline = sum(row.notices for row in rows if row.kind is ContentKind.BASELINE)
    assert baseline == sum("baseline" in row for row in sent)
    assert sum(row.notices for row in rows if row.several) == sum("candidates" in r for r in sent)


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(Refused, match="to '2026-01-01'"):
        Period(date(2026, 1, 2), date(2026, 1, 1))
    assert Period(date(2025, 12, 31), date(2026, 2, 1)).months() == [
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    whole = Period(date(2026, 3, 2), date(2026, 3, 2))
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert micros(noon) in whole
    assert micros(noon + timedelta(hours=12)) not in whole
