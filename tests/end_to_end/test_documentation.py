"""The documents are right: commands and programs run, links lead somewhere, lines are short."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from attribution.demo import DemoWorld
from documents import DOCS, ROOT, blocks, commands, documents, is_shown, run_in_one_shell
from tools import program

WITH_COMMANDS = [path for path in documents() if blocks(path, "console")]
WITH_PROGRAMS = [path for path in sorted(DOCS.rglob("*.md")) if blocks(path, "python")]
"""README's program asks the real registries, and is not run."""
README = ROOT / "README.md"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=name_of)
def test_commands_of_the_page_run(path: Path, tmp_path: Path) -> None:
    listed = commands(path)
    if any("openssl" in command.text for command in listed):
        program("openssl")
    (tmp_path / "work").mkdir()
    with DemoWorld() as world:
        environment = {
            **os.environ,
            **world.environment(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        outcomes = run_in_one_shell(listed, tmp_path / "work", environment)
    for command, outcome in zip(listed, outcomes, strict=True):
        assert outcome.code in (0, 1, 3), (command.text, outcome.output)
        assert "Traceback" not in outcome.output, (command.text, outcome.output)
        for line in command.shown:
            assert is_shown(line, outcome.output), (command.text, line, outcome.output)


def test_enough_commands_are_run() -> None:
    tutorial = commands(DOCS / "tutorial.md")
    assert len(tutorial) >= 12
    assert sum(len(command.shown) for command in tutorial) >= 12
    assert sum(len(commands(path)) for path in WITH_COMMANDS) >= 40


def test_the_settings_file_stands_where_the_guide_says(tmp_path: Path) -> None:
    guide = DOCS / "guides" / "install.md"
    path = subprocess.run(
        [sys.executable, "-m", "attribution_cli.entry", "config", "path"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()
    documented = path.replace(str(tmp_path), "~")
    assert sys.platform != "linux" or f"`{documented}`" in guide.read_text("utf-8")
    (block,) = blocks(guide, "toml")
    Path(path).parent.mkdir(parents=True)
    Path(path).write_text(block)
    shown = subprocess.run(
        [sys.executable, "-m", "attribution_cli.entry", "config", "show"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert f"settings file: {path}  (default; read)" in shown
    assert f"jobs = 64  ({path})" in shown.replace("\n", "")


@pytest.mark.parametrize("path", WITH_PROGRAMS, ids=name_of)
def test_programs_of_the_page_run(path: Path, tmp_path: Path) -> None:
    for source in blocks(path, "python"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", source],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_enough_programs_are_run() -> None:
    assert sum(len(blocks(path, "python")) for path in WITH_PROGRAMS) >= 8


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", path.read_text("utf-8")):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_lines_are_short(path: Path) -> None:
    """At most 100 columns, but for tables and what a program prints."""
    if "scripts/make_reference.py" in path.read_text("utf-8")[:300]:
        return
    long = [
        line
        for line in path.read_text("utf-8").splitlines()
        if len(line) > 100 and not line.startswith(("|", "!["))
    ]
    assert not long


def test_files_that_messages_and_comments_name_are_there() -> None:
    """Code that sends a reader to docs/… names a file that is there."""
    for folder in ("attribution", "cli", "contrib", "scripts"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".j2", ".toml", ".csv", ".conf", ".service"):
                for name in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text("utf-8")):
                    assert (ROOT / name).is_file(), (path, name)


def test_every_verb_stands_in_the_guides() -> None:
    guides = "\n".join(
        path.read_text("utf-8")
        for path in [DOCS / "tutorial.md", *sorted((DOCS / "guides").glob("*.md"))]
    )
    for verb in (
        "check",
        "batch",
        "explain",
        "replay",
        "diff",
        "verify",
        "registries",
        "report",
        "notice",
        "queue",
        "event",
        "mail",
        "provider",
        "import",
        "export",
        "backup",
        "assess",
        "dossier",
        "letter",
        "contest",
        "list",
        "serve",
    ):
        assert f"attribution {verb}" in guides, verb
