"""The token bucket of a registry: bursts, pauses, what it learns, and what must never close it for
ever.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.data.budgets import Limits, limits_of
from attribution.lookup.budgets.budget import Budget

LIMITS = Limits(rate=10, burst=5, concurrent=3, personal=100)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()


def turns(
    budget: Budget, count: int, now: float, longest: float = 1e9
) -> tuple[Budget, list[float]]:
    waits = []
    for number in range(count):
        budget, wait = budget.turn(LIMITS, now, f"f{number}", now + 60, longest)
        waits.append(round(wait, 6))
    return budget, waits


def test_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    _, waits = turns(Budget.new(LIMITS), 8, NOON)
    assert waits == [0, 0, 0, 0, 0, 0.1, 0.2, 0.3]


def test_bucket_fills_while_nobody_asks() -> None:
    budget, _ = turns(Budget.new(LIMITS), 8, NOON)
    _, waits = turns(budget, 6, NOON + 10)
    assert waits == [0, 0, 0, 0, 0, 0.1]


def test_turn_too_far_off_is_not_taken() -> None:
    budget, _ = turns(Budget.new(LIMITS), 8, NOON)
    again, wait = budget.turn(LIMITS, NOON, "f", NOON + 60, 0.2)
    assert again is budget
    assert wait > 0.2


def test_refusal_halves_the_rate_and_answers_bring_it_back() -> None:
    budget = Budget.new(LIMITS).after_refusal(LIMITS, NOON, NOON - 1, 3.0, "HTTP 429")
    assert budget.rate == 5
    closed = budget.closed(NOON + 2.9)
    assert closed
    assert (closed.kind, closed.note) == ("rate_limited", "HTTP 429")
    assert budget.closed(NOON + 3) is None
    for _ in range(25):
        budget = budget.after_answer(LIMITS, NOON + 4, 0)
    assert budget.rate == pytest.approx(10)


def test_one_question_alone_goes_at_once_after_a_pause() -> None:
    budget = Budget.new(LIMITS).after_refusal(LIMITS, NOON, NOON, 3.0, "")
    _, waits = turns(budget, 3, NOON + 3)
    assert waits == [0, 0.2, 0.4]


def test_refusals_of_questions_that_were_in_the_air_count_once() -> None:
    budget = Budget.new(LIMITS).after_refusal(LIMITS, NOON, NOON - 1, None, "")
    for _ in range(10):
        budget = budget.after_refusal(LIMITS, NOON + 0.1, NOON - 0.5, None, "")
    assert (budget.refusals, budget.refused, budget.not_before) == (1, 11, NOON + 2)


def test_failures_of_questions_that_were_in_the_air_lengthen_no_rest() -> None:
    budget = Budget.new(LIMITS)
    for number in range(24):
        budget = budget.after_failure(NOON + number / 100, NOON - 1, "reset")
    assert (budget.failures, budget.failed) == (3, 24)
    assert budget.not_before == pytest.approx(NOON + 0.02 + 15)


def test_after_the_rest_one_probe_goes_and_the_others_wait_for_it_shortly() -> None:
    budget = Budget.new(LIMITS)
    for _ in range(3):
        budget = budget.after_failure(NOON, NOON, "reset")
    later = NOON + 16
    probing, wait = budget.turn(LIMITS, later, "probe", later + 60, 10)
    assert wait == 0
    closed = probing.closed(later + 0.1)
    assert closed
    assert closed.until == later + 2
    assert probing.after_answer(LIMITS, later + 0.5, 0).closed(later + 0.5) is None
    longer = probing.after_failure(later + 0.5, later, "reset").closed(later + 29)
    assert longer


def test_day_quota_of_people_closes_until_midnight_utc() -> None:
    budget = Budget.new(LIMITS).after_answer(LIMITS, NOON, 99)
    assert budget.closed(NOON) is None
    budget = budget.after_answer(LIMITS, NOON, 1)
    closed = budget.closed(NOON + 1)
    assert closed
    assert (closed.kind, closed.until) == ("quota", NOON + 12 * 3600)
    assert budget.after_answer(LIMITS, NOON + 13 * 3600, 1).personal == 1


def test_time_written_by_a_clock_that_ran_ahead_does_not_count() -> None:
    ahead = NOON + 400 * 86400
    budget, _ = turns(Budget.new(LIMITS).after_refusal(LIMITS, ahead, ahead, 60, ""), 3, ahead)
    assert budget.closed(NOON) is None
    _, wait = budget.turn(LIMITS, NOON, "f", NOON + 60, 10)
    assert wait <= 1


def test_flight_that_never_lands_is_lost_after_its_time() -> None:
    budget, _ = turns(Budget.new(LIMITS), 3, NOON)
    assert budget.in_flight(NOON) == 3
    assert budget.landed("f0").in_flight(NOON) == 2
    assert budget.in_flight(NOON + 61) == 0


def test_budget_survives_json_and_damage() -> None:
    budget, _ = turns(Budget.new(LIMITS), 3, NOON)
    assert Budget.from_json(budget.to_json(), LIMITS) == budget
    for damage in (None, [], {}, {"rate": "x"}, {**budget.to_json(), "flights": 3}):
        assert Budget.from_json(damage, LIMITS) == Budget.new(LIMITS)


def test_table_knows_every_registry_and_a_rule_for_the_others() -> None:
    assert limits_of("rdap", "ripe").personal == 1000
    assert limits_of("whois", "ripe").concurrent == 3
    assert limits_of("rdap", None) == limits_of("rdap", "nobody")


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["turn", "refusal", "failure", "answer"]),
        st.floats(0, 100),
        st.floats(0, 500),
    ),
    max_size=60,
)


@given(EVENTS)
def test_whatever_happens_the_budget_opens_again_and_stays_within_its_limits(
    events: list[tuple[str, float, float]],
) -> None:
    budget, now = Budget.new(LIMITS), NOON
    for kind, passed, told in events:
        now += passed
        match kind:
            case "turn":
                budget, wait = budget.turn(LIMITS, now, f"f{now}", now + 60, 120)
                assert wait >= 0
            case "refusal":
                budget = budget.after_refusal(LIMITS, now, now, told, "")
            case "failure":
                budget = budget.after_failure(now, now, "")
            case "answer":
                budget = budget.after_answer(LIMITS, now, 0)
        assert 0.2 <= budget.rate <= LIMITS.rate
        assert budget.closed(now + 501) is None


def test_registry_that_goes_on_refusing_is_left_alone_for_longer_than_it_says() -> None:
    budget, now, pauses = Budget.new(LIMITS), NOON, []
    for _ in range(6):
        budget = budget.after_refusal(LIMITS, now, now, 2.0, "HTTP 429")
        pauses.append(budget.not_before - now)
        now = budget.not_before + 0.1
    assert pauses == pytest.approx([2, 2, 2, 16, 32, 64])
