"""Noting what happened with what is known of it, joining names of one operator, and what travels in
exports.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attribution.casework.checking import AddChecker, add_checker
from attribution.casework.drafting import Sender
from attribution.casework.event_fields import read_event_fields
from attribution.casework.exporting import ExportStore, export_store
from attribution.casework.importing import import_history
from attribution.casework.importing_rows import Import
from attribution.casework.linking import links
from attribution.casework.notice_history import history_of, history_of_provider
from attribution.casework.noting import NoteEvent, counts_for_nothing, note_event
from attribution.errors import Refused
from attribution.history.rows import BadRow, read_event, read_notice
from attribution.pattern.dossier.dossier import dossier
from attribution.pattern.dossier.render import dossier_bytes
from attribution.store import Store
from casework import record_notice, same_operator

AT = 1_767_000_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}")
    with made.write("ann") as writer:
        for name in ("a", "b", "c"):
            writer.name_provider(f"ripe:ORG-{name.upper()}", f"Company {name}", "NL", AT)
    return made


def case_of(store: Store) -> str:
    with store.write("ann") as writer:
        identity = writer.open_case(1, "site-key", "site.example", AT, key="case-1", urls=1)
        report = writer.add_report("site-key", AT, case_id=identity, provider_id=1, key="report-1")
        writer.add_event("sent", AT, provider_id=1, case_id=identity)
        assert report
    return "case-1"


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("still_online", {"served_by": "nobody"}, "served_by"),
        ("still_online", {"compared": "guess"}, "compared"),
        ("bounce", {"believed": "maybe"}, "believed"),
        ("ack", {"served_by": "Company a"}, "served_by"),
        ("offline", {"legal_ground": "x"}, "legal_ground"),
        ("refused", {"legal_ground": "x" * 501}, "legal_ground"),
        ("vanished", {}, "kind"),
        ("still_online", {"unsigned": False}, "unsigned"),
        ("still_online", {"checker": "x" * 501}, "checker"),
        ("refused", {"legal_ground": " "}, "legal_ground"),
        ("illegality_confirmed", {"by_whom": ""}, "by_whom"),
        ("letter_delivered", {"notices": ["case-1", "case-9"]}, "notices"),
    ],
)
def test_a_wrong_field_is_refused_with_its_name_and_a_way_out(
    store: Store, kind: str, fields: dict[str, object], field: str
) -> None:
    case = case_of(store)
    with store.write("ann") as writer, pytest.raises(Refused) as refused:
        note_event(writer, NoteEvent(kind=kind, at=AT + 1, case=case, fields=fields))
    assert refused.value.field == field
    assert refused.value.remedy
    assert str(refused.value).count(f"{field} '") == 1, "field and value are said once"


def test_fields_are_read_as_they_are_written_on_a_command_line() -> None:
    given = ["automatic=true", "served_by=null", "notices=a, b", "compared=person"]
    assert read_event_fields(given) == {
        "automatic": True,
        "served_by": None,
        "notices": ["a", "b"],
        "compared": "person",
    }
    for wrong in ("automatic=yes", "colour=red", "compared", "unsigned=false"):
        with pytest.raises(Refused):
            read_event_fields([wrong])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"to": ""}, "to"),
        ({"to": "abuse at hosting"}, "to"),
        ({"to": "form\x00", "channel": "form"}, "to"),
        ({"to": "abuse@hosting.example", "channel": "pigeon"}, "channel"),
        ({"to": "abuse@hosting.example", "message_id": "garbage <<"}, "message_id"),
    ],
)
def test_a_notice_says_where_and_how_it_went(
    store: Store, given: dict[str, str], field: str
) -> None:
    case = case_of(store)
    with store.write("ann") as writer, pytest.raises(Refused) as refused:
        record_notice(writer, case, writer.now, **given)
    assert refused.value.field == field
    with store.write("ann") as writer:
        record_notice(writer, case, writer.now, to="its form for abuse", channel="form")


def test_an_unsigned_check_is_told_to_count_for_nothing_once_a_checker_is_registered(
    store: Store,
) -> None:
    with store.write("ann") as writer:
        assert not counts_for_nothing(writer.connection, "still_online")
        key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
        add_checker(writer, AddChecker("c1", key.decode()))
        assert counts_for_nothing(writer.connection, "still_online")
        assert not counts_for_nothing(writer.connection, "offline")


def test_what_a_check_says_travels_through_an_export_and_an_import(
    store: Store, tmp_path: Path
) -> None:
    case = case_of(store)
    with store.write("ann") as writer:
        seen = {"served_by": "Company a", "compared": "person", "checker": "c1"}
        note_event(writer, NoteEvent(kind="still_online", at=AT + 1, case=case, fields=seen))
        note_event(
            writer, NoteEvent(kind="still_online", at=AT + 2, case=case, fields={"served_by": None})
        )
        moved = {"to": "Company b"}
        note_event(
            writer, NoteEvent(kind="moved_to_other_host", at=AT + 3, case=case, fields=moved)
        )
    hotline = Sender("Example Hotline", "notices@hotline.example")
    export_store(store, ExportStore(output=tmp_path / "out", form="history", hotline=hotline))
    rows = [
        json.loads(line) for line in (tmp_path / "out" / "events.jsonl").read_text().splitlines()
    ]
    assert [row["served_by"] for row in rows[:2]] == ["ripe:ORG-A", None]
    assert rows[2]["to"] == "ripe:ORG-B"
    with Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}") as other:
        command = Import(who="bob", source="them", reject=lambda *_: None)
        import_history(other, tmp_path / "out", command)
        with other.read() as connection:
            history = history_of(connection)
        record = history.record(["them:ripe:ORG-A"])
        assert history.names[record.checks["server"][0]] == "them:ripe:ORG-A"
        assert history.names[record.ends["to"][0]] == "them:ripe:ORG-B"


def test_several_names_of_one_operator_are_joined_with_a_source(store: Store) -> None:
    with store.write("ann") as writer, pytest.raises(Refused, match="trade register"):
        same_operator(writer, ("Company a", "Company b"), " ", AT)
    names = ("Company a", "Company b", "Company c")
    with store.write("ann") as writer:
        assert len(same_operator(writer, names, "trade register", AT)) == 2
    with store.write("ann") as writer, pytest.raises(Refused, match="already"):
        same_operator(writer, names, "trade register", AT)
    with store.read() as connection:
        assert {one.kind for one in links(connection)} == {"same_operator"}


def test_a_dossier_of_one_provider_is_the_same_read_alone_and_among_all(store: Store) -> None:
    case_of(store)
    with store.write("ann") as writer:
        note_event(writer, NoteEvent(kind="ack", at=AT + 1, case="case-1"))
    at = datetime.fromtimestamp(AT / 1_000_000, UTC) + timedelta(days=40)
    with store.read() as connection:
        alone, among = history_of_provider(connection, 1, at), history_of(connection, at)
    made = [dossier_bytes(dossier(history, "ripe:ORG-A", at)) for history in (alone, among)]
    assert made[0] == made[1]
    assert b"Company a" in made[0]


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "ack", "automatic": 1},
        {"kind": "still_online", "url": "u", "served_by": 7},
        {"kind": "still_online", "url": "u", "resolved_to": "p"},
        {"kind": "contact_corrected", "provider": "p", "by": "rival"},
        {"kind": "letter_delivered", "provider": "p", "notices": ["n"] * 10_001},
        {"kind": "ack", "at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_a_row_with_a_wrong_field_is_told_and_ends_nothing(row: dict[str, object]) -> None:
    with pytest.raises(BadRow):
        read_event({"notice": "n", "at": "2026-01-01T00:00:00Z", **row})


def test_a_notice_says_at_how_many_providers_its_name_pointed() -> None:
    row = {"notice": "n", "provider": "p", "site": "s", "sent_at": "2026-01-01T00:00:00Z"}
    assert read_notice({**row, "candidates": 2, "baseline": True}).candidates == 2
    for wrong in ({"candidates": 0}, {"baseline": "yes"}):
        with pytest.raises(BadRow):
            read_notice({**row, **wrong})
