"""`attribution notice draft --company`, `--format eml`, and noting a digest, as commands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from attribution.store import Store
from attribution_cli.app import app
from chain import HOST, HOST_KEY, approve_all, case_at_chain

SITES = ("one.example", "two.example")


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two cases of one company in the store that the environment names."""
    url = f"sqlite:///{tmp_path / 'cases.sqlite3'}"
    for name, value in (
        ("STORE", url),
        ("KEY_FILE", str(tmp_path / "keys.json")),
        ("HOTLINE_NAME", "Example Hotline"),
        ("HOTLINE_MAILBOX", "notices@hotline.example"),
        ("HOTLINE_COUNTRY", "NL"),
        ("HOTLINE_ADDRESS", r"Dam 1\n1012 JS Amsterdam"),
        ("NOTICE_LANGUAGE", "en"),
        ("LANGUAGE", "en"),
    ):
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)
    with Store.open(url, tmp_path / "keys.json", now=lambda: datetime.now(UTC)) as store:
        added = [case_at_chain(store, site) for site in SITES]
        approve_all(store)
    return added


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_digest_is_drafted_written_as_mail_and_noted(cases: list[str], tmp_path: Path) -> None:
    drafted = run("notice", "draft", "--company", HOST_KEY, "--json")
    assert drafted.exit_code == 0, drafted.output
    (digest,) = map(json.loads, drafted.stdout.splitlines())
    assert (digest["mailbox"], [part["case"] for part in digest["cases"]]) == (HOST, cases)
    assert "1012 JS Amsterdam" in digest["text"]
    folder = tmp_path / "drafts"
    command = ("notice", "draft", "--company", HOST_KEY, "--format", "eml", "--output", str(folder))
    assert run(*command).exit_code == 0
    (path,) = folder.iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert mail["To"] == HOST
    assert len(mail["Reply-To"].addresses) == 2
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/json"] * 2  # type: ignore[attr-defined]
    noted = run("notice", "record", *cases, "--to", HOST, "--json")
    assert [json.loads(line)["case"] for line in noted.stdout.splitlines()] == cases
    assert run("notice", "draft", "--company", HOST_KEY, "--json").stdout == ""


def test_a_case_is_written_as_mail_to_each_party(cases: list[str]) -> None:
    shown = run("notice", "draft", cases[0], "--format", "eml")
    assert shown.exit_code == 0
    assert shown.stdout.count("Message-ID: ") == 3
    assert shown.stdout.count("To: abuse@") == 3
    assert "Cc:" not in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [[], ["c1", "--company", HOST_KEY], ["c1", "--format", "pdf"]],
)
def test_what_does_not_go_together_is_refused(arguments: list[str], cases: list[str]) -> None:
    assert run("notice", "draft", *arguments).exit_code == 2
