"""An analyst's evening with the command: the queue, the search, and work on cases."""

from __future__ import annotations

import json

import pytest

from attribution.demo import DemoWorld
from command import lines, run

URL = "https://shop.quay-customer.example/1"
ELSEWHERE = "https://www.windmill.example/1"


@pytest.fixture
def hotline(in_world: DemoWorld, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hotline of the demo world, with an empty store and every setting as it comes."""
    monkeypatch.setenv("COLUMNS", "160")
    for name, value in {
        "STORE": store_url,
        "HOTLINE_NAME": "Example Hotline",
        "HOTLINE_MAILBOX": "notices@hotline.example",
        "HOTLINE_COUNTRY": "US",
        "ANALYST": "ann",
    }.items():
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)


def rows(*arguments: str, stdin: str | None = None) -> list[dict[str, object]]:
    """Run a verb with --json and return its lines."""
    done = run(*arguments, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return lines(done.stdout)


def counts() -> dict[str, int]:
    """Return how many cases the queue has in each state that has any."""
    return {str(part["state"]): part["count"] for part in rows("queue") if part["count"]}  # type: ignore[misc]


@pytest.mark.usefixtures("hotline")
def test_evening_from_fresh_reports_to_an_empty_queue() -> None:
    assert "Nothing is to be done" in run("queue").stderr
    here, abroad = rows("report", "add", URL, ELSEWHERE)
    case = str(here["case"])
    assert here["known"] is None
    assert counts() == {"tonight": 1, "abroad": 1}
    shown = run("queue").stdout
    assert "Tonight" in shown
    assert "may still gather until" in shown
    assert "Quay Servers LLC" in shown

    done = run("provider", "approve", "arin:QUAY", "abuse@quay.example", "--why", "called back")
    assert done.returncode == 0
    (due,) = [row for row in lines(run("notice", "due", "--json").stdout) if row["case"] == case]
    assert due["in_the_way"] == []
    assert due["may_gather_until"] > due["since"]
    mail = ("--to", "abuse@quay.example", "--message-id", "<n1@hotline.example>")
    assert run("notice", "record", case, *mail).returncode == 0
    assert counts() == {"waiting": 1, "abroad": 1}

    again = run("report", "add", "hxxps://shop[.]quay-customer[.]example/1")
    assert f"in case {case}, notice sent 0 min ago" in again.stdout
    (known,) = rows("report", "add", URL)
    assert (known["duplicate"], known["known"]["case"]) == (True, case)  # type: ignore[index]

    for text in (
        URL,
        "quay-customer.example",
        case,
        "Quay",
        "abuse@quay.example",
        "n1@hotline.example",
    ):
        assert [row["case"] for row in rows("case", "list", "--query", text)] == [case], text
    (row,) = rows("case", "list", "--state", "waiting", "--country", "us", "--sort", "urgency")
    assert (row["queue"], row["what"], row["due"], row["state"]) == (
        "waiting",
        "check",
        False,
        "sent",
    )

    assert run("event", "add", "bounce", "--case", case).returncode == 0
    assert counts() == {"came_back": 1, "abroad": 1}
    (sent,) = [one for one in rows("case", "show", case)[0]["events"] if one["kind"] == "sent"]  # type: ignore[attr-defined]
    corrected = run("event", "correct", str(sent["seq"]), "--why", "wrong mailbox")
    assert "as if this notice had never been sent" in corrected.stderr
    assert "The mail itself is not taken back" in corrected.stderr
    assert counts() == {"tonight": 1, "abroad": 1}

    both = "".join(f"{one['case']}\n" for one in (here, abroad))
    (assigned,) = rows("case", "assign", "-", "--to", "bob", stdin=both)
    assert len(assigned["events"]) == 2  # type: ignore[arg-type]
    assert len(rows("case", "list", "--assignee", "bob")) == 2
    assert run("case", "note", case, "--text", "called").returncode == 0
    assert run("case", "follow-up", case, "--at", "2030-01-31T09:00Z").returncode == 0
    assert run("case", "handled", case).returncode == 0
    (closed,) = rows("case", "done", "-", "--why", "passed on", stdin=both)
    assert len(closed["cases"]) == 2  # type: ignore[arg-type]
    assert counts() == {}
    assert run("case", "reopen", case, "--why", "came back to us").returncode == 0
    assert run("queue", "--rebuild").stderr.count("were computed from the log") == 1
    assert counts() == {"tonight": 1}
    assert json.loads(run("verify", "--json").stdout)["faults"] == []


@pytest.mark.usefixtures("hotline")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["case", "list", "--state", "lost"], "use one of tonight"),
        (["case", "list", "--sort", "best"], "use one of urgency"),
        (["case", "list", "--query", " "], "write a URL"),
        (["case", "note", "c-none", "--text", "called"], "not in the store"),
        (["case", "assign", "-", "--to", "ann"], "name 1 to"),
        (["event", "correct", "7", "--why", "wrong"], "not in the store"),
    ],
)
def test_refusals_say_what_is_wrong_and_what_to_do(arguments: list[str], words: str) -> None:
    done = run(*arguments, stdin="")
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
