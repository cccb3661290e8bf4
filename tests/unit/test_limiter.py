"""How much one client may ask in a minute."""

from __future__ import annotations

import pytest

from attribution.web.http.limiter import Limiter
from attribution.web.http.problems import ProblemError


class Seconds:
    def __init__(self) -> None:
        self.at = 600.0

    def __call__(self) -> float:
        return self.at


def asked(limiter: Limiter, times: int, client: str = "a") -> int:
    """Ask so many times; return how many were let through."""
    through = 0
    for _ in range(times):
        try:
            limiter.take(client)
            through += 1
        except ProblemError:
            pass
    return through


def test_a_minute_has_its_number_and_each_client_its_own() -> None:
    now = Seconds()
    limiter = Limiter(10, now)
    assert asked(limiter, 15) == 10
    assert asked(limiter, 15, "b") == 10
    now.at += 120
    assert asked(limiter, 15) == 10


def test_the_turn_of_a_minute_opens_no_second_burst() -> None:
    now = Seconds()
    limiter = Limiter(10, now)
    now.at = 659.0
    assert asked(limiter, 15) == 10
    now.at = 661.0
    assert asked(limiter, 15) <= 1
    now.at = 690.0
    assert asked(limiter, 15) in (4, 5)


@pytest.mark.parametrize("at", [600.0, 630.0, 659.0])
def test_who_comes_back_when_told_is_let_through(at: float) -> None:
    now = Seconds()
    now.at = at
    limiter = Limiter(10, now)
    for _ in range(30):
        try:
            limiter.take("a")
        except ProblemError as refused:
            now.at += int(refused.headers["Retry-After"])
            limiter.take("a")


def test_clients_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attribution.web.http.limiter._MOST_CLIENTS", 100)
    now = Seconds()
    limiter = Limiter(10, now)
    for number in range(1000):
        now.at += 1
        limiter.take(f"client {number}")
    assert len(limiter._counts) <= 130
