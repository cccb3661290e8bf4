"""Text files as people save them: nothing is repaired, nothing ends the reading of the rest."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.files.text_files import (
    MOST_LINE,
    CsvRecord,
    Encoding,
    csv_records,
    decoded,
    text_lines,
)


def lines(data: bytes, encoding: Encoding = Encoding.AUTO) -> list[tuple[int, str, bool]]:
    return [
        (line.number, line.text, line.fault is None)
        for line in text_lines(io.BytesIO(data), encoding)
    ]


def records(data: bytes, delimiter: str = ",") -> list[CsvRecord]:
    return list(csv_records(text_lines(io.BytesIO(data)), delimiter))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_is_read_with_and_without_a_mark(encoding: str) -> None:
    text = "name;provider\r\n1;M\u00fcller \u4e2d\n2;\u0416"
    expected = [
        (1, "name;provider\r\n", True),
        (2, "1;M\u00fcller \u4e2d\n", True),
        (3, "2;\u0416", True),
    ]
    assert lines(text.encode(encoding)) == expected
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_end_as_each_system_ends_them(encoding: str) -> None:
    for end in ("\n", "\r\n", "\r\r\n", "\r"):
        data = end.join(["a,b", '"1",2', "3,4", ""]).encode(encoding)
        assert [(one.line, one.cells) for one in records(data)] == [
            (1, ["a", "b"]),
            (2, ["1", "2"]),
            (3, ["3", "4"]),
        ], end


def test_a_long_file_of_utf16_is_cut_between_no_characters() -> None:
    text = "".join(f"{number};\U0001f600\u0a0a\u0d0d\n" for number in range(30_000))
    assert "".join(line for _, line, _ in lines(text.encode("utf-16"))) == text


def test_a_code_page_is_never_guessed() -> None:
    data = "1;M\u00fcller\n2;Smith\n".encode("windows-1252")
    assert lines(data) == [(1, "1;M\\xfcller\n", False), (2, "2;Smith\n", True)]
    fault = next(text_lines(io.BytesIO(data))).fault
    assert fault
    assert "byte 0xfc at place 4" in fault
    assert "--encoding windows-1252" in fault
    assert lines(data, Encoding.WINDOWS_1252)[0] == (1, "1;M\u00fcller\n", True)
    assert lines(b"a\x81\nb", Encoding.WINDOWS_1252) == [(1, "a\\x81\n", False), (2, "b", True)]


def test_half_characters_of_utf16_cost_their_line() -> None:
    data = "url\na".encode("utf-16") + b"\x00\xd8" + "\nb\n".encode("utf-16-le") + b"\x00"
    assert [good for _, _, good in lines(data)] == [True, False, True, False]
    assert all("\ufffd" not in text for _, text, _ in lines(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_endless_line_costs_itself_alone(encoding: str) -> None:
    data = ("first\n" + "x" * (2 * MOST_LINE + 7) + "\nlast\n").encode(encoding)
    assert [(line, good) for line, _, good in lines(data)] == [(1, True), (2, False), (3, True)]


def test_a_quotation_mark_that_does_not_close_costs_its_line_alone() -> None:
    found = records(b'a,b\n"x,1\ny,2\nz,"3"\n"q ""q"" q",4\n"two\nlines",5\n"open\n')
    assert [(one.line, one.cells, one.fault is None) for one in found] == [
        (1, ["a", "b"], True),
        (2, ['"x,1'], False),
        (3, ["y", "2"], True),
        (4, ["z", "3"], True),
        (5, ['q "q" q', "4"], True),
        (6, ["two\nlines", "5"], True),
        (8, ['"open'], False),
    ]


def test_a_field_of_200_000_characters_and_a_nul_are_text() -> None:
    found = records(b"a," + b"x" * 200_000 + b"\nb\x00,c\n")
    assert [len(one.cells[1]) for one in found] == [200_000, 1]
    assert found[1].cells[0] == "b\x00"


@given(st.binary(max_size=400))
def test_no_bytes_end_the_reading(data: bytes) -> None:
    for encoding in Encoding:
        found = lines(data, encoding)
        assert [number for number, _, _ in found] == list(range(1, len(found) + 1))
        for _, text, good in found:
            assert good is False or not any("\ud800" <= one <= "\udfff" for one in text)
    records(data)
    records(data, ";")


def test_the_work_grows_as_the_file_does() -> None:
    for line in (b'"a\n', b'x"a,"b\n', b'"\n', b'a,"b",c\n', b'"a"b\n'):
        took = []
        for count in (20_000, 80_000):
            began = time.process_time()
            for _ in csv_records(text_lines(io.BytesIO(line * count))):
                pass
            took.append(time.process_time() - began)
        assert took[1] < 12 * took[0] + 0.5, line
