"""Patience with registries, on a clock moved by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from attribution.evidence import Outcome, Record
from attribution.lookup.budgets.pace import NotNow, Pace, Service
from clocks import HandClock

SERVICE = Service("rdap", "rdap.example")


def nobody(record: Record) -> int:
    return 0


class Registry:
    """Answers as told, and notes when it was asked."""

    def __init__(
        self, clock: HandClock, outcomes: list[Outcome], retry_after: float | None = None
    ) -> None:
        self._clock = clock
        self._outcomes: Iterator[Outcome] = iter(outcomes)
        self._retry_after = retry_after
        self.asked: list[float] = []

    async def attempt(self) -> Record:
        self.asked.append(self._clock.monotonic() - 1000.0)
        record = Record(
            "rdap", "ip 192.0.2.1", "rdap.example", self._clock.now(), next(self._outcomes)
        )
        if record.outcome == "rate_limited" and self._retry_after is not None:
            record = replace(
                record, retry_at=self._clock.now() + timedelta(seconds=self._retry_after)
            )
        return record


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_retry_after_is_waited_for(clock: HandClock) -> None:
    registry = Registry(clock, ["rate_limited", "answered"], retry_after=3)
    record = await Pace(8, 30, clock).ask(SERVICE, registry.attempt, nobody)
    assert record.outcome == "answered"
    assert registry.asked == [0, 3]


async def test_without_retry_after_the_pauses_double(clock: HandClock) -> None:
    registry = Registry(clock, ["rate_limited", "rate_limited", "rate_limited", "answered"])
    assert (await Pace(8, 30, clock).ask(SERVICE, registry.attempt, nobody)).outcome == "answered"
    assert registry.asked == [0, 2, 6, 14]


async def test_longer_than_patience_is_not_waited_for_and_says_when(clock: HandClock) -> None:
    registry = Registry(clock, ["rate_limited"], retry_after=600)
    record = await Pace(8, 30, clock).ask(SERVICE, registry.attempt, nobody)
    assert record.outcome == "rate_limited"
    assert record.retry_at == clock.now() + timedelta(seconds=600)


async def test_registry_that_asked_to_wait_is_asked_by_nobody(clock: HandClock) -> None:
    pace = Pace(8, 30, clock)
    await pace.ask(SERVICE, Registry(clock, ["rate_limited"], retry_after=600).attempt, nobody)
    other = Registry(clock, ["answered"])
    with pytest.raises(NotNow) as caught:
        await pace.ask(SERVICE, other.attempt, nobody)
    assert not other.asked
    assert caught.value.kind == "rate_limited"


async def test_one_registry_slows_nobody_else(clock: HandClock) -> None:
    pace = Pace(8, 30, clock)
    await pace.ask(
        Service("rdap", "slow.example"),
        Registry(clock, ["rate_limited"], retry_after=600).attempt,
        nobody,
    )
    assert (
        await pace.ask(
            Service("rdap", "fine.example"), Registry(clock, ["answered"]).attempt, nobody
        )
    ).outcome == "answered"


async def test_dead_registry_rests_after_three_failures_and_is_tried_again(
    clock: HandClock,
) -> None:
    pace = Pace(8, 30, clock)
    dead = Registry(clock, ["unreachable"] * 3)
    for _ in range(3):
        assert (await pace.ask(SERVICE, dead.attempt, nobody)).outcome == "unreachable"
    with pytest.raises(NotNow):
        await pace.ask(SERVICE, dead.attempt, nobody)
    clock.move(timedelta(seconds=31))
    assert (
        await pace.ask(SERVICE, Registry(clock, ["answered"]).attempt, nobody)
    ).outcome == "answered"


async def test_question_that_others_do_not_wait_for_gives_up_sooner(clock: HandClock) -> None:
    registry = Registry(clock, ["rate_limited"], retry_after=10)
    record = await Pace(8, 30, clock).ask(SERVICE, registry.attempt, nobody, most_patience=3)
    assert record.outcome == "rate_limited"
    assert clock.slept == []
