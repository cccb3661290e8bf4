"""Registries are filled in by the people one is looking for: their text is made safe to show."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.formats.csv_table import csv_line
from attribution_cli.safe_text import cell, escaped_json, shown

HOSTILE = "\x1b[31m\x07\r\n\x9b\u202e\u2066\u200f\u061c"


def test_controls_and_direction_marks_become_visible() -> None:
    assert shown(f"a{HOSTILE}b").replace("\ufffd", "") == "a[31mb"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\u202e=1", "\uff1d1"]
)
def test_no_cell_begins_a_formula(text: str) -> None:
    assert cell(text)[0] in "'\ufffd"


@given(st.text())
def test_row_is_one_line_and_reads_back(text: str) -> None:
    row = csv_line([text, "end"])
    assert "\n" not in row
    assert "\r" not in row
    assert next(csv.reader([row])) == [cell(text), "end"]


@given(st.text())
def test_escaped_json_is_the_same_json(text: str) -> None:
    written = escaped_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert shown(written) == written
