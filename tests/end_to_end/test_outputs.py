"""Every file that a command writes for a person:
its owner's alone, and never in place of another without --force.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from attribution.demo import DemoWorld
from casework import small_history
from command import call, lines, run

URL = "https://shop.quay-customer.example/1"


@pytest.fixture
def hotline(in_world: DemoWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A store with a history and one reported case; returns the case.

    The umask takes nothing away.
    """
    for name, value in {
        "STORE": f"sqlite:///{tmp_path / 'data' / 'store' / 'cases.sqlite3'}",
        "HOTLINE_NAME": "Example Hotline",
        "HOTLINE_MAILBOX": "notices@hotline.example",
        "HOTLINE_COUNTRY": "US",
        "KEEP_URLS": "true",
    }.items():
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)
    before = os.umask(0)
    assert call("import", small_history(tmp_path / "history"))[0] == 0
    (added,) = lines(run("report", "add", URL, "--json").stdout)
    yield added["case"]
    os.umask(before)


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        (("backup",), "backup"),
        (("export", "--format", "csv"), "out"),
        (("export", "--format", "parquet"), "out"),
        (("export", "--format", "xarf"), "out"),
        (("export", "--format", "misp"), "out"),
        (("export", "--format", "stix"), "out"),
        (("export", "--format", "history"), "folder"),
        (("assess",), "out"),
        (("dossier", "p1"), "folder"),
        (("overview",), "all.html"),
        (("overview",), "all.svg"),
        (("notice", "draft", "CASE"), "drafts"),
        (("list", "build", "--format", "json"), "out"),
        (("list", "build", "--format", "misp"), "out"),
        (("list", "build", "--format", "stix"), "out"),
    ],
)
def test_a_file_is_its_owners_alone_and_replaces_no_other_unasked(
    verb: tuple[str, ...], name: str, hotline: str, tmp_path: Path
) -> None:
    output = tmp_path / "new" / name
    words = (*(hotline if word == "CASE" else word for word in verb), "--output", output)
    code, told = call(*words)
    assert code in (0, 1), told
    files = [path for path in [output, *output.glob("*")] if path.is_file()]
    assert files
    files[0].write_bytes(b"mine")
    files[0].chmod(0o644)
    code, told = call(*words)
    assert code == 2
    assert "exists" in told
    assert "--force" in told
    assert str(output) in told
    assert files[0].read_bytes() == b"mine"
    assert call(*words, "--force")[0] in (0, 1)
    assert files[0].read_bytes() != b"mine"
    for path in [output.parent, *output.parent.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_batch_and_its_evidence_are_the_owners_alone(hotline: str, tmp_path: Path) -> None:
    results, evidence = tmp_path / "results.jsonl", tmp_path / "evidence"
    assert (
        run("batch", "-", "--output", results, "--evidence", evidence, stdin=URL + "\n").returncode
        == 0
    )
    assert stat.S_IMODE(results.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in evidence.iterdir()} == {0o600}
    assert stat.S_IMODE(evidence.stat().st_mode) == 0o700


def test_the_store_its_keys_and_their_folders_are_the_owners_alone(
    hotline: str, tmp_path: Path
) -> None:
    for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_published_list_and_a_signers_key(hotline: str, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "ann.pem"
    assert run("list", "key", "--output", key).returncode == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    raw = key.read_bytes()
    refused = run("list", "key", "--output", key)
    assert refused.returncode == 2
    assert str(key) in refused.stderr
    assert key.read_bytes() == raw
    there = tmp_path / "published.json"
    there.write_text("mine")
    made = tmp_path / "list.json"
    run("list", "build", "--output", made)
    refused = run("list", "publish", made, "--to", "Partner", "--output", there)
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert there.read_text() == "mine"


def test_rejected_rows_are_the_owners_alone_and_replace_no_named_file(
    hotline: str, tmp_path: Path
) -> None:
    rows = tmp_path / "events.jsonl"
    rows.write_text("nonsense\n")
    for _ in range(2):  # the file beside the input is this command's own
        assert run("import", rows, "--rows", "events").returncode == 1
    beside = tmp_path / "events.jsonl.rejects.jsonl"
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    named = tmp_path / "mine"
    named.write_text("mine")
    assert run("import", rows, "--rows", "events", "--rejects", named).returncode == 2
    assert named.read_text() == "mine"
    assert run("import", rows, "--rows", "events", "--rejects", named, "--force").returncode == 1
    assert "no JSON" in named.read_text()
