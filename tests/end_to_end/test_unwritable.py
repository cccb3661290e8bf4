"""Folders and files that may not be written or read:
one line that says what, where and what to do, and exit code 2.
"""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from attribution.demo import DemoWorld
from casework import small_history
from command import lines, run
from permissions import run_bound

HOST = "https://kiosk.example/"


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody may write into."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


@pytest.fixture
def store_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a history in it, in a folder of its own."""
    path = tmp_path / "store" / "cases.sqlite3"
    monkeypatch.setenv("ATTRIBUTION_STORE", f"sqlite:///{path}")
    assert run("import", small_history(tmp_path / "history")).returncode == 0
    return path


def refused(done: subprocess.CompletedProcess[str], *needed: str | Path) -> None:
    assert done.returncode == 2, (done.returncode, done.stderr)
    (line,) = [line for line in done.stderr.splitlines() if "in 0." not in line]
    assert line.startswith("attribution: ")
    for word in needed:
        assert str(word) in line, line


def test_a_store_in_a_folder_that_may_not_be_written(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_DATA_FOLDER", str(sealed))
    refused(
        run_bound("report", "add", HOST, "--offline"),
        sealed / "cases.sqlite3",
        "Permission denied",
        "write",
    )


def test_a_data_folder_below_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ATTRIBUTION_DATA_FOLDER", str(tmp_path / "file" / "data"))
    refused(
        run("provider", "list"), tmp_path / "file" / "data" / "cases.sqlite3", "Name another place"
    )


@pytest.mark.parametrize(
    "verb", [("provider", "list"), ("report", "add", HOST, "--offline"), ("notice", "due")]
)
def test_a_store_that_may_be_read_alone(verb: tuple[str, ...], store_file: Path) -> None:
    for path in store_file.parent.iterdir():
        path.chmod(0o400)
    store_file.parent.chmod(0o500)
    try:
        done = run_bound(*verb)
    finally:
        store_file.parent.chmod(0o700)
    refused(done, store_file.parent, "write")


def test_a_store_that_may_not_be_read(store_file: Path) -> None:
    store_file.chmod(0)
    refused(run_bound("provider", "list"), store_file, "name another store")


def test_a_key_file_that_may_not_be_read(store_file: Path) -> None:
    keys = Path(f"{store_file}.keys")
    keys.chmod(0)
    refused(run_bound("provider", "list"), keys, "Permission denied")


def test_a_key_file_in_a_folder_that_may_not_be_written(
    tmp_path: Path, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_STORE", f"sqlite:///{tmp_path / 'cases.sqlite3'}")
    monkeypatch.setenv("ATTRIBUTION_KEY_FILE", str(sealed / "keys.json"))
    refused(run_bound("provider", "list"), sealed / "keys.json", "write")


@pytest.mark.parametrize("where", ["sealed/evidence", "sealed"])
def test_an_evidence_folder_that_may_not_be_written(
    where: str, sealed: Path, tmp_path: Path, in_world: DemoWorld
) -> None:
    folder = tmp_path / where
    refused(run_bound("check", HOST, "--evidence", folder), folder, "write there")
    refused(
        run_bound("batch", "-", "--quiet", "--evidence", folder, stdin=HOST + "\n"),
        folder,
        "write there",
    )


@pytest.mark.usefixtures("store_file")
@pytest.mark.parametrize(
    "verb",
    [
        ("backup",),
        ("export", "--format", "csv"),
        ("export", "--format", "history"),
        ("assess",),
        ("batch", "-", "--quiet"),
        ("overview",),
        ("dossier", "p1"),
        ("list", "build"),
        ("list", "key"),
    ],
)
def test_an_output_that_may_not_be_written(verb: tuple[str, ...], sealed: Path) -> None:
    output = sealed / "out.html"
    done = run_bound(*verb, "--output", output, stdin="")
    said = [line for line in done.stderr.splitlines() if "cannot be" in line]
    assert done.returncode == 2, done.stderr
    assert len(said) == 1
    assert str(output) in said[0]
    assert "Permission denied. Name a place that this account may write to" in said[0]
    assert "Traceback" not in done.stderr
    assert list(sealed.iterdir()) == []


def test_a_look_up_goes_on_without_a_cache_and_says_so_in_a_line(
    in_world: DemoWorld, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_CACHE_FOLDER", str(sealed / "cache"))
    done = run_bound("check", HOST, "--json")
    assert done.returncode == 0, done.stderr
    assert lines(done.stdout)[0]["status"] == "attributed"
    assert [line for line in done.stderr.splitlines() if str(sealed) in line]
    assert "Traceback" not in done.stderr
    refused(run_bound("cache", "clear"), sealed / "cache")


def test_a_cache_that_may_be_read_alone(
    in_world: DemoWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("check", HOST).returncode == 0
    kept = [tmp_path / "cache", *(tmp_path / "cache").rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in kept}
    for path in reversed(kept):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        done = run_bound("check", "https://www.lighthouse.example/", "--json")
        cleared = run_bound("cache", "clear")
    finally:
        for path in kept:
            path.chmod(modes[path])
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    refused(cleared, tmp_path / "cache")


def test_a_settings_file_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("jobs = 3\n")
    monkeypatch.setenv("ATTRIBUTION_CONFIG", str(file))
    file.chmod(0)
    refused(run_bound("check", HOST), file, "ATTRIBUTION_CONFIG")
    refused(run_bound("config", "show"), file, "ATTRIBUTION_CONFIG")
    file.chmod(0o600)
    tmp_path.chmod(0)
    try:
        refused(run_bound("check", HOST), file, "ATTRIBUTION_CONFIG")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "verb", [("backup",), ("export", "--format", "csv"), ("batch", "-", "--quiet")]
)
@pytest.mark.usefixtures("store_file")
def test_a_full_disk(verb: tuple[str, ...], in_world: DemoWorld) -> None:
    refused(
        run(*verb, "--output", "/dev/full", stdin=HOST + "\n"),
        "/dev/full",
        "No space left",
        "ake room",
    )
