"""Where a case stands in the queue: the rule, on facts alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attribution.casework.queue_state import (
    CameBack,
    CaseFacts,
    Happened,
    Rank,
    happened,
    state_of,
)
from attribution.codes import QueueState, QueueTask
from attribution.store.queries.events import Event

MAIL = CameBack(rank=Rank.REPLY, at=30)


@pytest.mark.parametrize(
    ("facts", "state", "what"),
    [
        ({}, "tonight", "notice"),
        ({"sent_at": 20}, "waiting", "check"),
        ({"sent_at": 20, "online_at": 10}, "waiting", "check"),
        ({"sent_at": 20, "online_at": 30}, "waiting", "reminder"),
        ({"sent_at": 20, "online_at": 30, "follow_up_at": 50}, "waiting", "follow_up"),
        ({"follow_up_at": 50}, "tonight", "notice"),
        ({"sent_at": 20, "came_back": MAIL}, "came_back", "reply"),
        ({"sent_at": 20, "came_back": MAIL, "follow_up_at": 50}, "came_back", "reply"),
        ({"is_provider_known": False}, "nobody_known", "lookup"),
        ({"urls_there": 0, "sent_at": 20, "came_back": MAIL}, "done", "all_gone"),
        ({"is_closed": True, "sent_at": 20, "online_at": 30}, "done", "closed"),
    ],
)
def test_first_rule_that_applies_decides(facts: dict[str, Any], state: str, what: str) -> None:
    found = state_of(CaseFacts(since=10, **facts))
    assert (found.state, found.what) == (state, what)


def test_next_step_is_due_by_the_providers_terms_or_else_the_settings() -> None:
    own = CaseFacts(since=10, sent_at=20, reminding=100, gathering=5)
    assert (state_of(own).waits_from, state_of(own).waits_for) == (20, 100)
    assert state_of(CaseFacts(since=10, sent_at=20)).waits_for is None
    assert state_of(CaseFacts(since=10, gathering=5)).waits_for == 5
    day = CaseFacts(since=10, sent_at=20, reminding=100, follow_up_at=70)
    assert (state_of(day).waits_from, state_of(day).waits_for) == (70, 0)


def test_bounces_come_before_replies_and_those_before_programs_answers() -> None:
    ranks = [
        state_of(CaseFacts(since=1, sent_at=2, came_back=CameBack(rank=rank, at=3))).rank
        for rank in (Rank.BOUNCE, Rank.REPLY, Rank.AUTOMATIC_ANSWER)
    ]
    assert ranks == sorted(set(ranks))


def test_every_state_and_task_has_its_line() -> None:
    assert all(code.line.endswith(".") for code in [*QueueState, *QueueTask])


def log(*entries: tuple[str, int] | tuple[str, int, dict[str, Any]]) -> Happened:
    """Return what events come to, of a case with one URL; each is (kind, at, detail)."""
    events = [
        Event(seq, entry[0], entry[1], entry[1], entry[1], "ann", 1, 1, 1, None, json.dumps(detail))
        for seq, entry in enumerate(entries, start=1)
        for detail in [entry[2] if len(entry) == 3 else {}]
    ]
    return happened(events, [1], 1)


AUTOMATIC = {"automatic": True}


@pytest.mark.parametrize(
    ("entries", "rank"),
    [
        ([("sent", 1), ("bounce", 2)], Rank.BOUNCE),
        ([("sent", 1), ("bounce", 2, {"believed": False})], Rank.REPLY),
        ([("sent", 1), ("ack", 2, AUTOMATIC), ("reply", 3)], Rank.REPLY),
        ([("sent", 1), ("reply", 2), ("bounce", 3), ("ack", 4, AUTOMATIC)], Rank.BOUNCE),
        ([("sent", 1), ("ack", 2, AUTOMATIC)], Rank.AUTOMATIC_ANSWER),
        ([("sent", 1), ("ack", 2)], None),
        ([("sent", 1), ("delivered", 2), ("delayed", 3), ("relayed", 4)], None),
        ([("sent", 1), ("bounce", 2), ("reminder", 3)], None),
        ([("sent", 1), ("reminder", 4), ("bounce", 2)], None),
        ([("sent", 1), ("bounce", 2), ("case_handled", 3)], None),
        ([("sent", 1), ("bounce", 2), ("case_handled", 3), ("bounce", 4)], Rank.BOUNCE),
        ([("sent", 1), ("bounce", 2), ("case_note", 3), ("case_assigned", 4)], Rank.BOUNCE),
        ([("bounce", 2)], None),
    ],
)
def test_what_came_back_waits_until_somebody_deals_with_it(
    entries: list[Any], rank: Rank | None
) -> None:
    came_back = log(*entries).came_back
    assert (came_back and came_back.rank) == rank


@pytest.mark.parametrize(
    ("entries", "closed"),
    [
        ([("sent", 1), ("case_done", 2)], True),
        ([("sent", 1), ("case_done", 2), ("case_reopened", 3)], False),
        ([("case_done", 2), ("reported", 3)], False),
        ([("sent", 1), ("case_done", 2), ("bounce", 3)], False),
        ([("sent", 1), ("case_done", 2), ("reply", 3)], False),
        ([("sent", 1), ("case_done", 2), ("reappeared", 3)], False),
        ([("sent", 1), ("case_done", 2), ("ack", 3, AUTOMATIC), ("still_online", 4)], True),
        ([("sent", 1), ("case_done", 2), ("case_note", 3)], True),
    ],
)
def test_closed_case_stays_closed_until_something_new_happens(
    entries: list[Any], closed: bool
) -> None:
    assert log(*entries).is_closed is closed


def test_last_check_says_whether_a_url_is_there() -> None:
    seen = log(("sent", 1), ("still_online", 2), ("offline", 4), ("still_online", 3))
    assert (seen.urls_there, seen.online, seen.progress) == (0, 0, "over")
    seen = log(("sent", 1), ("offline", 2), ("reappeared", 3))
    assert (seen.urls_there, seen.online_at, seen.progress) == (1, 3, "sent")


def test_follow_up_date_ends_with_a_notice_after_it() -> None:
    day = {"on": "1970-01-01T00:00:00.000005Z"}
    assert log(("sent", 1), ("case_follow_up", 2, day)).follow_up_at == 5
    assert log(("sent", 1), ("case_follow_up", 2, day), ("reminder", 3)).follow_up_at == 5
    assert log(("sent", 1), ("case_follow_up", 2, day), ("reminder", 6)).follow_up_at is None
    gone = log(("case_follow_up", 2, day), ("case_follow_up", 3, {"on": None}))
    assert gone.follow_up_at is None


def test_mails_are_searched_by_mailbox_and_message_id() -> None:
    sent = {"to": "Abuse@Hosting.example", "message_id": "<1@Hotline.example>"}
    seen = log(("sent", 1, sent), ("bounce", 2, {"mail": "<b@mx.example>", "to": "company"}))
    assert seen.terms == {"abuse@hosting.example", "1@hotline.example", "b@mx.example"}
