"""Make requirements/*.txt and requirements/pins.json with uv and pip; `make lock` runs it.

Each lock is complete: `pip install --no-deps --require-hashes` installs it whatever else is newer,
by any pip. `pins.json` keeps beside each pin what its wheel says that it requires, and the wheel
for each supported system and Python: a test proves from it that no lock lacks anything. No file
names the package index that it was made from.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
LOCKS: dict[str, list[str]] = {
    "base": ["pyproject.toml"],
    "demo": ["pyproject.toml", "--group", "build"],
    "dev": ["pyproject.toml", "--all-extras", "--group", "dev"],
    "bench": ["pyproject.toml", "--extra", "hotline", "--group", "bench"],
    "service": [
        "pyproject.toml",
        "--extra",
        "hotline",
        "--extra",
        "postgresql",
        "--group",
        "build",
    ],
    "lock": ["--group", "lock"],
}
"""What is in each lock, as arguments of `uv pip compile`."""
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = {
    "linux-x86_64": [f"manylinux_2_{minor}_x86_64" for minor in (5, 12, *range(17, 29))],
    "linux-aarch64": [f"manylinux_2_{minor}_aarch64" for minor in range(17, 29)],
    "macos-arm64": ["macosx_14_0_arm64"],
}
"""Wheel tags that a supported system accepts (PEP 600)."""
_OLD_NAMES = {
    "manylinux_2_5": "manylinux1",
    "manylinux_2_12": "manylinux2010",
    "manylinux_2_17": "manylinux2014",
}


def main() -> None:
    """Lock, then look up what each pin requires and which wheels it has."""
    FOLDER.mkdir(exist_ok=True)
    pins: dict[str, dict[str, Any]] = {}
    for name, arguments in LOCKS.items():
        lock(name, arguments)
        for python in PYTHONS:
            for system in SYSTEMS:
                print(name, python, system, file=sys.stderr)  # noqa: T201
                for package in packages(FOLDER / f"{name}.txt", python, system):
                    note(pins, package, f"{system}-{python}")
    text = json.dumps(pins, indent=1, sort_keys=True)
    (FOLDER / "pins.json").write_text(text + "\n", "utf-8")


def lock(name: str, arguments: list[str]) -> None:
    """Write one lock: universal, of wheels only, with hashes, without index addresses."""
    options = (
        "--quiet --universal --fork-strategy fewest --only-binary :all: --generate-hashes --upgrade"
    )
    silent = "--no-header --no-annotate --no-emit-index-url --no-emit-find-links"
    command = [
        "uv",
        "pip",
        "compile",
        *options.split(),
        *silent.split(),
        "--python-version",
        PYTHONS[0],
    ]
    command += [*arguments, "--output-file", str(FOLDER / f"{name}.txt")]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - fixed words


def packages(lock_file: Path, python: str, system: str) -> list[dict[str, Any]]:
    """Return what pip would install from a lock on a system;
    fails where a pin has no wheel for it.
    """
    platforms = [argument for tag in wheel_tags(system) for argument in ("--platform", tag)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = (
            "--quiet --disable-pip-version-check --dry-run --ignore-installed --no-deps "
            "--require-hashes"
        )
        wheels = [
            "--only-binary",
            ":all:",
            "--implementation",
            "cp",
            "--python-version",
            python,
            *platforms,
        ]
        places = ["--target", folder, "--report", str(report), "--requirement", str(lock_file)]
        command = [sys.executable, "-m", "pip", "install", *options.split(), *wheels, *places]
        subprocess.run(command, check=True)  # noqa: S603 - fixed words
        return list(json.loads(report.read_text("utf-8"))["install"])


def wheel_tags(system: str) -> list[str]:
    """Return the platform tags of a system, also in the spelling from before PEP 600."""
    tags = SYSTEMS[system]
    machine = system.partition("-")[2]
    old = [f"{name}_{machine}" for tag, name in _OLD_NAMES.items() if f"{tag}_{machine}" in tags]
    return [*tags, *old]


def note(pins: dict[str, dict[str, Any]], package: dict[str, Any], target: str) -> None:
    """Keep what one wheel says: its requirements, and its file name for a target."""
    metadata = package["metadata"]
    versions = pins.setdefault(metadata["name"].lower().replace("_", "-").replace(".", "-"), {})
    pin = versions.setdefault(
        metadata["version"], {"requires": metadata.get("requires_dist", []), "wheels": {}}
    )
    pin["wheels"][target] = package["download_info"]["url"].rsplit("/", 1)[-1]


if __name__ == "__main__":
    main()
