"""Every example in the documentation runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = ["docs/analyst.md", "docs/batch.md", "docs/library.md", "docs/service.md"]


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(
        rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("page", [page for page in PAGES if page != "docs/library.md"])
def test_commands_of_the_page_run(page: str, tmp_path: Path) -> None:
    commands = [
        line[2:]
        for block in blocks(page, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    assert len(commands) >= 3
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for command in commands:
        done = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, 1, 3), (command, done.stderr)
        assert "Traceback" not in done.stderr, (command, done.stderr)


def test_the_registries_of_the_batch_page_were_asked(tmp_path: Path) -> None:
    (command,) = [
        line[2:]
        for block in blocks("docs/batch.md", "console")
        for line in block.splitlines()
        if line.startswith("$ ") and "registries" in line
    ]
    (tmp_path / "urls.txt").write_text("https://kiosk.example/\n")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "asked yet" not in done.stderr
    assert "service" in done.stdout.splitlines()[0]
    assert len(done.stdout.splitlines()) > 2


def test_the_settings_file_stands_where_the_readme_says(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "attribution_cli.entry", "config", "path"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()
    said = found.replace(str(tmp_path), "~")
    assert sys.platform != "linux" or f"`{said}`" in (ROOT / "README.md").read_text("utf-8")
    (block,) = blocks("README.md", "toml")
    Path(found).parent.mkdir(parents=True)
    Path(found).write_text(block)
    shown = subprocess.run(
        [sys.executable, "-m", "attribution_cli.entry", "config", "show"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert f"settings file: {found}  (default; read)" in shown
    assert f"jobs = 64  ({found})" in shown.replace("\n", "")


def test_programs_of_the_library_page_run(tmp_path: Path) -> None:
    programs = [
        *blocks("docs/library.md", "python"),
        *blocks("docs/cases.md", "python"),
        *blocks("docs/service.md", "python"),
    ]
    assert len(programs) == 8
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/cases.md",
        "docs/list.md",
        "docs/pattern.md",
        "docs/integrations.md",
        *PAGES,
    ],
)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert ((ROOT / page).parent / link).exists(), link


def test_every_verb_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for verb in (
        "check",
        "batch",
        "explain",
        "replay",
        "verify",
        "report",
        "notice",
        "event",
        "provider",
        "assess",
        "serve",
    ):
        assert f"attribution {verb}" in readme
