"""Targets that are no text: an answer of their own, and nobody else's answer is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import attribution
from attribution import Attributor, RemoteAttributor
from attribution.demo import DemoWorld

GIVEN: list[Any] = [
    None,
    7,
    b"https://kiosk.example/",
    Path("kiosk.example"),
    ["kiosk.example"],
    float("nan"),
]


@pytest.mark.parametrize("given", GIVEN, ids=repr)
def test_what_is_no_text_is_invalid_input_that_names_it(given: Any, in_world: DemoWorld) -> None:
    answer = attribution.attribute(given)
    assert (answer.status, answer.host, answer.primary) == ("invalid_input", None, None)
    assert answer.input == f"{given!r} ({type(given).__name__})"
    assert [doubt.code for doubt in answer.doubts] == ["invalid_input"]
    assert answer.input in answer.doubts[0].text


def test_what_is_long_or_cannot_be_shown_is_named_in_short(in_world: DemoWorld) -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError

    for given in (Hostile(), b"x" * 10_000_000, [[["x"] * 10_000] * 10_000]):
        answer = attribution.attribute(given)  # type: ignore[arg-type]
        assert answer.status == "invalid_input"
        assert len(answer.input) < 300


@pytest.mark.anyio
async def test_among_many_the_others_are_answered(in_world: DemoWorld, tmp_path: Path) -> None:
    targets: list[Any] = [
        "https://kiosk.example/",
        None,
        "www.lighthouse.example",
        b"kiosk.example",
    ]
    async with Attributor(evidence=tmp_path / "evidence") as attributor:
        answers = [answer async for answer in attributor.attribute_many(targets)]
    assert sorted((answer.input, answer.status) for answer in answers) == [
        ("None (NoneType)", "invalid_input"),
        ("b'kiosk.example' (bytes)", "invalid_input"),
        ("https://kiosk.example/", "attributed"),
        ("www.lighthouse.example", "attributed"),
    ]
    assert len(list((tmp_path / "evidence").glob("*.json"))) == 2


@pytest.mark.anyio
async def test_a_remote_attributor_answers_it_as_a_local_one() -> None:
    async with RemoteAttributor("http://127.0.0.1:9/", "atk_0123") as service:
        (answer,) = [answer async for answer in service.attribute_many([None])]  # type: ignore[list-item]
    assert (answer.input, answer.status) == ("None (NoneType)", "invalid_input")
