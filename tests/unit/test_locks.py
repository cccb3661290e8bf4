"""Each lock is complete and installable:
nothing of an installation depends on what is newest today.
"""

from __future__ import annotations

import re

import pytest

from locks import (
    FOLDER,
    PYTHONS,
    ROOT,
    SYSTEMS,
    applies,
    closure,
    environment,
    facts,
    pins,
    project_requirements,
)

CONTENTS: dict[str, tuple[list[str], list[str]]] = {
    "base": ([], []),
    "demo": ([], ["build"]),
    "dev": (["hotline", "exchange", "postgresql"], ["dev"]),
    "bench": (["hotline"], ["bench"]),
    "service": (["hotline", "postgresql"], ["build"]),
}
"""Extras and dependency groups of pyproject.toml that each lock is for."""
TARGETS = [(system, python) for system in SYSTEMS for python in PYTHONS]


@pytest.mark.parametrize(("system", "python"), TARGETS)
@pytest.mark.parametrize("lock", CONTENTS)
def test_lock_is_closed(lock: str, system: str, python: str) -> None:
    extras, groups = CONTENTS[lock]
    markers = environment(system, python)
    result = closure(project_requirements(extras, groups), pins(lock), markers)
    assert result.unmet == ()
    needless = {pin.name for pin in pins(lock) if applies(pin.requirement, markers)} - result.names
    assert needless == set()


def test_a_lock_without_one_of_its_pins_is_found_open() -> None:
    without = [pin for pin in pins("dev") if pin.name != "coverage"]
    result = closure(
        project_requirements(*CONTENTS["dev"]), without, environment("linux-x86_64", "3.11")
    )
    assert any(text.startswith("coverage[toml]") for text in result.unmet)


@pytest.mark.parametrize(("system", "python"), TARGETS)
@pytest.mark.parametrize("lock", [*CONTENTS, "lock"])
def test_every_pin_has_a_wheel(lock: str, system: str, python: str) -> None:
    known, markers = facts(), environment(system, python)
    for pin in pins(lock):
        assert pin.hashes, pin.requirement
        if applies(pin.requirement, markers):
            wheel = known[pin.name][pin.version]["wheels"][f"{system}-{python}"]
            assert wheel.endswith(".whl")


def test_locks_name_no_index() -> None:
    for path in FOLDER.iterdir():
        assert not re.search(
            r"https?://\S+|--(extra-)?index-url|--find-links", path.read_text("utf-8")
        ), path


def test_light_base_has_few_packages() -> None:
    for system, python in TARGETS:
        markers = environment(system, python)
        names = [pin.name for pin in pins("base") if applies(pin.requirement, markers)]
        assert len(names) + 1 <= 36, names  # with this distribution itself


def test_extras_are_those_that_messages_and_documents_name() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert set(
        re.findall(
            r"^(\w+) = \[",
            text.partition("[project.optional-dependencies]")[2].partition("\n[")[0],
            re.M,
        )
    ) == {
        "hotline",
        "exchange",
        "postgresql",
    }
