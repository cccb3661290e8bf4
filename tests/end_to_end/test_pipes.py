"""Output that nobody reads to its end: the command ends quietly, as one does that SIGPIPE ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from attribution.demo import DemoWorld
from attribution.demo.world import URLS
from attribution_cli.exit_code import READER_GONE
from casework import small_history
from command import COMMAND, call, lines, run


def cut_off(*arguments: str | Path, first: int = 0) -> tuple[int, str, str]:
    """Run a command, read so many lines of it through a pipe,
    and close that; return code, what was read, stderr.
    """
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        read = "".join(process.stdout.readline() for _ in range(first))
        process.stdout.close()
        told = process.stderr.read()
        return process.wait(timeout=60), read, told


@pytest.fixture
def urls(tmp_path: Path) -> Path:
    """A list that takes some time."""
    path = tmp_path / "urls.txt"
    path.write_text("\n".join(URLS))
    return path


def test_a_batch_whose_reader_takes_one_line(in_world: DemoWorld, urls: Path) -> None:
    code, read, told = cut_off("batch", urls, "--quiet", first=1)
    assert len(lines(read)) == 1
    assert (code, told) == (READER_GONE, "")


def test_head_takes_one_line_of_a_batch_in_a_shell(in_world: DemoWorld, urls: Path) -> None:
    script = f"set -o pipefail; {' '.join(COMMAND)} batch {urls} --quiet | head -n 1"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert len(lines(done.stdout)) == 1
    assert (done.returncode, done.stderr) == (READER_GONE, "")


def test_what_a_batch_wrote_to_its_file_stays_whole(
    in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    code, _, told = cut_off("batch", urls, "--quiet", "--group-by", "provider", "--output", output)
    assert (code, told) == (READER_GONE, "")
    assert sorted(row["line"] for row in lines(output.read_text())) == list(range(1, len(URLS) + 1))


@pytest.mark.parametrize(
    "words",
    [
        ("check", "kiosk.example", "--json"),
        ("check", "kiosk.example"),
        ("explain", "kiosk.example"),
        ("--help",),
        ("--version",),
        ("batch", "--help"),
        ("config", "show"),
        ("data", "show", "--json"),
    ],
)
def test_what_prints_ends_alike(words: tuple[str, ...], in_world: DemoWorld) -> None:
    code, _, told = cut_off(*words)
    assert (code, told) == (READER_GONE, "")


def test_an_answer_from_the_cache_ends_alike(in_world: DemoWorld) -> None:
    assert run("check", "kiosk.example").returncode == 0
    code, _, told = cut_off("check", "kiosk.example")
    assert (code, told) == (READER_GONE, "")


@pytest.mark.parametrize(
    "words",
    [
        ("assess",),
        ("assess", "--json"),
        ("provider", "list"),
        ("case", "list", "--json"),
        ("letter", "p1"),
    ],
)
def test_what_prints_of_a_store_ends_alike(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_STORE", f"sqlite:///{tmp_path / 'cases.sqlite3'}")
    assert call("import", small_history(tmp_path / "history"))[0] == 0
    code, _, told = cut_off(*words)
    assert (code, told) == (READER_GONE, "")
