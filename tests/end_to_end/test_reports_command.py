"""Figures, feedback and case packs with the command."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from attribution.casework.figures import GroupedBy
from attribution.demo import DemoWorld
from attribution_cli.casework.figures import By
from command import lines, run
from tools import program

URL = "https://shop.quay-customer.example/1"


@pytest.fixture
def case(in_world: DemoWorld, store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case of a hotline of the demo world, whose notice was sent and whose URL is gone."""
    for name, value in {
        "STORE": store_url,
        "HOTLINE_NAME": "Example Hotline",
        "HOTLINE_COUNTRY": "US",
        "ANALYST": "ann",
    }.items():
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)
    (report,) = lines(run("report", "add", URL, "--json").stdout)
    case = str(report["case"])
    assert run("notice", "record", case, "--to", "abuse@quay.example").returncode == 0
    assert run("event", "add", "offline", "--case", case).returncode == 0
    return case


def test_figures_as_table_csv_and_json(case: str) -> None:
    table = run("figures")
    assert table.returncode == 0
    assert "total" in table.stdout
    assert "whole days, UTC" in table.stderr
    (document,) = lines(run("figures", "--by", "company", "--format", "json").stdout)
    assert (document["hotline"], document["by"]) == ("Example Hotline", "company")
    (row,) = document["rows"]
    assert (row["key"], row["name"]) == ("arin:QUAY", "Quay Servers LLC")
    assert {**document["total"], "key": row["key"], "name": row["name"]} == row
    assert (row["reports"], row["notices"], row["removed"], row["share_24h"]) == (1, 1, 1, 1.0)
    text = run("figures", "--by", "country", "--format", "csv").stdout
    (written,) = csv.DictReader(io.StringIO(text))
    assert (written["key"], written["removed_24h"]) == ("US", "1")
    assert [by.value for by in By] == [by.value for by in GroupedBy]


def test_a_period_without_anything_and_one_that_ends_before_it_begins(case: str) -> None:
    done = run("figures", "--from", "2001-01-01", "--to", "2001-02-28", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["key"], row["reports"], row["median_hours"]) for row in rows] == [
        ("2001-01", "0", ""),
        ("2001-02", "0", ""),
    ]
    done = run("figures", "--from", "2001-02-01", "--to", "2001-01-01")
    assert done.returncode == 2
    assert "to '2001-01-01'" in done.stderr
    assert run("figures", "--from", "spring").returncode == 2


def test_the_report_of_a_trusted_flagger(case: str) -> None:
    (document,) = lines(run("figures", "--report", "dsa22", "--format", "json").stdout)
    assert document["total"] == {"notices": 1, "urls": 1}
    assert document["rows"] == [
        {
            "company": "Quay Servers LLC",
            "country": "US",
            "role": document["rows"][0]["role"],
            "kind": "not_stated",
            "action": "removed",
            "several": False,
            "notices": 1,
            "urls": 1,
        }
    ]
    assert case not in json.dumps(document)


def test_feedback_in_each_form(case: str) -> None:
    assert "The content was gone when it was last checked." in run("report", "feedback").stdout
    (row,) = lines(run("report", "feedback", "--format", "json").stdout)
    assert (row["state"], row["country"], row["origin"]) == ("gone", None, None)
    done = run("report", "feedback", "--format", "csv")
    (written,) = csv.DictReader(io.StringIO(done.stdout))
    assert (written["report"], written["state"]) == (row["report"], "gone")
    for text in (done.stdout, json.dumps(row)):
        assert "quay" not in text.lower()
    done = run("report", "feedback", "--since", "2100-01-01")
    assert (done.stdout, "no reports" in done.stderr) == ("", True)


def test_a_case_pack_that_openssl_opens(case: str, tmp_path: Path) -> None:
    openssl = program("openssl")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Example Authority"]
    command = [openssl, *made, "-keyout", "authority.key", "-out", "authority.pem"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    output = tmp_path / "case.p7m"
    pack = ["case", "pack", case, "--output", output, "--why", "request 4711"]
    done = run(*pack, "--to", tmp_path / "authority.pem")
    assert done.returncode == 2
    assert "--urls" in done.stderr
    done = run(*pack, "--to", tmp_path / "authority.key")
    assert done.returncode == 2
    assert "no certificate in PEM form" in done.stderr
    done = run(*pack, "--to", tmp_path / "none.pem")
    assert (done.returncode, "none.pem" in done.stderr) == (2, True)
    (tmp_path / "urls.txt").write_text(URL)
    whole = [*pack, "--to", tmp_path / "authority.pem", "--urls", tmp_path / "urls.txt"]
    (shown,) = lines(run(*whole, "--json").stdout)
    assert output.stat().st_mode & 0o777 == 0o600
    again = run(*whole)
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    opening = [openssl, "cms", "-decrypt", "-inform", "DER", "-in", output]
    opening += ["-inkey", tmp_path / "authority.key", "-out", tmp_path / "case.zip"]
    subprocess.run([str(part) for part in opening], check=True, timeout=60)
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert archive.read(f"cases/{case}/urls.txt").decode() == f"{URL}\n"
        (bundle,) = (name for name in archive.namelist() if "/evidence/" in name)
        archive.extract(bundle, tmp_path)
    assert run("replay", tmp_path / bundle).returncode == 0
    events = lines(run("case", "show", case, "--json").stdout)[0]["events"]
    detail = next(event["detail"] for event in events if event["kind"] == "case_packed")
    assert (detail["sha256"], detail["why"]) == (shown["sha256"], "request 4711")
