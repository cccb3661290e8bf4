"""An analyst's week with the command: from reported URLs to a notice, its receipt, a reminder, and
what is remembered.
"""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from attribution.demo import DemoWorld
from command import lines, run

URLS = ["hxxps://shop[.]quay-customer[.]example/1", "https://shop.quay-customer.example/2"]


@pytest.fixture
def hotline(in_world: DemoWorld, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hotline of the demo world, with an empty store."""
    for name, value in {
        "STORE": store_url,
        "HOTLINE_NAME": "Example Hotline",
        "HOTLINE_MAILBOX": "notices@hotline.example",
        "HOTLINE_COUNTRY": "US",
        "GROUPING_HOURS": "0",
        "REMINDER_HOURS": "0.000001",
        "ANALYST": "ann",
    }.items():
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)


def said(
    *arguments: str | Path, code: int = 0, stdin: str | None = None
) -> list[dict[str, object]]:
    """Run a verb with --json and return what it printed."""
    done = run(*arguments, "--json", stdin=stdin)
    assert done.returncode == code, done.stderr
    return lines(done.stdout)


@pytest.mark.usefixtures("hotline")
def test_from_reported_urls_to_an_acknowledged_notice_and_a_reminder(tmp_path: Path) -> None:
    one, two = said("report", "add", *URLS)
    assert one["case"] == two["case"]
    assert (one["company"], one["mailbox"]) == ("Quay Servers LLC", "abuse@quay.example")
    case = str(one["case"])
    (again,) = said("report", "add", "http://shop.quay-customer.example/1")
    assert again["duplicate"] is True
    (due,) = said("notice", "due", code=1)
    assert "not approved" in str(due["in_the_way"])
    assert (
        run(
            "provider", "approve", "arin:QUAY", "abuse@quay.example", "--why", "called back"
        ).returncode
        == 0
    )
    (due,) = said("notice", "due")
    assert due["in_the_way"] == []
    refused = run("notice", "draft", case)
    assert refused.returncode == 2
    assert "--urls" in refused.stderr
    (tmp_path / "urls.txt").write_text("\n".join(URLS))
    drafts = said("notice", "draft", case, "--urls", tmp_path / "urls.txt", "--language", "nl")
    assert "hxxps://shop[.]quay-customer[.]example/1" in str(drafts[0]["text"])
    assert drafts[0]["when"] == "now"
    assert {draft["when"] for draft in drafts[1:]} <= {"now", "if_silent"}
    done = run(
        "notice", "draft", case, "--urls", tmp_path / "urls.txt", "--output", tmp_path / "drafts"
    )
    assert done.returncode == 0
    assert {path.suffix for path in (tmp_path / "drafts").iterdir()} == {".txt", ".jsonl"}
    assert (
        said_of(run("notice", "record", case, "--to", "abuse@quay.example", "--json").stdout)[
            "what"
        ]
        == "sent"
    )
    token = str(said("case", "show", case)[0]["token"])
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Auto-Submitted"] = (
        "abuse@quay.example",
        f"notices+{token}@hotline.example",
        "Ticket 7",
        "auto-replied",
    )
    mail.set_content("We have received your message.")
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "1.eml").write_bytes(mail.as_bytes())
    # Nothing proves where it comes from, so a person takes it: who has a token can write an answer.
    (letter,) = said("mail", "read", tmp_path / "mails", "--record")
    assert (letter["decision"], letter["noted"]) == ("proposed", [])
    for expected in (1, 0):
        take = ("--record-proposed", "automatic")
        (letter,) = said("mail", "read", tmp_path / "mails", "--record", *take)
        assert (letter["case"], letter["event"], len(letter["noted"])) == (case, "ack", expected)  # type: ignore[arg-type]
    assert run("event", "add", "still_online", "--case", case).returncode == 0
    (due,) = said("notice", "due")
    assert due["what"] == "reminder"
    (shown,) = said("case", "show", case)
    assert shown["state"] == "received"
    assert shown["online"] == 2
    assert [event["kind"] for event in shown["events"]].count("still_online") == 2  # type: ignore[union-attr]
    number = next(event["seq"] for event in shown["events"] if event["kind"] == "still_online")  # type: ignore[union-attr]
    assert run("event", "correct", str(number), "--why", "another URL").returncode == 0
    assert said("case", "show", case)[0]["online"] == 1
    assert all(row["outcome"] == "unchanged" for row in said("recheck"))
    assert said("verify")[0]["faults"] == []


def said_of(text: str) -> dict[str, object]:
    """Read the only line."""
    (found,) = lines(text)
    return found


@pytest.mark.usefixtures("hotline")
def test_a_provider_elsewhere_is_routed_and_its_notice_not_written() -> None:
    (added,) = said("report", "add", "https://www.windmill.example/1")
    done = run("notice", "draft", str(added["case"]))
    assert done.returncode == 1
    assert "another country" in done.stderr
    assert "(NL)" in done.stderr


@pytest.mark.usefixtures("hotline")
def test_reports_come_from_stdin_and_bad_ones_are_told() -> None:
    done = run("report", "add", "-", "--json", stdin="https://www.windmill.example/1\nnonsense\n")
    assert done.returncode == 2
    assert len(lines(done.stdout)) == 1
    assert "nonsense" in done.stderr


@pytest.mark.usefixtures("hotline")
def test_people_get_tables_and_no_secrets(tmp_path: Path) -> None:
    (added,) = said("report", "add", "https://www.windmill.example/hidden-path")
    text = "".join(
        run(*verb).stdout
        for verb in (
            ("case", "list"),
            ("case", "show", str(added["case"])),
            ("provider", "list"),
            ("provider", "show", "ripe:ORG-MN1-RIPE"),
            ("notice", "due"),
        )
    )
    assert "Meridian Networks B.V." in text
    assert "windmill.example" in text
    assert "hidden-path" not in text
    assert "\x1b" not in text


@pytest.mark.usefixtures("hotline")
def test_erasing_exporting_backing_up_and_restoring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (added,) = said("report", "add", URLS[0])
    assert run("report", "erase", str(added["report"])).returncode == 2  # without a reason
    assert (
        run("report", "erase", str(added["report"]), "--why", "request of 2026-03-01").returncode
        == 0
    )
    (found,) = said("verify")
    assert found["faults"] == []
    assert said("verify", "--head", str(found["head"]))[0]["faults"] == []
    said("verify", "--head", "0" * 63 + "1", code=1)
    for form in ("csv", "parquet", "xarf", "misp", "stix", "history"):
        assert run("export", "--format", form, "--output", tmp_path / f"out-{form}").returncode == 0
    assert run("backup", "--output", tmp_path / "backup").returncode == 0
    monkeypatch.setenv("ATTRIBUTION_STORE", f"sqlite:///{tmp_path / 'restored.sqlite3'}")
    assert run("restore", tmp_path / "backup").returncode == 0
    assert said("verify")[0]["head"] == found["head"]
    assert run("restore", tmp_path / "backup").returncode == 2
    assert run("keys", "rotate").returncode == 0


@pytest.mark.usefixtures("hotline")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["case", "show", "c-none"], "not in the store"),
        (["provider", "show", "nobody"], "not in the store"),
        (["event", "add", "ack", "--case", "c-none"], "not in the store"),
        (["import", "nowhere", "--mapping", "scart-notices"], "cannot be read"),
        (["import", "nowhere"], "cannot be read"),
        (["event", "add", "ack", "--at", "soon"], "give one such as"),
        (["notice", "record", "c-none", "--to", "a@b.example"], "not in the store"),
        (["restore", "nowhere"], "cannot be read"),
        (["provider", "unlink", "7"], "not in the store"),
        (["mail", "read", "nowhere"], "is no file"),
        (["mail", "read", ".", "--record-proposed", "reply"], "use one of automatic, delivered"),
    ],
)
def test_what_cannot_be_done_is_told_with_the_way_out(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("hotline")
def test_rejected_rows_stand_beside_the_file_and_the_exit_code_says_so(tmp_path: Path) -> None:
    from casework import small_history

    history = small_history(tmp_path / "history")
    events = history / "events.jsonl"
    events.write_text(events.read_text() + "nonsense\n")
    counts = {row["rows"]: row for row in said("import", history, code=1)}
    assert counts["events"]["rejected"] == 1
    assert (
        json.loads((tmp_path / "history.rejects.jsonl").read_text())["reason"]
        == "the line is no JSON"
    )
    (shown,) = said("provider", "show", "p1")
    assert shown["one_history_with"] == ["p0"]


@pytest.mark.usefixtures("hotline")
def test_mail_of_our_relay_and_of_the_provider_is_noted_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_MAIL_AUTHSERV", "mx.hotline.example")
    monkeypatch.setenv("ATTRIBUTION_MAIL_RELAY_HOSTS", "mx.hotline.example, 192.0.2.9")
    (added,) = said("report", "add", URLS[0])
    case = str(added["case"])
    sent = ("--to", "abuse@quay.example", "--message-id", "<n1@hotline.example>")
    assert run("notice", "record", case, *sent).returncode == 0
    (tmp_path / "mails").mkdir()
    answer = """Authentication-Results: mx.hotline.example; dkim=pass header.d=quay.example
From: abuse@quay.example
To: notices@hotline.example
Subject: Automatic reply: Notice
Message-ID: <a@quay.example>
In-Reply-To: <n1@hotline.example>

We have received it.
"""
    bounce = """Return-Path: <>
From: MAILER-DAEMON@mx.hotline.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <b@mx.hotline.example>
References: <n1@hotline.example>

<abuse@quay.example>: 550 5.1.1 user unknown
"""
    (tmp_path / "mails" / "1.eml").write_text(answer)
    (tmp_path / "mails" / "2.eml").write_text(bounce)
    (tmp_path / "mails" / "3.eml").write_text("nothing")
    first, second, third = said("mail", "read", tmp_path / "mails", "--record", code=1)
    assert (first["decision"], first["origin"], first["matched_by"]) == (
        "recorded",
        "dkim",
        "message_id",
    )
    assert (second["event"], second["believed"], second["origin"]) == ("bounce", True, "own_relay")
    assert (third["what"], third["decision"]) == ("no_mail", "unmatched")
    assert said("verify")[0]["faults"] == []
