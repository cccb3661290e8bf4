"""Lists as people keep them; a bad line is answered for and stops nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attribution.files.text_files import Encoding
from attribution_cli.inputs import InputFormat, Item, UnusableInput, deadline_seconds, read_items
from attribution_cli.parked import Parked


def items(
    tmp_path: Path, name: str, content: bytes, column: str | None = None
) -> list[tuple[int, str, bool]]:
    path = tmp_path / name
    path.write_bytes(content)
    return [
        (one.line, one.text, one.fault is None)
        for one in read_items(str(path), InputFormat.AUTO, column)
    ]


def test_text_with_comments_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf# mine\n\na.example\r\n  # more\n  b.example  \n"
    assert items(tmp_path, "list.txt", content) == [(3, "a.example", True), (5, "b.example", True)]


def test_line_that_is_no_utf8_is_answered_for(tmp_path: Path) -> None:
    found = items(tmp_path, "list.txt", b"a.example\n\xff.example\nc.example")
    # The byte is shown as it stands: U+FFFD would be another name.
    assert found == [(1, "a.example", True), (2, "\\xff.example", False), (3, "c.example", True)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["list.txt", "list.csv", "list.jsonl"])
def test_lists_in_every_encoding_of_unicode_are_read(
    tmp_path: Path, encoding: str, name: str
) -> None:
    if encoding in ("utf-16-le", "utf-16-be"):
        first = {"list.txt": "", "list.csv": "url\r\n", "list.jsonl": ""}[name]
    else:
        first = {"list.txt": "# mine\r\n", "list.csv": "url\r\n", "list.jsonl": "\r\n"}[name]
    hosts = ["www.m\u00fcller.example", "b.example"]
    lines = [f'{{"url": "{host}"}}' if name == "list.jsonl" else host for host in hosts]
    content = (first + "\r\n".join(lines)).encode(encoding)
    found = items(tmp_path, name, content)
    assert [(text, good) for _, text, good in found] == [(host, True) for host in hosts]


def test_a_list_in_a_windows_code_page_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("www.m\u00fcller.example\nb.example\n".encode("windows-1252"))
    first, second = read_items(str(path), InputFormat.AUTO, None)
    assert "--encoding" in (first.fault or "")
    assert second == Item(2, "b.example")
    named = read_items(str(path), InputFormat.AUTO, None, Encoding.WINDOWS_1252)
    assert [one.text for one in named] == ["www.m\u00fcller.example", "b.example"]


def test_csv_column_by_name_with_line_breaks_in_other_cells(tmp_path: Path) -> None:
    content = b'id,link\n1,a.example\n2,"b.example"\n"3\n",c.example\n4\n'
    expected = [
        (2, "a.example", True),
        (3, "b.example", True),
        (4, "c.example", True),
        (6, "", True),
    ]
    assert items(tmp_path, "list.csv", content, "link") == expected


def test_csv_without_the_column_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="it has id, link"):
        items(tmp_path, "list.csv", b"id,link\n1,a.example\n")


def test_json_lines_and_their_faults(tmp_path: Path) -> None:
    content = b'{"url": "a.example"}\n\n{"url": 7}\n[1]\nnonsense\n{"url": "b.example", "x": [1]}\n'
    found = items(tmp_path, "list.jsonl", content)
    assert [(line, good) for line, _, good in found] == [
        (1, True),
        (3, False),
        (4, False),
        (5, False),
        (6, True),
    ]


def test_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UnusableInput, match=r"nowhere\.txt"):
        list(read_items("nowhere.txt", InputFormat.AUTO, None))


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("8h", 28800), ("2d", 172800), ("0.5m", 30)]
)
def test_deadline_as_a_length(text: str, seconds: float) -> None:
    assert deadline_seconds(text) == seconds


def test_deadline_as_a_time_with_and_without_a_zone() -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    for text in (at.isoformat(), f"{at:%Y-%m-%dT%H:%M:%S}"):
        assert 3590 < deadline_seconds(text) <= 3600


def test_parked_lines_come_back_once_and_may_be_parked_again() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with Parked() as parked:
        for number in range(3):
            parked.put(
                Item(number, f"www{number}.example/\ud800\n"), at + timedelta(seconds=number)
            )
        assert (parked.count, parked.earliest) == (3, at.timestamp())
        taken = []
        for item in parked.taken():
            taken.append(item)
            if item.line == 1:
                parked.put(item, at)
        assert [(one.line, one.text) for one in taken] == [
            (n, f"www{n}.example/\ud800\n") for n in range(3)
        ]
        assert [one.line for one in parked.taken()] == [1]
        assert list(parked.taken()) == []
