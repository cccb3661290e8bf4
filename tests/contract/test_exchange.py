"""What goes into the store and out of it: histories, tables of other tools, and formats of
partners.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from attribution.casework.drafting import Sender
from attribution.casework.exporting import ExportStore, export_store
from attribution.casework.importing import import_csv, import_history, import_rows
from attribution.casework.importing_rows import Count, Import, Rejects
from attribution.casework.linking import links, one_history
from attribution.casework.providers import provider_named
from attribution.casework.views import case_lines, case_view
from attribution.casework.xarf_import import import_xarf
from attribution.errors import HistoryError
from attribution.formats.mappings import load_mapping, shipped_mappings
from attribution.store import Store
from attribution.store.tables import cases, events, providers, reports
from attribution.store.times import micros
from casework import NOON, reported, small_history, write_history

SENDER = Sender("Example Hotline", "notices@hotline.example")
Told = list[tuple[str, int, str]]


def importing(told: Told, **more: Any) -> Import:
    """An import by ann, whose rejected rows are told."""
    return Import(
        who="ann", reject=lambda file, line, why, _: told.append((file, line, why)), **more
    )


def taken(store: Store, folder: Path, **more: Any) -> tuple[dict[str, Count], Told]:
    told: Told = []
    return import_history(store, folder, importing(told, **more)), told


def exported(store: Store, output: Path, form: str) -> dict[str, int]:
    return export_store(store, ExportStore(output=output, form=form, hotline=SENDER))


def state(store: Store) -> list[Any]:
    """Everything that an import may change."""
    with store.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (providers, cases, reports, events)
        ]


def test_a_history_comes_in_whole_and_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    folder = small_history(tmp_path / "history")
    counts, told = taken(store, folder)
    assert told == []
    assert {name: count.added for name, count in counts.items()} == {
        "notices": 3,
        "reports": 6,
        "events": 10,
        "aliases": 1,
    }
    before = state(store)
    head = store.check()
    counts, told = taken(store, folder)
    assert told == []
    assert all(count.added == 0 for count in counts.values())
    assert (state(store), store.check()) == (before, head)
    assert head.faults == ()
    with store.read() as connection:
        assert {line.state for line in case_lines(connection)} == {"received"}
        new, old = provider_named(connection, "p1")[0], provider_named(connection, "p0")[0]
        assert one_history(links(connection), new) == {new, old}
        assert len(case_lines(connection, provider_id=new)) == 3


def test_names_of_two_sources_are_kept_apart(store: Store, tmp_path: Path) -> None:
    folder = small_history(tmp_path / "history")
    taken(store, folder, source="one")
    taken(store, folder, source="two")
    with store.read() as connection:
        assert set(connection.execute(select(providers.c.key)).scalars()) == {
            "one:p0",
            "one:p1",
            "two:p0",
            "two:p1",
        }


NOTICE = {"notice": "n1", "provider": "p1", "site": "s1", "sent_at": "2024-01-05T00:00:00Z"}
REPORT = {"url": "u1", "notice": "n1", "site": "s1", "provider": "p1", "at": "2024-01-05T00:00:00Z"}


@pytest.mark.parametrize(
    ("file", "row", "why"),
    [
        ("notices", "{broken", "no JSON"),
        ("notices", [1], "no JSON object"),
        ("notices", {**NOTICE, "notice": ""}, "notice is missing"),
        ("notices", {**NOTICE, "notice": "n2", "sent_at": "yesterday"}, "sent_at 'yesterday'"),
        ("notices", {**NOTICE, "notice": "n2", "urls": 0}, "urls 0"),
        ("notices", {**NOTICE, "notice": "n2", "provider": "x" * 501}, "at most 500"),
        ("reports", {**REPORT, "url": "u2", "notice": "n9"}, "notice 'n9' is not in the store"),
        ("reports", {**REPORT, "url": "u2", "provider": "p9"}, "not the one of notice"),
        (
            "events",
            {"kind": "ack", "notice": "n9", "at": "2024-01-06T00:00:00Z"},
            "not in the store",
        ),
        (
            "events",
            {"kind": "exploded", "notice": "n1", "at": "2024-01-06T00:00:00Z"},
            "is unknown",
        ),
        (
            "events",
            {"kind": "offline", "notice": "n1", "at": "2024-01-06T00:00:00Z"},
            "url is missing",
        ),
        (
            "events",
            {"kind": "offline", "notice": "n1", "url": "u9", "at": "2024-01-06T00:00:00Z"},
            "not one of notice",
        ),
        (
            "events",
            {"kind": "ack", "notice": "n1", "at": "2024-01-04T00:00:00Z"},
            "before the notice",
        ),
        (
            "events",
            {
                "kind": "ack",
                "notice": "n1",
                "at": "2024-01-07T00:00:00Z",
                "known_at": "2024-01-06T00:00:00Z",
            },
            "nothing is known before",
        ),
        (
            "aliases",
            {"new": "p1", "old": "p1", "known_at": "2024-01-06T00:00:00Z"},
            "the same as old",
        ),
        (
            "aliases",
            {"new": "p1", "old": "p2", "known_at": "2024-01-06T00:00:00Z", "kind": "friend"},
            "use one of",
        ),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_others_go_in(
    file: str, row: Any, why: str, store: Store, tmp_path: Path
) -> None:
    rows: dict[str, list[Any]] = {
        "notices": [NOTICE],
        "reports": [REPORT],
        "events": [],
        "aliases": [],
    }
    good = {"kind": "ack", "notice": "n1", "at": "2024-01-06T00:00:00Z"}
    rows["events"].append(good)
    rows[file].insert(0, row)
    counts, told = taken(store, write_history(tmp_path / "history", **rows))
    ((name, line, reason),) = told
    assert (name, line) == (f"{file}.jsonl", 1)
    assert why in reason
    assert [counts[kind].added for kind in ("notices", "reports", "events")] == [1, 1, 1]
    assert store.check().faults == ()


def test_rejected_rows_stand_in_a_file(tmp_path: Path) -> None:
    with Rejects(tmp_path / "rejects.jsonl"):
        pass
    assert not (tmp_path / "rejects.jsonl").exists()
    with Rejects(tmp_path / "rejects.jsonl") as reject:
        reject("events.jsonl", 7, "why", ["a"])
    assert json.loads((tmp_path / "rejects.jsonl").read_text()) == {
        "file": "events.jsonl",
        "line": 7,
        "reason": "why",
        "held": ["a"],
    }


def test_a_folder_that_is_no_history_is_told(store: Store, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(HistoryError):
            taken(store, folder)


def test_one_file_of_events_comes_in(store: Store, tmp_path: Path) -> None:
    taken(store, small_history(tmp_path / "history"))
    (tmp_path / "more.jsonl").write_text(
        json.dumps({"kind": "refused", "notice": "n0", "at": "2024-02-01T00:00:00Z"}) + "\n"
    )
    told: Told = []
    counts = import_rows(store, tmp_path / "more.jsonl", "events", importing(told))
    assert (counts["events"].added, told) == (1, [])


SCART_NOTICES = """\
filenumber;abusecontact;status;number of urls;grouping start;active (hours);threshold (hours);\
NTD sent
N1;Quay Servers;sent_succes;3;2024-01-05 09:00:00;24;24;2024-01-06 09:00:00
N2;Quay Servers;queued;1;2024-01-05 09:00:00;24;24;
N3;"Lantern; Hosting";sent_api_succes;2;2024-07-05 09:00:00;24;24;2024-07-06 09:00:00
N4;Quay Servers;sent_succes;none;2024-01-05 09:00:00;24;24;2024-01-06 09:00:00
"""
SCART_REPORTS = """\
filenumber;external reference;url;host;IP;type;received;hashcheck time;hashcheck value;\
first seen;first NTD;last seen;source;status;abuse email;country;hoster;registrar;classification
I1;;https://www.site.example/1;www.site.example;192.0.2.7;mainurl;2024-01-05 09:00:00;;;\
2024-01-05 10:00:00;2024-01-06 09:00:00;2024-01-20 09:00:00;web;scheduler_checkonline;\
abuse@quay.example;NL;Quay Servers;R;x
I2;;https://img.site.example/2;img.site.example;192.0.2.7;imageurl;2024-01-05 09:00:00;;;\
2024-01-05 10:00:00;2024-01-06 09:00:00;2024-01-06 08:00:00;web;close_offline;\
abuse@quay.example;NL;Quay Servers;R;x
I3;;https://www.other.example/1;www.other.example;192.0.2.7;mainurl;2024-01-05 09:00:00;;;\
2024-01-05 10:00:00;;2024-01-06 09:00:00;web;grade;abuse@quay.example;NL;Quay Servers;R;x
I4;;not a url;;;;;;;;;;web;grade;;;Quay Servers;R;x
"""


def test_scarts_exports_are_read_by_the_shipped_mappings(store: Store, tmp_path: Path) -> None:
    assert shipped_mappings() == ["scart-notices", "scart-reports"]
    (tmp_path / "ntd.csv").write_text("\ufeff" + SCART_NOTICES, "utf-8")
    (tmp_path / "reports.csv").write_text(SCART_REPORTS, "utf-8")
    told: Told = []

    def read(name: str, mapping: str) -> dict[str, Count]:
        command = importing(told, source="scart")
        return import_csv(store, tmp_path / name, load_mapping(mapping), command)

    counts = read("ntd.csv", "scart-notices")
    assert (counts["lines"].added, counts["lines"].left_out, counts["notices"].added) == (2, 1, 2)
    assert [(file, line) for file, line, _ in told] == [("ntd.csv", 5)]
    told.clear()
    counts = read("reports.csv", "scart-reports")
    assert (
        counts["notices"].added,
        counts["notices"].known,
        counts["reports"].added,
        counts["events"].added,
    ) == (
        1,
        1,
        3,
        1,
    )
    assert [(file, line) for file, line, _ in told] == [("reports.csv", 5)]
    with store.read() as connection:
        lines = {line.site: line for line in case_lines(connection)}
        assert lines["site.example"].urls == 2
        sent = next(
            one
            for one in case_view(connection, lines["site.example"].key, micros(NOON)).events
            if one["kind"] == "sent"
        )
        from attribution.store.times import iso

        assert iso(sent["at"]) == "2024-01-06T08:00:00Z"  # Amsterdam's winter time
        assert lines["other.example"].state == "gathering"
    before = state(store)
    read("ntd.csv", "scart-notices")
    read("reports.csv", "scart-reports")
    assert state(store) == before
    assert store.check().faults == ()


DEFANGED = """filenumber;url;host;hoster;abuse email;country;received;first seen;first NTD;last seen
D1;{};;Quay Servers;abuse@quay.example;NL;2024-01-05 09:00:00;2024-01-05 10:00:00;;
D2;{};;Quay Servers;abuse@quay.example;NL;2024-01-05 09:00:00;2024-01-05 10:00:00;;
"""


@pytest.mark.parametrize(
    ("first", "second", "urls"),
    [
        ("hxxps://www[.]site[.]example/page[.]html", "https://www.site.example/page.html", 1),
        ("hxxp[:]//www(dot)site(dot)example/page(dot)html", "http://www.site.example/page.html", 1),
        ("<https://www.site.example/page.html>", "- https://www.site.example/page.html.", 1),
        ("https://www.site.example/page[.]html", "https://www.site.example/page.html", 2),
    ],
)
def test_a_defanged_url_is_imported_as_the_plain_one(
    first: str, second: str, urls: int, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "reports.csv").write_text(DEFANGED.format(first, second), "utf-8")
    told: Told = []
    import_csv(
        store,
        tmp_path / "reports.csv",
        load_mapping("scart-reports"),
        importing(told, source="scart", keep_urls=True),
    )
    assert told == []
    with store.read() as connection:
        rows = connection.execute(select(reports)).mappings().all()
    assert [row["host"] for row in rows] == ["www.site.example"] * 2
    assert len({row["url_hash"] for row in rows}) == urls
    assert rows[1]["url_hash"] == store.keys.hash_of("www.site.example/page.html")
    assert len({store.keys.open(row["url_sealed"], row["seal"]) for row in rows}) == urls


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rows = 'cows'\n[columns]\n", "use notices or reports"),
        ("rows = 'notices'\n[columns]\nnotice = 'a'\n", "missing"),
        ("x = [", "is none"),
        ("rows='notices'\n[columns]\nnotice='a'\nprovider='b'\nsent_at='c'\ncolour='d'", "unknown"),
    ],
)
def test_a_mapping_that_is_none_is_told(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(text)
    with pytest.raises(HistoryError, match=words):
        load_mapping(str(tmp_path / "mapping.toml"))
    with pytest.raises(HistoryError, match="scart-notices"):
        load_mapping("nowhere.toml")


def test_a_csv_without_the_columns_is_told(store: Store, tmp_path: Path) -> None:
    (tmp_path / "ntd.csv").write_text("filenumber,abusecontact\n1,2\n")
    with pytest.raises(HistoryError, match="no column"):
        import_csv(store, tmp_path / "ntd.csv", load_mapping("scart-notices"), importing([]))


def test_xarf_reports_come_in_and_go_out(store: Store, tmp_path: Path) -> None:
    reported(store, "https://www.site.example/1", keep_url=True)
    reported(store, "https://www.site.example/2")
    assert exported(store, tmp_path / "out.jsonl", "xarf") == {"reports": 1, "without_url": 1}
    from xarf import parse

    (report,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert parse(report).errors == []
    whole = {**report, "url": "https://www.third.example/1"}
    bad = {**whole, "category": "messaging"}
    (tmp_path / "in.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in (whole, bad, {"x": 1})) + "nonsense\n"
    )
    told: Told = []
    for known in (0, 1):
        told.clear()
        counts = import_xarf(store, tmp_path / "in.jsonl", importing(told))
        assert (counts["reports"].added, counts["reports"].known) == (1 - known, known)
        assert [line for _, line, _ in told] == [2, 3, 4]
    with store.read() as connection:
        row = (
            connection.execute(select(reports).where(reports.c.key.startswith("xarf:")))
            .mappings()
            .one()
        )
    assert (row["host"], row["case_id"]) == ("www.third.example", None)
    assert store.check().faults == ()


def test_an_exported_history_imports_elsewhere_as_the_same(store: Store, tmp_path: Path) -> None:
    taken(store, small_history(tmp_path / "history"))
    assert exported(store, tmp_path / "out", "history") == {
        "notices": 3,
        "reports": 6,
        "events": 11,
        "aliases": 1,
    }
    with Store.open(f"sqlite:///{tmp_path / 'second.sqlite3'}") as second:
        _, told = taken(second, tmp_path / "out")
        assert told == []
        assert state(second)[1:] == state(store)[1:]
        exported(second, tmp_path / "again", "history")
    for name in ("notices", "reports", "events", "aliases"):
        first = [
            json.loads(line)
            for line in (tmp_path / "out" / f"{name}.jsonl").read_text().splitlines()
        ]
        then = [
            json.loads(line)
            for line in (tmp_path / "again" / f"{name}.jsonl").read_text().splitlines()
        ]
        for one in first + then:
            one.pop("site", None)  # under each store's own key
        assert sorted(map(str, first)) == sorted(map(str, then))


def test_no_site_host_or_url_goes_out_with_a_history_misp_or_stix(
    store: Store, tmp_path: Path
) -> None:
    reported(store, "https://www.site.example/1", keep_url=True)
    with store.write("ann") as writer:
        from attribution.casework.notices_sent import RecordNotice, record_notice

        key = writer.connection.execute(select(cases.c.key)).scalar_one()
        record_notice(writer, RecordNotice(case=key, to="abuse@hosting.example"))
    exported(store, tmp_path / "history", "history")
    exported(store, tmp_path / "misp.json", "misp")
    exported(store, tmp_path / "stix.json", "stix")
    text = "".join(
        path.read_text() for path in tmp_path.rglob("*.json*") if "keys" not in path.name
    )
    assert "Example Hosting B.V." in text
    for secret in ("site.example", "192.0.2", "abuse@hosting.example"):
        assert secret not in text


def test_misp_and_stix_are_what_their_libraries_read(store: Store, tmp_path: Path) -> None:
    import stix2
    from pymisp import MISPEvent

    taken(store, small_history(tmp_path / "history"))
    assert exported(store, tmp_path / "misp.json", "misp") == {"providers": 2}
    found = json.loads((tmp_path / "misp.json").read_text())["response"]
    event = MISPEvent()
    event.from_dict(**found[0]["Event"])
    assert event.info == "Notices to p0"
    assert int(event.distribution) == 0
    assert exported(store, tmp_path / "stix.json", "stix") == {"providers": 2}
    bundle = stix2.parse((tmp_path / "stix.json").read_text())
    assert {one["type"] for one in bundle.objects} == {"identity", "note"}
    exported(store, tmp_path / "again.json", "stix")
    assert (tmp_path / "stix.json").read_text() == (tmp_path / "again.json").read_text()


def test_parquet_holds_the_log(store: Store, tmp_path: Path) -> None:
    from pyarrow import parquet

    taken(store, small_history(tmp_path / "history"))
    count = exported(store, tmp_path / "log.parquet", "parquet")["events"]
    table = parquet.read_table(tmp_path / "log.parquet")
    assert table.num_rows == count == store.check().events
    assert table.column("hash")[-1].as_py() == store.check().head
    assert "n0" in table.column("case").to_pylist()


def test_csv_holds_every_case_and_no_cell_begins_a_formula(store: Store, tmp_path: Path) -> None:
    rows = [
        {**NOTICE, "notice": f"n{number}", "site": "=cmd()", "sent_at": "2024-01-05T00:00:00Z"}
        for number in range(1203)
    ]
    taken(store, write_history(tmp_path / "history", notices=rows))
    assert exported(store, tmp_path / "cases.csv", "csv") == {"cases": 1203}
    with (tmp_path / "cases.csv").open(newline="") as lines:
        found = list(csv.DictReader(lines))
    assert len({row["case"] for row in found}) == 1203
    assert {row["site"] for row in found} == {"'=cmd()"}
