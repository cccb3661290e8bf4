"""Checks by whom: signed statements of registered checkers, and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from attribution.casework.checking import (
    AddChecker,
    RetireChecker,
    Statement,
    add_checker,
    checkers,
    is_signed,
    note_statement,
    retire_checker,
)
from attribution.casework.exporting import event_rows
from attribution.casework.notice_history import history_of
from attribution.codes import Refusal
from attribution.demo import DemoWorld
from attribution.errors import Refused
from attribution.store import Store
from attribution.store.audit import audit_lines
from attribution.store.log import Writer
from attribution.store.tables import reports
from casework import NOON, Clock, filled, note_event, reported
from command import run
from served import Served, hotline_settings, serving
from signing_keys import respelled


def public_half(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def writer(store: Store, key: Ed25519PrivateKey, clock: Clock) -> Iterator[Writer]:
    """A store with one report and a registered checker; a day has passed."""
    filled(store)
    clock.at += timedelta(days=1)
    with store.write("ann") as writing:
        add_checker(writing, AddChecker("night checker", public_half(key)))
        yield writing


def statement(writer: Writer, key: Ed25519PrivateKey, **changes: Any) -> Statement:
    report = writer.connection.execute(select(reports.c.key)).scalars().first()
    seen = (NOON + timedelta(hours=20)).isoformat()
    made = Statement(
        checker=public_half(key),
        report=str(report),
        state="online",
        seen_at=seen,
        served_by="ripe:ORG-EX1-RIPE",
        method="content",
        vantage_country="NL",
    )
    return replace(made, **changes)


def test_signed_statement_is_noted_and_says_by_whom(writer: Writer, key: Ed25519PrivateKey) -> None:
    (number,) = note_statement(writer, statement(writer, key).signed(key))
    line = next(one for one in audit_lines(writer.connection, limit=5) if one.seq == number)
    assert line.kind == "still_online"
    assert (line.detail["checker"], line.detail["compared"]) == ("night checker", "content")
    assert line.detail["served_by"] == "ripe:ORG-EX1-RIPE"
    keys = [public_half(key)]
    assert is_signed(line.detail, keys)
    changed = line.detail | {
        "statement": line.detail["statement"] | {"served_by": "ripe:ORG-RIVAL"}
    }
    assert not is_signed(changed, keys)
    assert not is_signed(line.detail | {"served_by": "ripe:ORG-RIVAL"}, keys)
    assert not is_signed(line.detail, [])  # whoever imports a history makes keys of their own
    assert not is_signed({}, keys)


def test_statement_is_taken_once(writer: Writer, key: Ed25519PrivateKey) -> None:
    signed = statement(writer, key).signed(key)
    note_statement(writer, signed)
    with pytest.raises(Refused, match="noted before") as refused:
        note_statement(writer, signed)
    assert refused.value.code is Refusal.CONFLICT
    respelled = {**signed, "signature": str(signed["signature"])}
    with pytest.raises(Refused, match="noted before"):
        note_statement(writer, respelled)


@pytest.mark.parametrize(
    "changes",
    [
        {"seen_at": "2026-03-03T05:00:00Z"},
        {"seen_at": "2026-03-03T06:00:00+01:00"},
        {"seen_at": "20260303T050000.000000+0000"},
        {"state": "offline"},
        {"method": "person"},
    ],
)
def test_one_look_counts_once_in_whatever_spelling(
    changes: dict[str, Any], writer: Writer, key: Ed25519PrivateKey
) -> None:
    at = {"seen_at": "2026-03-03T05:00:00+00:00"}
    note_statement(writer, statement(writer, key, **at).signed(key))
    with pytest.raises(Refused, match="noted before"):
        note_statement(writer, statement(writer, key, **(at | changes)).signed(key))
    later = statement(writer, key, seen_at="2026-03-03T05:00:01+00:00")
    assert note_statement(writer, later.signed(key))


def test_one_key_is_one_checker_in_whatever_spelling(
    writer: Writer, key: Ed25519PrivateKey
) -> None:
    again = respelled(public_half(key))
    assert base64.b64decode(again, validate=True) == base64.b64decode(public_half(key))
    retire_checker(writer, RetireChecker("night checker", "its machine was sold"))
    with pytest.raises(Refused) as refused:
        add_checker(writer, AddChecker("another", again))
    assert refused.value.field == "public_key"


def test_a_key_for_which_anybody_signs_is_no_checkers(writer: Writer) -> None:
    for raw in (bytes(32), b"\x01" + bytes(31), b"\xed" + b"\xff" * 30 + b"\x7f"):
        with pytest.raises(Refused) as refused:
            add_checker(writer, AddChecker("another", base64.b64encode(raw).decode()))
        assert refused.value.field == "public_key"


@pytest.mark.parametrize("text", ["r\x00", "r\ud800", "r\u200b", "r\n"])
@pytest.mark.parametrize("field", ["report", "served_by", "checker", "seen_at"])
def test_text_that_no_database_takes_is_refused_and_stops_no_other(
    field: str, text: str, writer: Writer, key: Ed25519PrivateKey
) -> None:
    with pytest.raises(Refused) as refused:
        note_statement(writer, statement(writer, key, **{field: text}).signed(key))
    assert refused.value.field == field
    assert note_statement(writer, statement(writer, key).signed(key))
    writer.flush()


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (timedelta(days=1, minutes=6), "future"),
        (timedelta(days=-8), "days old"),
        (timedelta(hours=-1), "before the URL was reported"),
    ],
)
def test_clock_that_is_wrong_is_refused(
    seen: timedelta, why: str, writer: Writer, key: Ed25519PrivateKey
) -> None:
    at = (NOON + seen).isoformat()
    with pytest.raises(Refused, match=why):
        note_statement(writer, statement(writer, key, seen_at=at).signed(key))


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "offline"},
        {"served_by": None},
        {"served_by": "ripe:ORG-RIVAL-RIPE"},
        {"seen_at": "2026-03-02T20:00:00+00:00"},
        {"method": "person"},
        {"vantage_country": "DE"},
    ],
)
def test_statement_that_was_changed_is_refused(
    changes: dict[str, Any], writer: Writer, key: Ed25519PrivateKey
) -> None:
    with pytest.raises(Refused, match="signature"):
        note_statement(writer, statement(writer, key).signed(key) | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "gone"},
        {"method": "guess"},
        {"vantage_country": "nl"},
        {"seen_at": "yesterday"},
        {"seen_at": "2026-03-02T18:00:00"},
        {"seen_at": "0001-01-01T00:00:00+23:59"},
        {"report": ""},
        {"report": "r" * 300},
        {"report": 7},
        {"report": "rnone"},
        {"more": "x"},
        {"signature": None},
        {"signature": "AAAA"},
        {"checker": "no key"},
    ],
)
def test_field_that_is_wrong_is_named(
    changes: dict[str, Any], writer: Writer, key: Ed25519PrivateKey
) -> None:
    values = statement(writer, key).signed(key) | changes
    with pytest.raises(Refused) as refused:
        note_statement(writer, values)
    assert refused.value.field in {*changes, "statement", "signature"}
    assert refused.value.remedy


def test_stranger_and_retired_checker_are_refused(writer: Writer, key: Ed25519PrivateKey) -> None:
    stranger = Ed25519PrivateKey.generate()
    with pytest.raises(Refused, match="no checker is registered"):
        note_statement(writer, statement(writer, stranger).signed(stranger))
    retire_checker(writer, RetireChecker("Night Checker", "its machine was sold"))
    assert checkers(writer.connection) == {}
    with pytest.raises(Refused, match="no checker is registered"):
        note_statement(writer, statement(writer, key).signed(key))
    with pytest.raises(Refused, match="retired"):
        add_checker(writer, AddChecker("another", public_half(key)))


@pytest.mark.parametrize(
    ("name", "public_key", "field"),
    [
        ("", None, "name"),
        ("night CHECKER", "new", "checker"),
        ("another", None, "checker"),
        ("another", "AAAA", "public_key"),
    ],
)
def test_checker_that_cannot_be_registered(
    name: str, public_key: str | None, field: str, writer: Writer, key: Ed25519PrivateKey
) -> None:
    made = public_half(Ed25519PrivateKey.generate() if public_key == "new" else key)
    with pytest.raises(Refused) as refused:
        add_checker(writer, AddChecker(name, public_key if public_key == "AAAA" else made))
    assert refused.value.field == field


def test_unsigned_checks_count_for_nothing_once_a_checker_is_registered(
    store: Store, key: Ed25519PrivateKey, clock: Clock
) -> None:
    case = filled(store)

    def checks() -> int:
        with store.read() as connection:
            history = history_of(connection)
        return len(history.record(history.names).checks)

    with store.write("ann") as writing:
        note_event(writing, "still_online", writing.now, case=case)
    assert checks() == 1
    clock.at += timedelta(days=1)
    with store.write("ann") as writing:
        add_checker(writing, AddChecker("night checker", public_half(key)))
        note_event(writing, "still_online", writing.now, case=case)
    assert checks() == 1  # the one from before any key counts still
    with store.write("ann") as writing:
        note_statement(writing, statement(writing, key).signed(key))
    assert checks() == 2
    with store.read() as connection:
        marks = [row.get("unsigned") for row in event_rows(connection) if "online" in row["kind"]]
    assert marks == [None, True, None]


@pytest.fixture
def served(world: DemoWorld, store: Store, tmp_path: Path) -> Iterator[Served]:
    with serving(hotline_settings(world.settings(), tmp_path), store) as running:
        yield running


def test_interface_takes_a_signed_check_once(served: Served, key: Ed25519PrivateKey) -> None:
    filled(served.store)
    served.store._now = lambda: NOON + timedelta(days=1)  # the day after the report
    with served.store.write("ann") as writing:
        add_checker(writing, AddChecker("night checker", public_half(key)))
        signed = statement(writing, key).signed(key)
    with served.program("write") as program:
        made = program.post("/api/v1/checks", json=signed)
        assert (made.status_code, len(made.json()["events"])) == (201, 1)
        again = program.post("/api/v1/checks", json=signed)
        assert (again.status_code, again.json()["code"]) == (422, "conflict")
        forged = program.post("/api/v1/checks", json=signed | {"state": "offline"})
        assert (forged.status_code, forged.json()["field"]) == (422, "signature")
        assert program.post("/api/v1/checks", json={}).status_code == 422


def test_command_registers_a_checker_and_notes_a_file_of_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Ed25519PrivateKey
) -> None:
    url = f"sqlite:///{tmp_path / 'cases.sqlite3'}"
    monkeypatch.setenv("ATTRIBUTION_STORE", url)
    monkeypatch.setenv("ATTRIBUTION_ANALYST", "ann")
    now = datetime.now(UTC)
    with Store.open(url, now=lambda: now - timedelta(days=1)) as store:
        reported(store)
    made = run("checker", "add", "night checker", "--public-key", public_half(key))
    assert made.returncode == 0, made.stderr
    with Store.open(url) as store, store.write("ann") as writing:
        seen = (now - timedelta(hours=1)).isoformat()
        signed = statement(writing, key, seen_at=seen).signed(key)
    checks = tmp_path / "checks.jsonl"
    checks.write_text(f"{json.dumps(signed)}\nno JSON\n\n{json.dumps(signed)}\n")
    done = run("event", "add", "--statement", checks, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["refused"] == 2
    assert "line 2" in done.stderr
    assert "line 4" in done.stderr
    assert run("event", "add").returncode == 2
    assert "night checker" in run("checker", "list").stdout
    assert run("checker", "retire", "night checker", "--why", "sold").returncode == 0
    assert "no checker" in run("checker", "list").stderr
