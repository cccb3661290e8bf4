"""The command in Dutch: the same answers, codes and exit codes, in other words."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from attribution.demo import DemoWorld
from command import lines, run, timeless

SHOP = "https://shop.quay-customer.example/1"


@pytest.fixture
def dutch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_LANGUAGE", "nl")


@pytest.mark.usefixtures("dutch")
def test_help_is_dutch() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Gebruik: ")
    assert "Van een gemelde URL naar het bedrijf" in done.stdout
    assert "Opdrachten:" in done.stdout
    assert "Verwijderverzoeken:" in done.stdout
    of_due = run("notice", "due", "--help").stdout
    assert "Voorbeeld: attribution notice due" in of_due
    assert "JSON-regels voor programma's." in of_due
    assert "Show this message" not in of_due


def test_the_locale_names_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ATTRIBUTION_LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "nl_NL.UTF-8")
    assert "Opties:" in run("cache", "--help").stdout
    monkeypatch.setenv("LANG", "xx_XX.UTF-8")
    assert "Options:" in run("cache", "--help").stdout


@pytest.mark.usefixtures("dutch")
def test_an_answer_is_dutch_also_the_second_time(in_world: DemoWorld) -> None:
    long_way = run("check", SHOP)
    assert long_way.returncode == 0
    assert "Eerst schrijven aan" in long_way.stdout
    assert "toegeschreven" in long_way.stdout
    queries = in_world.queries.copy()
    again = run("check", SHOP)
    assert in_world.queries == queries
    assert "Eerst schrijven aan" in again.stdout
    assert "uit de cache" in again.stdout


def test_output_of_programs_is_the_same_in_every_language(
    in_world: DemoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_world.queries is not None
    english = run("check", "--json", SHOP, "https://whisper.example/")
    monkeypatch.setenv("ATTRIBUTION_LANGUAGE", "nl")
    dutch = run("check", "--json", SHOP, "https://whisper.example/")
    assert dutch.returncode == english.returncode == 1
    assert [timeless(row) for row in lines(dutch.stdout)] == [
        timeless(row) for row in lines(english.stdout)
    ]


@pytest.mark.usefixtures("dutch", "in_world")
def test_usage_errors_and_refusals_are_dutch(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_STORE", store_url)
    missing = run("check")
    assert missing.returncode == 2
    assert "Fout: 'TARGET...' ontbreekt." in missing.stderr
    unknown = run("check", "--no-such-option")
    assert unknown.returncode == 2
    assert "De optie --no-such-option bestaat niet." in unknown.stderr
    refused = run("case", "show", "c4b81d9f02aa")
    assert refused.returncode == 2
    assert refused.stderr.strip() == (
        "attribution: Wat de opdracht noemt, staat niet in de opslag. case 'c4b81d9f02aa': "
        "dit staat niet in de opslag; `attribution case list` toont de zaken die er zijn."
    )
    misspelt = run("event", "add", "ack", "--case", "c4b81d9f02aa", "--at", "yesterday")
    assert misspelt.returncode == 2
    assert "geef een tijd zoals 2026-01-31T12:00Z" in misspelt.stderr


@pytest.mark.usefixtures("dutch", "in_world")
def test_due_notices_are_shown_in_dutch(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "STORE": store_url,
        "HOTLINE_COUNTRY": "US",
        "GROUPING_HOURS": "0",
        "ANALYST": "ann",
    }.items():
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)
    nothing = run("notice", "due")
    assert nothing.returncode == 0
    assert nothing.stderr == "attribution: er hoeft nu niets te worden verstuurd\n"
    assert "zaak" in run("report", "add", SHOP).stdout
    due = run("notice", "due")
    assert due.returncode == 1
    fields = {line.split("  ")[0].strip() for line in due.stdout.splitlines()}
    assert {"zaak", "aanbieder", "meldingen", "nog te doen"} <= fields
    (values,) = lines(run("notice", "due", "--json").stdout)
    assert {"case", "provider", "reports", "in_the_way"} <= set(values)


def test_without_babel_the_command_is_english(in_world: DemoWorld) -> None:
    code = """
import sys
sys.modules["babel"] = None
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "babel" else find(name, *more)
from attribution_cli.entry import main
sys.argv[1:] = ["cache", "--help"]
main()
"""
    assert in_world.queries is not None
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ATTRIBUTION_LANGUAGE": "nl"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert "Answers kept of earlier lookups." in done.stdout
