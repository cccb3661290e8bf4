"""Files in other encodings and with impossible rows: told, and nothing is made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from attribution.casework.importing import import_csv, import_history, import_rows
from attribution.casework.importing_rows import Count, Import
from attribution.casework.xarf_import import import_xarf
from attribution.codes import Refusal
from attribution.errors import HistoryError, Refused
from attribution.files.text_files import Encoding
from attribution.formats.mappings import load_mapping
from attribution.store import Store
from attribution.store.tables import providers
from casework import Clock

HEADER = "filenumber;url;host;hoster;abuse email;country;received;first seen;first NTD;last seen"
GOOD = "2026-02-01 10:00:00"
Told = list[tuple[str, int, str]]


def row(number: int, provider: str = "Example Hosting GmbH", at: str = GOOD, url: str = "") -> str:
    url = url or f"https://www.site{number}.example/1"
    host, mailbox = f"www.site{number}.example", "abuse@hosting.example"
    return f"R{number};{url};{host};{provider};{mailbox};DE;{at};{at};{at};"


def importing(told: Told, **more: Any) -> Import:
    """An import by ann, whose rejected rows are told."""
    return Import(
        who="ann", reject=lambda file, line, why, _: told.append((file, line, why)), **more
    )


def taken(
    store: Store, path: Path, encoding: Encoding = Encoding.AUTO
) -> tuple[dict[str, Count], Told]:
    told: Told = []
    counts = import_csv(
        store,
        path,
        load_mapping("scart-reports"),
        importing(told, source="scart", encoding=encoding),
    )
    return counts, told


def names(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(select(providers.c.name)).scalars())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_one_company_comes_of_one_name_in_every_encoding_of_unicode(
    store: Store, tmp_path: Path, encoding: str
) -> None:
    name = "Sch\u00f6ne Server GmbH"
    for number, how in enumerate(["utf-8", encoding]):
        path = tmp_path / f"{number}.csv"
        path.write_bytes("\r\n".join([HEADER, row(number, name), ""]).encode(how))
        assert taken(store, path)[1] == []
    assert names(store) == {name}


def test_accents_and_spaces_in_another_form_make_no_second_company(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "export.csv"
    spellings = ("Sch\u00f6ne Server", "Scho\u0308ne Server", "Sch\u00f6ne\u00a0Server ")
    rows = [row(number, name) for number, name in enumerate(spellings)]
    path.write_text("\n".join([HEADER, *rows]), "utf-8")
    assert taken(store, path)[1] == []
    assert names(store) == {"Sch\u00f6ne Server"}


def test_a_code_page_makes_no_second_company(store: Store, tmp_path: Path) -> None:
    name = "Sch\u00f6ne Server GmbH"
    path = tmp_path / "export.csv"
    content = "\r\n".join([HEADER, row(1, name), row(2), ""])
    path.write_bytes(content.encode("windows-1252"))
    counts, told = taken(store, path)
    ((file, line, why),) = told
    assert (file, line) == ("export.csv", 2)
    assert "--encoding windows-1252" in why
    assert names(store) == {"Example Hosting GmbH"}
    assert counts["lines"].added == 1
    assert taken(store, path, Encoding.WINDOWS_1252)[1] == []
    assert names(store) == {"Example Hosting GmbH", name}
    # Read wrongly by another tool before, and saved so: also no company.
    path.write_text("\n".join([HEADER, row(3, "Sch\ufffdne Server GmbH")]), "utf-8")
    assert "U+FFFD" in taken(store, path)[1][0][2]
    assert len(names(store)) == 2


@pytest.mark.parametrize(
    ("file", "companies"), [("c2-utf16-excel-unicode.csv", 1), ("c3-cp1252.csv", 0)]
)
def test_shared_cases_make_no_second_company(
    file: str, companies: int, store: Store, shared: Path
) -> None:
    _, told = taken(store, shared / "cases" / file)
    assert len(told) == 1 - companies
    assert len(names(store)) == companies
    assert not any("\ufffd" in name for name in names(store))


BAD = [
    (row(1, at="0001-01-01 00:00:00"), "give a time"),
    (row(1, at="0001-01-01T00:00:00+14:00"), "give a time"),
    (row(1, at="9999-12-31 23:59:59"), "in the future"),
    (row(1, at="9999-12-31T23:59:59-14:00"), "give a time"),
    (row(1, at="1970-01-01"), "before 1990"),
    (row(1, at="2027-01-01 00:00:00"), "in the future"),
    (row(1, at="9" * 5000), "give a time"),
    (row(1, provider="A\x00B"), "U+0000"),
    (row(1, provider="x" * 200_000), "longer than 500"),
    (row(1, provider='"open'), "quotation mark"),
    (row(1, provider='"a"b"'), "no CSV"),
    (row(1, provider="Exam\u200bple Hosting"), "U+200B"),
    (row(1, provider="\u202eExample"), "U+202E"),
    (row(1, provider="Exam\u200dple Hosting"), "U+200D"),
    (row(1, provider="Example\u3164Hosting"), "U+3164"),
    (row(1, provider="Example Hosting\ufe0f"), "U+FE0F"),
    (row(1, provider=""), "missing"),
    (row(1, url="https://www.site.example/" + "x" * 200_000), "8192"),
]


@pytest.mark.parametrize(("bad", "why"), BAD)
def test_a_row_that_cannot_be_is_a_reject_with_line_and_reason(
    store: Store, tmp_path: Path, bad: str, why: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_text("\n".join([HEADER, row(8), bad, row(9), ""]), "utf-8")
    counts, told = taken(store, path)
    assert {line for _, line, _ in told} == {3}
    assert all(why in reason for _, _, reason in told), told
    assert counts["reports"].added == 2
    assert names(store) == {"Example Hosting GmbH"}
    assert store.check().faults == ()
    assert taken(store, path)[0]["reports"].known == 2


NOTICE = {"notice": "n1", "provider": "p1", "site": "s1", "sent_at": "2026-02-01T10:00:00Z"}
EVENT = {"kind": "ack", "notice": "n1", "at": "2026-02-01T11:00:00Z"}
BAD_EVENTS: list[Any] = [
    EVENT | {"at": "0001-01-01T00:00:00+14:00"},
    EVENT | {"at": "9999-12-31T23:59:59-14:00"},
    EVENT | {"at": "9999-12-31T23:59:59Z"},
    EVENT | {"more": "\ud800"},
    EVENT | {"more": float("nan")},
    EVENT | {"more": ["x"] * 10_000},
    EVENT | {"notice": "n\x00"},
    EVENT | {"notice": "n\ud800"},
    EVENT | {"kind": "reply", "notice": None, "provider": ["p\x00"]},
    EVENT | {"at": 7},
    EVENT | {"at": ["x"]},
    '{"kind": ' + "[" * 5000,
    '{"at": ' + "9" * 6000 + "}",
    "\x00",
    '"text"',
]


@pytest.mark.parametrize("bad", BAD_EVENTS, ids=range(len(BAD_EVENTS)))
def test_no_line_of_a_history_ends_its_import(
    store: Store, clock: Clock, tmp_path: Path, bad: Any
) -> None:
    folder = tmp_path / "history"
    folder.mkdir()
    text = bad if isinstance(bad, str) else json.dumps(bad)
    for name, rows in {
        "notices": [json.dumps(NOTICE)],
        "reports": [],
        "events": [text, json.dumps(EVENT)],
    }.items():
        (folder / f"{name}.jsonl").write_text("".join(one + "\n" for one in rows), "utf-8")
    told: Told = []
    counts = import_history(store, folder, importing(told))
    assert [(file, line) for file, line, _ in told] == [("events.jsonl", 1)]
    assert counts["events"].added == 1
    assert store.check().faults == ()


def test_a_kind_of_rows_and_a_file_that_are_none_are_refused(store: Store, tmp_path: Path) -> None:
    for path, name, code in (
        (tmp_path, "events", Refusal.NOT_FOUND),
        (tmp_path, "bounces", Refusal.INVALID),
    ):
        with pytest.raises(Refused) as refused:
            import_rows(store, path, name, importing([]))
        assert refused.value.code is code


def test_xarf_reports_in_other_encodings_and_with_strange_ids(store: Store, tmp_path: Path) -> None:
    report = {
        "xarf_version": "4.0.0",
        "report_id": "7c3f5a52-7a0b-4a36-9d39-3b1a90a4f3aa",
        "timestamp": "2026-02-01T10:00:00Z",
        "reporter": {
            "org": "Hotline \u00d6",
            "contact": "a@hotline.example",
            "domain": "hotline.example",
        },
        "sender": {"org": "Hotline", "contact": "a@hotline.example", "domain": "hotline.example"},
        "source_identifier": "192.0.2.1",
        "category": "content",
        "type": "csam",
        "url": "https://www.site.example/1",
    }
    path = tmp_path / "reports.json"

    def reported(data: bytes) -> tuple[int, int]:
        path.write_bytes(data)
        counts = import_xarf(store, path, importing([], source="x"))["reports"]
        return counts.added + counts.known, counts.rejected

    text = json.dumps(report, ensure_ascii=False)
    good = reported(text.encode())
    assert reported(text.encode("utf-16")) == good
    assert reported(f"{text}\n".encode("windows-1252")) == (0, 1)
    for changed in (
        {"report_id": "x\x00"},
        {"report_id": "\ud800"},
        {"timestamp": "0001-01-01T00:00:00+14:00"},
        {"timestamp": "9999-01-01T00:00:00Z"},
        {"reporter": {"org": "\ud800"}},
        {"url": "https://" + "x" * 200_000},
    ):
        assert reported(json.dumps(report | changed).encode()) == (0, 1)
    assert store.check().faults == ()


@pytest.mark.parametrize(
    "content",
    [
        b"rows='notices'\ndelimiter=';;'",
        b"title='M\xfcller'\nrows='notices'",
        b"rows='notices'\ntimezone='Europe'",
        b"rows='notices'\nencoding='x'",
        b"rows='notices'\ntimezone='../../etc'",
        b"rows=" + b"[" * 5000,
    ],
)
def test_a_mapping_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mapping.toml"
    path.write_bytes(content + b"\n[columns]\nnotice='a'\nprovider='b'\nsent_at='c'\n")
    with pytest.raises(HistoryError, match="mapping"):
        load_mapping(str(path))
