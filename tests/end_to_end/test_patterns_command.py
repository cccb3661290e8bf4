"""Patterns as a command: on simulated years, on a store, and cut at the day of a flag."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from casework import small_history
from command import lines, run

PREPARE = (
    "import sys, json; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import score\n"
    "folder = Path(sys.argv[2]); truth, _, history = score.prepare(11, folder); (folder / "
    "'truth.json').write_text(json.dumps(truth))"
)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A simulated year and its truth; skipped only where there is no simulator."""
    simulator = Path(__file__).parent.parent.parent.parent / "shared" / "simulator"
    if not simulator.is_dir():
        pytest.skip("no simulator beside this checkout")
    folder = tmp_path_factory.mktemp("year")
    subprocess.run([sys.executable, "-B", "-c", PREPARE, str(simulator), str(folder)], check=True)
    return folder / "history", json.loads((folder / "truth.json").read_text())


def assessed(history: Path, output: Path, *more: str) -> list[dict[str, Any]]:
    done = run("assess", "--history", history, "--output", output, "--force", *more)
    assert done.returncode == 0, done.stderr
    return lines(output.read_text())


def test_a_simulated_year_names_those_who_ignore_and_nobody_else(
    year: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    history, truth = year
    rows = assessed(history, tmp_path / "out.jsonl")
    kind = {f"p{name}": one["kind"] for one in truth for name in one["names"]}
    honest = {f"p{name}" for one in truth if one["honest"] for name in one["names"]}
    named = [row for row in rows if row["label"] == "systematic"]
    assert len(named) >= 15
    assert not honest & {row["provider"] for row in named}
    assert {kind[row["provider"]] for row in named} <= {
        "ignoring",
        "refusing",
        "selective",
        "renamed",
        "improving",
        "deteriorating",
    }
    assert [row["provider"] for row in rows if len(row["names"]) > 1]
    # Cut at the day of a flag: the same flag, so nothing from the future was used.
    for row in named[:3]:
        then = assessed(history, tmp_path / "then.jsonl", "--at", row["first_flagged"])
        assert [
            one["first_flagged"]
            for one in then
            if set(one["names"]) & set(row["names"]) and one["label"] == "systematic"
        ] == [row["first_flagged"]]
    before = assessed(history, tmp_path / "before.jsonl", "--at", "2024-01-20")
    assert all(row["label"] != "systematic" for row in before)


def test_a_dossier_is_written_and_verified_and_a_change_shows(
    year: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    history, truth = year
    refusing = next(row for row in truth if row["kind"] == "refusing" and row["cases"] > 30)
    provider = f"p{refusing['names'][0]}"
    common = ("--history", history, "--at", "2024-12-01")
    assert run("dossier", provider, *common, "--output", tmp_path / "dossier").returncode == 0
    assert (
        run("dossier", provider, *common, "--output", tmp_path / "dossier", "--verify").returncode
        == 0
    )
    with (tmp_path / "dossier" / "cases.csv").open("a") as file:
        file.write("slipped in\n")
    done = run("dossier", provider, *common, "--output", tmp_path / "dossier", "--verify")
    assert done.returncode == 1
    assert "cases.csv" in done.stderr
    assert "14 days later" in run("letter", provider, *common).stdout
    case = json.loads((tmp_path / "dossier" / "dossier.json").read_text())["cases"][0]["case"]
    result = lines(run("contest", provider, *common, "--without", case, "--json").stdout)[0]
    assert (result["without"], result["stands"]) == ([case], True)
    assert run("overview", "--history", history, "--output", tmp_path / "all.html").returncode == 0
    assert b"<svg" in (tmp_path / "all.html").read_bytes()


def test_the_store_is_assessed_where_no_folder_is_named(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_STORE", store_url)
    assert run("import", small_history(tmp_path / "history")).returncode == 0
    ours = lines(run("assess", "--json").stdout)
    theirs = lines(run("assess", "--history", tmp_path / "history", "--json").stdout)
    assert ours == theirs
    assert [row["provider"] for row in ours] == ["p1"]
    assert "p1" in run("assess").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["assess", "--history", "nowhere"], "is no folder"),
        (["dossier", "p9", "--history", "HISTORY", "--output", "x"], "no notice in the history"),
        (["contest", "p9", "--history", "HISTORY"], "no notice in the history"),
        (["overview", "--history", "HISTORY", "--output", "x.gif"], "name an .html"),
        (["assess", "--history", "HISTORY", "--at", "soon"], "give a date"),
        (["list", "sign", "x.json", "--key", "k", "--reason", "r"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    history = small_history(tmp_path / "history")
    done = run(*[str(history) if one == "HISTORY" else one for one in arguments])
    assert done.returncode == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_rows_that_cannot_be_used_are_told_and_the_rest_is_assessed(tmp_path: Path) -> None:
    history = small_history(tmp_path / "history")
    events = history / "events.jsonl"
    events.write_text(events.read_text() + "nonsense\n")
    done = run("assess", "--history", history, "--json")
    assert done.returncode == 1
    assert "events.jsonl line 11" in done.stderr
    assert len(lines(done.stdout)) == 1
