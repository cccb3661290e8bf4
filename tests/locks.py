"""The locks in requirements/, read: which pins each has,
and what the pinned wheels say that they require.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = {
    "linux-x86_64": ("linux", "Linux", "x86_64"),
    "linux-aarch64": ("linux", "Linux", "aarch64"),
    "macos-arm64": ("darwin", "Darwin", "arm64"),
}
"""`sys_platform`, `platform_system` and `platform_machine` of each supported system (PEP 508)."""


@dataclass(frozen=True)
class Pin:
    """A line of a lock: a requirement with one version, and its hashes."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return next(iter(self.requirement.specifier)).version


def pins(lock: str) -> list[Pin]:
    """Read a lock: a line a pin, its hashes behind it."""
    lines = (FOLDER / f"{lock}.txt").read_text("utf-8").replace("\\\n", " ").splitlines()
    parts = [line.split(" --hash=") for line in lines if line.strip()]
    return [
        Pin(Requirement(head.strip()), tuple(one.strip() for one in hashes))
        for head, *hashes in parts
    ]


def facts() -> dict[str, Any]:
    """Read what the pinned wheels require, and which wheels there are:
    {name: {version: {requires, wheels}}}.
    """
    return dict(json.loads((FOLDER / "pins.json").read_text("utf-8")))


def environment(system: str, python: str) -> dict[str, str]:
    """Return the markers of a system and Python."""
    sys_platform, platform_system, machine = SYSTEMS[system]
    return {
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.7",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def applies(
    requirement: Requirement, markers: dict[str, str], extras: tuple[str, ...] = ()
) -> bool:
    """Say whether a requirement counts in an environment, for the extras that are asked for."""
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({**markers, "extra": extra}) for extra in ("", *extras)
    )


def project_requirements(extras: list[str], groups: list[str]) -> list[Requirement]:
    """Return what pyproject.toml asks for: its dependencies,
    those of extras, and groups with what they include.
    """
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    texts = list(document["project"]["dependencies"])
    for extra in extras:
        texts += document["project"]["optional-dependencies"][extra]
    for group in groups:
        texts += group_members(document["dependency-groups"], group)
    return [Requirement(text) for text in texts]


def group_members(groups: dict[str, list[Any]], name: str) -> Iterator[str]:
    """Yield the requirements of a dependency group (PEP 735)."""
    for member in groups[name]:
        if isinstance(member, dict):
            yield from group_members(groups, member["include-group"])
        else:
            yield member


@dataclass(frozen=True)
class Closure:
    """What a set of requirements comes to in one environment."""

    names: frozenset[str]
    unmet: tuple[str, ...]
    """Requirements that no pin meets: empty in a lock that is complete."""


def closure(wanted: list[Requirement], lock: list[Pin], markers: dict[str, str]) -> Closure:
    """Follow every requirement of every pinned package, extras included."""
    known, versions = (
        facts(),
        {pin.name: pin.version for pin in lock if applies(pin.requirement, markers)},
    )
    names: set[str] = set()
    unmet: list[str] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [one for one in wanted if applies(one, markers)]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), tuple(sorted(requirement.extras))
        version = versions.get(name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            unmet.append(f"{requirement} (pinned: {version})")
            continue
        names.add(name)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        needs = (Requirement(text) for text in known[name][version]["requires"])
        waiting += [one for one in needs if applies(one, markers, extras)]
    return Closure(frozenset(names), tuple(unmet))
