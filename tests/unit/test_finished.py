"""Whole answers kept by host: for as long as what they rest on is fresh, and for the same settings
only.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from attribution import Attribution, load_settings
from attribution.cache.finished import FinishedAnswers
from attribution.cache.json_store import JsonStore
from bundles import DESK, HOLDER, TARGET, decided, entity, network, rdap, resolved
from clocks import HandClock

ANSWER = decided(
    resolved("www.site.example", TARGET), rdap(network(HOLDER, DESK)), target="www.site.example"
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def finished(
    folder: Path, clock: HandClock, *, check_mailboxes: bool = False, **settings: Any
) -> FinishedAnswers:
    made = load_settings(cache_folder=folder, **settings)
    return FinishedAnswers(JsonStore(folder), made, clock, check_mailboxes=check_mailboxes)


def keep_on_disk(folder: Path, clock: HandClock) -> None:
    answers = finished(folder, clock)
    answers.keep(ANSWER, clock.now() + timedelta(minutes=5))
    answers._store.close()


def test_answer_comes_back_with_the_new_input_and_time(tmp_path: Path, clock: HandClock) -> None:
    answers = finished(tmp_path, clock)
    answers.keep(ANSWER, clock.now() + timedelta(minutes=5))
    clock.move(timedelta(minutes=1))
    kept = answers.find("www.site.example")
    assert kept
    again = Attribution.model_validate_json(
        kept.as_json("hxxp://www[.]site[.]example/ü\u202e", clock.now())
    )
    assert again.input == "hxxp://www[.]site[.]example/ü\u202e"
    assert again.observed_at == clock.now()
    same = {"input", "observed_at", "evidence"}
    assert again.model_dump(exclude=same) == ANSWER.model_dump(exclude=same)
    assert all(one.cached for one in again.evidence)


def test_answer_serves_a_new_process_and_only_while_it_is_fresh(
    tmp_path: Path, clock: HandClock
) -> None:
    keep_on_disk(tmp_path, clock)
    again = finished(tmp_path, clock)
    assert again.find("www.site.example")
    clock.move(timedelta(minutes=5))
    assert again.find("www.site.example") is None
    assert finished(tmp_path, clock).find("www.site.example") is None


@pytest.mark.parametrize(
    "other",
    [
        {"ask_registrar": False},
        {"nameservers": ["127.0.0.1:53"]},
        {"check_mailboxes": True},
        {"cloudflare_access_id": "key"},
    ],
)
def test_other_questions_have_other_answers(
    other: dict[str, Any], tmp_path: Path, clock: HandClock
) -> None:
    keep_on_disk(tmp_path, clock)
    assert finished(tmp_path, clock, jobs=7).find("www.site.example")
    assert finished(tmp_path, clock, **other).find("www.site.example") is None


def test_hostile_name_is_kept_escaped(tmp_path: Path, clock: HandClock) -> None:
    holder = entity("ORG-EX1-RIPE", ["registrant"], "Evil\u202e\x1b[31m\x7f Hosting")
    answer = decided(
        resolved("www.site.example", TARGET), rdap(network(holder, DESK)), target="www.site.example"
    )
    answers = finished(tmp_path, clock)
    answers.keep(answer, clock.now() + timedelta(minutes=5))
    kept = answers.find("www.site.example")
    assert kept
    assert not {"\u202e", "\x1b", "\x7f"} & set(kept.tail)
    assert Attribution.model_validate_json(kept.as_json("x", clock.now())).primary == answer.primary


@pytest.mark.parametrize(
    "value",
    [None, [], [1], ["x", "attributed", "", ""], [1.0, "attributed", 3, "", None], {"a": 1}],
)
def test_value_that_is_no_answer_is_none(value: Any, tmp_path: Path, clock: HandClock) -> None:
    answers = finished(tmp_path, clock)
    store = JsonStore(tmp_path)
    store.set(answers.prefix + "www.site.example", value, 60)
    store.flush()
    assert answers.find("www.site.example") is None


def test_map_in_memory_does_not_grow_without_end(tmp_path: Path, clock: HandClock) -> None:
    answers = finished(tmp_path, clock)
    for number in range(5000):
        answers._remember(f"www{number}.site.example", object())  # type: ignore[arg-type]
    assert len(answers._memory) == 4096
