"""Reports become notices: grouped, held back until somebody looked, looked up anew, and never to
the wrong one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, true

from attribution.attributor import Investigation
from attribution.casework.drafting import Sender, draft_notices
from attribution.casework.mailboxes import approvals
from attribution.casework.notices_due import Due, due_notices, next_notices
from attribution.casework.providers import provider_named
from attribution.casework.rechecking import Rechecked, recheck
from attribution.casework.terms import Terms
from attribution.casework.views import case_lines, case_view
from attribution.demo.hotline import fill
from attribution.errors import InvalidTarget, Refused, StoreError
from attribution.language import Domain, languages
from attribution.settings import Settings
from attribution.store import Store
from attribution.store.queries import cases as case_queries
from attribution.store.queries.events import EVENT
from attribution.store.tables import IS_FINDING, cases, events
from attribution.store.times import HOUR, micros
from casework import (
    NOON,
    Clock,
    approve,
    correct,
    looked_up,
    note_event,
    record_notice,
    reported,
    set_terms,
)

USUAL = Terms(grouping_hours=24, reminder_hours=24)
SENDER = Sender("Example Hotline", "notices@hotline.example")
URL = "https://www.site.example/1"
PROVIDER = "ripe:ORG-EX1-RIPE"
DESK = "abuse@hosting.example"


def dues(store: Store, clock: Clock, country: str = "NL", case: str | None = None) -> list[Due]:
    with store.read() as connection:
        return due_notices(connection, micros(clock()), USUAL, country, case=case)


def approved(store: Store, mailbox: str = DESK, provider: str = PROVIDER) -> None:
    with store.write("ann") as writer:
        approve(writer, provider_named(writer.connection, provider)[0], mailbox, "called back")


def sent(store: Store, case: str | None) -> str:
    assert case
    with store.write("ann") as writer:
        record_notice(writer, case, writer.now, to=DESK)
    return case


def noted(store: Store, kind: str, case: str) -> None:
    with store.write("checker") as writer:
        note_event(writer, kind, writer.now, case=case)


async def rechecked(
    store: Store, found: Investigation | Callable[[str], Investigation]
) -> list[Rechecked]:
    async def investigate(host: str) -> Investigation:
        return found(host) if callable(found) else found

    ask: Callable[[str], Awaitable[Investigation]] = investigate
    return [one async for one in recheck(store, ask, "ann")]


def test_the_same_url_is_a_duplicate_however_it_is_written(store: Store) -> None:
    first = reported(store, "https://www.site.example/1?x=2")
    for spelling in (
        "hxxps://www[.]site[.]example/1?x=2",
        "http://WWW.site.example:80/1?x=2#there",
    ):
        again = reported(store, spelling)
        assert again.duplicate
        assert again.report == first.report
    assert not reported(store, "https://www.site.example/2").duplicate
    assert store.check().faults == ()


def test_open_reports_of_one_site_at_one_provider_are_one_notice(store: Store) -> None:
    one = reported(store, "https://www.site.example/1")
    two = reported(store, "https://img.site.example/2", looked_up("img.site.example"))
    other = reported(store, "https://www.other.example/1", looked_up("www.other.example"))
    elsewhere = reported(
        store,
        "https://cdn.site.example/9",
        looked_up("cdn.site.example", "ORG-OT1-RIPE", "Other Hosting", "abuse@other.example"),
    )
    assert one.case == two.case
    assert len({one.case, other.case, elsewhere.case}) == 3
    assert elsewhere.same_site == (one.case,)
    sent(store, one.case)
    later = reported(store, "https://www.site.example/3")
    assert later.case != one.case  # what is reported after a notice is the next one's


def test_a_report_of_what_is_gone_is_a_new_one(store: Store) -> None:
    first = reported(store)
    noted(store, "offline", sent(store, first.case))
    again = reported(store)
    assert not again.duplicate
    assert again.case != first.case


def test_what_is_no_url_is_refused(store: Store) -> None:
    with pytest.raises(InvalidTarget):
        reported(store, "not a url")


def test_a_notice_is_due_at_once_and_says_until_when_reports_may_gather(
    store: Store, clock: Clock
) -> None:
    reported(store)
    approved(store)
    (notice,) = dues(store, clock)
    assert (notice.what, notice.to, notice.in_the_way) == ("notice", DESK, ())
    assert notice.route_to is None
    assert notice.may_gather_until == micros(NOON) + 24 * HOUR
    clock.move(hours=24)
    (later,) = dues(store, clock)
    assert (later.in_the_way, later.may_gather_until) == ((), None)


def test_a_person_sends_a_fresh_report_now(store: Store, clock: Clock) -> None:
    case = reported(store).case
    approved(store)
    (draft, *_) = drafted(store, clock, case)
    assert draft.in_the_way == ()  # type: ignore[attr-defined]
    assert Settings().grouping_hours == 1


def test_many_cases_have_their_next_notices_at_once(store: Store, clock: Clock) -> None:
    first = reported(store).case
    host = "www.other.example"
    second = reported(store, f"https://{host}/1", looked_up(host)).case
    assert first
    assert second
    sent(store, first)
    with store.read() as connection:
        notices = next_notices(connection, micros(clock()), USUAL, "NL", [first, second, "c-none"])
    assert {(notice.case, notice.what) for notice in notices} == {
        (first, "reminder"),
        (second, "notice"),
    }


def test_a_mailbox_that_nobody_approved_gets_no_notice(store: Store, clock: Clock) -> None:
    reported(store)
    clock.move(hours=24)
    assert "not approved" in dues(store, clock)[0].in_the_way[0]
    approved(store, "somebody@else.example")
    assert "not approved" in dues(store, clock)[0].in_the_way[0]


def test_a_look_from_the_day_before_yesterday_is_made_again_first(
    store: Store, clock: Clock
) -> None:
    reported(store)
    approved(store)
    clock.move(hours=49)
    assert "recheck" in dues(store, clock)[0].in_the_way[0]


def test_quiet_days_and_terms_of_one_provider(store: Store, clock: Clock) -> None:
    reported(store)
    approved(store)
    with store.write("ann") as writer:
        provider, _ = provider_named(writer.connection, PROVIDER)
        set_terms(writer, provider, Terms(1, 48, ("mon", "2026-12-25")))
    clock.move(hours=2)
    assert "quiet day" in dues(store, clock)[0].in_the_way[0]
    clock.move(hours=20)  # Tuesday
    assert dues(store, clock)[0].in_the_way == ()
    with store.write("ann") as writer, pytest.raises(StoreError, match="quiet day 'someday'"):
        set_terms(writer, provider, Terms(1, 48, ("someday",)))


def test_a_provider_in_another_country_is_the_hotlines_there(store: Store, clock: Clock) -> None:
    reported(store, URL, looked_up(country="DE"))
    clock.move(hours=24)
    (found,) = dues(store, clock)
    assert found.route_to is not None
    assert found.route_to.endswith("(DE)")
    assert dues(store, clock, country="DE")[0].route_to is None
    assert dues(store, clock, country="")[0].route_to is None


def test_a_reminder_is_due_every_day_while_the_checker_says_online(
    store: Store, clock: Clock
) -> None:
    case = sent(store, reported(store).case)
    approved(store)
    clock.move(hours=25)
    assert dues(store, clock) == []  # nobody said that it is online
    noted(store, "still_online", case)
    (found,) = dues(store, clock)
    assert found.what == "reminder"
    sent(store, case)
    assert dues(store, clock) == []
    clock.move(hours=25)
    assert dues(store, clock) == []  # not seen since the reminder
    noted(store, "still_online", case)
    assert len(dues(store, clock)) == 1
    noted(store, "offline", case)
    assert dues(store, clock) == []


async def test_a_recheck_tells_moved_changed_and_unchanged_apart(
    store: Store, clock: Clock
) -> None:
    hosts = {name: f"{name}.example" for name in ("same", "changed", "moved", "silent")}
    for host in hosts.values():
        reported(store, f"https://{host}/1", looked_up(host))
        approved(store)
    clock.move(hours=30)
    answers = {
        hosts["same"]: looked_up(hosts["same"]),
        hosts["changed"]: looked_up(hosts["changed"], mailbox="new@hosting.example"),
        hosts["moved"]: looked_up(
            hosts["moved"], "ORG-OT1-RIPE", "Other Hosting", "abuse@other.example"
        ),
        hosts["silent"]: looked_up(hosts["silent"], known=False),
    }
    found = {one.host: one for one in await rechecked(store, answers.__getitem__)}
    assert {host.partition(".")[0]: found[host].outcome for host in hosts.values()} == {
        "same": "unchanged",
        "changed": "changed",
        "moved": "moved",
        "silent": "unknown",
    }
    with store.read() as connection:
        provider, _ = provider_named(connection, PROVIDER)
        assert approvals(connection, provider) == {}  # the change ended the old mailbox's approval
        assert {one.provider for one in case_lines(connection) if one.site == "moved.example"} == {
            PROVIDER,
            "ripe:ORG-OT1-RIPE",
        }
        old = next(
            one
            for one in case_lines(connection, provider_id=provider)
            if one.site == "moved.example"
        )
        assert old.state == "over"
        kinds = [one["kind"] for one in case_view(connection, old.key, micros(NOON)).events]
    assert "moved_to_other_host" in kinds
    assert store.check().faults == ()
    again = {one.host: one.outcome for one in await rechecked(store, answers.__getitem__)}
    assert again[hosts["moved"]] == again[hosts["changed"]] == "unchanged"


async def test_a_report_without_a_provider_gets_one_when_somebody_is_found(store: Store) -> None:
    added = reported(store, URL, looked_up(known=False))
    assert added.case is None
    (found,) = await rechecked(store, looked_up())
    assert found.outcome == "found"
    with store.read() as connection:
        (line,) = case_lines(connection)
    assert (line.provider, line.urls) == (PROVIDER, 1)
    assert store.check().faults == ()
    (found,) = await rechecked(store, looked_up())
    assert found.outcome == "unchanged"


def drafted(
    store: Store,
    clock: Clock,
    case: str | None,
    sender: Sender = SENDER,
    given: tuple[str, ...] = (URL,),
) -> list[object]:
    with store.read() as connection:
        (one,) = due_notices(connection, micros(clock()), USUAL, "NL", case=case)
        return list(draft_notices(connection, store.keys, one, sender, given))


@pytest.mark.parametrize("language", languages(Domain.NOTICES))
def test_a_draft_in_each_language_names_site_urls_law_and_reply_address(
    language: str, store: Store, clock: Clock
) -> None:
    case = reported(store).case
    approved(store)
    first = drafted(
        store, clock, case, Sender("Example Hotline", "notices@hotline.example", language)
    )[0]
    with store.read() as connection:
        token = case_view(connection, str(case), micros(NOON)).token
    assert len(token) >= 24
    for needed in (
        "Example Hosting B.V.",
        "Example Hotline",
        f"notices+{token}@hotline.example",
        "hxxps://www[.]site[.]example/1",
        "2022/2065",
    ):
        assert needed in first.text  # type: ignore[attr-defined]
    assert "site[.]example" in first.subject  # type: ignore[attr-defined]
    assert "https://www.site.example" not in first.text  # type: ignore[attr-defined]


def test_urls_go_out_whole_where_the_hotline_says_so(store: Store, clock: Clock) -> None:
    case = reported(store).case
    approved(store)
    first = drafted(
        store, clock, case, Sender("Example Hotline", "notices@hotline.example", urls="whole")
    )[0]
    assert "https://www.site.example/1" in first.text  # type: ignore[attr-defined]
    assert first.xarf[0]["url"] == "https://www.site.example/1"  # type: ignore[attr-defined]


def test_no_url_is_in_a_draft_to_a_mailbox_that_nobody_approved(store: Store, clock: Clock) -> None:
    case = reported(store).case
    for one in drafted(store, clock, case):
        assert "/1" not in one.text  # type: ignore[attr-defined]
        assert one.xarf == ()  # type: ignore[attr-defined]
        assert one.in_the_way  # type: ignore[attr-defined]


def test_xarf_in_a_draft_is_valid_and_says_no_more_than_the_law_needs(
    store: Store, clock: Clock
) -> None:
    from xarf import parse

    case = reported(store).case
    approved(store)
    (report,) = drafted(store, clock, case)[0].xarf  # type: ignore[attr-defined]
    assert parse(report).errors == []
    assert report["url"] == "https://www.site.example/1"
    assert report["classification"] == "baseline"
    assert not {"media_type", "hash_values", "evidence"} & set(report)


def test_a_draft_without_its_urls_says_how_to_give_them(store: Store, clock: Clock) -> None:
    case = reported(store).case
    with pytest.raises(StoreError, match="--urls"):
        drafted(store, clock, case, given=())
    with pytest.raises(StoreError, match="--urls"):
        drafted(store, clock, case, given=("https://www.site.example/another",))


def test_kept_urls_need_not_be_given(store: Store, clock: Clock) -> None:
    case = reported(store, keep_url=True).case
    approved(store)
    assert "hxxps://www[.]site[.]example/1" in drafted(store, clock, case, given=())[0].text  # type: ignore[attr-defined]


def test_a_hotlines_own_template_is_used_and_one_with_a_slip_is_told(
    store: Store, clock: Clock, tmp_path: object
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "templates"
    folder.mkdir()
    case = reported(store).case
    (folder / "notice.en.txt.j2").write_text("About {{ case }}\n{{ urls_given }}\n")
    own = Sender("Example Hotline", "notices@hotline.example", templates=folder)
    assert drafted(store, clock, case, own)[0].subject == f"About {case}"  # type: ignore[attr-defined]
    for slip in ("{{ nothing }}", "{{ ''.__class__.__mro__ }}", "{% for %}"):
        (folder / "notice.en.txt.j2").write_text(slip)
        with pytest.raises(StoreError, match="cannot be used"):
            drafted(store, clock, case, own)


def test_events_need_what_they_happened_to(store: Store, clock: Clock) -> None:
    case = reported(store).case
    with store.write("ann") as writer:
        for arguments, words in (
            ({"kind": "exploded", "case": case}, "unknown"),
            ({"kind": "ack"}, "say what"),
            ({"kind": "ack", "case": "c-none"}, "not in the store"),
            ({"kind": "ack", "case": case}, "no notice yet"),
            ({"kind": "ack", "provider": PROVIDER}, "happens to a case"),
            ({"kind": "contact_confirmed", "case": case}, "happens to a provider"),
            ({"kind": "offline", "report": "r-none"}, "not in the store"),
        ):
            with pytest.raises(StoreError, match=words):
                note_event(writer, at=writer.now, **arguments)  # type: ignore[arg-type]
        with pytest.raises(StoreError, match="future"):
            note_event(writer, "offline", writer.now + 10**12, case=case)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, None),
        (2, "reminder"),
        (4, "second channel"),
        (8, "above the provider"),
        (15, "order under a penalty"),
    ],
)
def test_a_case_says_what_may_be_done_next_and_on_what_ground(
    days: int, words: str | None, store: Store, clock: Clock
) -> None:
    case = sent(store, reported(store).case)
    clock.move(days=days)
    with store.read() as connection:
        # Nobody said that it is online.
        assert case_view(connection, case, micros(clock())).next_step is None
    noted(store, "still_online", case)
    with store.read() as connection:
        step = case_view(connection, case, micros(clock())).next_step
    assert (step is None) if words is None else (step is not None and words in step["step"])
    if days == 15:
        assert step is not None
        assert step["since"] == "2024-07-01"


def test_a_notice_is_recorded_once_and_what_it_held_stands_in_it(
    store: Store, clock: Clock
) -> None:
    added = reported(store)
    case = sent(store, added.case)
    with store.write("ann") as writer, pytest.raises(StoreError, match="already"):
        record_notice(writer, case, writer.now, to=DESK)
    clock.move(hours=1)
    with store.write("ann") as writer:
        assert (
            record_notice(writer, case, writer.now, to=DESK, message_id="<2@hotline.example>")
            == "reminder"
        )
        with pytest.raises(StoreError, match="future"):
            record_notice(writer, case, writer.now + 10**11, to=DESK)
    with store.read() as connection:
        log = case_view(connection, case, micros(NOON)).events
    assert next(one for one in log if one["kind"] == "sent")["detail"]["reports"] == [added.report]
    assert json.dumps(log)


def test_what_is_due_is_found_without_looking_at_every_case(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    with store.write("ann") as writer:
        ended = [
            writer.connection.execute(
                events.select()
                .where(events.c.kind == "offline")
                .order_by(events.c.seq.desc())
                .limit(4)
            ).all()[n]
            for n in (0, 2, 3)
        ]
        keys = {row.id: row.key for row in writer.connection.execute(cases.select())}
        correct(writer, ended[0].seq, "another page")
        note_event(writer, "reappeared", writer.now, case=keys[ended[1].case_id])
    reported(store)
    clock.move(hours=30)

    def found() -> list[Due]:
        with store.read() as connection:
            return due_notices(connection, micros(store.now), Terms(24, 24), "")

    quick = found()
    monkeypatch.setattr(case_queries, "_may_be_due", lambda ends: true())
    assert quick == found()
    assert {keys[ended[1].case_id], "org-qh1-ripe-1"} <= {one.case for one in quick}
    assert {one.what for one in quick} == {"notice", "reminder"}


def test_what_is_due_takes_no_statement_more_for_more_cases(store: Store, clock: Clock) -> None:
    def statements() -> int:
        count = 0

        def executed(*_: object) -> None:
            nonlocal count
            count += 1

        with store.read() as connection:
            event.listen(connection, "before_cursor_execute", executed)
            found = due_notices(connection, micros(clock()), USUAL, "NL")
        assert len(found) == reports
        return count

    counts = []
    for reports in (1, 12):
        for number in range(reports):
            host = f"www.site-{number}.example"
            reported(store, f"https://{host}/1", looked_up(host, f"ORG-EX{number}-RIPE"))
        clock.move(hours=30)
        counts.append(statements())
    assert counts[0] == counts[1]


def test_last_lookups_are_found_by_their_index(store: Store) -> None:
    reported(store)
    if store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads a small table whole")
    with store.read() as connection:
        statement = EVENT.where(IS_FINDING, events.c.report_id.in_([1])).order_by(events.c.seq)
        text = statement.compile(store.engine, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
    assert "findings_of_report" in str(plan)


@pytest.mark.parametrize(
    ("kind", "detail", "state"),
    [
        ("delivered", {}, "received"),
        ("opened", {}, "received"),
        ("ack", {"automatic": True}, "received"),
        ("bounce", {"believed": True}, "bounced"),
        ("bounce", {}, "bounced"),
        ("bounce", {"believed": False}, "sent"),
        ("delayed", {}, "sent"),
        ("relayed", {}, "sent"),
    ],
)
def test_state_of_a_case_is_what_its_mail_proves(
    kind: str, detail: dict[str, Any], state: str, store: Store
) -> None:
    case = reported(store).case
    assert case
    with store.write("ann") as writer:
        record_notice(writer, case, writer.now, to="abuse@hosting.example")
        (number,) = note_event(writer, kind, writer.now, case=case, detail=detail)
        assert case_lines(writer.connection)[0].state == state
        correct(writer, number, "of another notice")
        assert case_lines(writer.connection)[0].state == "sent"


@pytest.mark.parametrize("kind", ["offline", "still_online"])
def test_check_from_before_the_report_is_refused(kind: str, store: Store) -> None:
    case = reported(store).case
    assert case
    with store.write("ann") as writer:
        with pytest.raises(Refused, match="before the URL was reported"):
            note_event(writer, kind, writer.now - 10**12, case=case)
        assert note_event(writer, kind, writer.now, case=case)
