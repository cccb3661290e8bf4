"""What a person of the hotline, or its checker, states: read strictly, kept as evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from attribution.errors import InvalidTarget, InvalidVouching
from attribution.evidence import Record
from attribution.evidence.question import ServedFrom, VouchedFor
from attribution.evidence.statements import ServedStatement, Vouching, read_vouchings
from bundles import AT, address_of

TABLE = """# Whom we vouch for, and since when.
provider,by,why,date
ripe:ORG-EX1-RIPE,ann,"answers within a day, seen in 2025",2026-11-28
ARIN:exho,bob,trade register 123,2026-11-28T12:00:00+02:00
"""


def test_table_of_vouchings() -> None:
    first, second = read_vouchings(TABLE)
    at = datetime(2026, 11, 28, tzinfo=UTC)
    why = "answers within a day, seen in 2025"
    assert first == Vouching("ripe:ORG-EX1-RIPE", "ann", why, at)
    assert second.provider == "arin:EXHO"
    assert second.at == datetime(2026, 11, 28, 12, tzinfo=timezone(timedelta(hours=2)))


def test_empty_table_vouches_for_nobody() -> None:
    assert read_vouchings("provider,by,why,date\n") == []
    assert read_vouchings("") == []


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("ORG-EX1-RIPE,ann,known,2026-11-28", "provider", "org-ex1-ripe:"),
        ("ripe:,ann,known,2026-11-28", "provider", "ripe:"),
        ("ripe:ORG EX1,ann,known,2026-11-28", "provider", "ripe:ORG EX1"),
        (f"ripe:{'A' * 81},ann,known,2026-11-28", "provider", f"ripe:{'A' * 81}"),
        (",ann,known,2026-11-28", "provider", ":"),
        ("ripe:ORG-\u017fX1-RIPE,ann,known,2026-11-28", "provider", "ORG-\u017fX1"),
        ("r\u0131pe:ORG-EX1-RIPE,ann,known,2026-11-28", "provider", "ORG-EX1"),
        ("ripe:\uff2fRG-EX1-RIPE,ann,known,2026-11-28", "provider", "RG-EX1"),
        ("ripe:ORG-EX1-RIPE,,known,2026-11-28", "by", ""),
        ("ripe:ORG-EX1-RIPE,ann,  ,2026-11-28", "why", ""),
        ("ripe:ORG-EX1-RIPE,ann,known,yesterday", "date", "yesterday"),
        ("ripe:ORG-EX1-RIPE,ann,known,", "date", ""),
        ("ripe:ORG-EX1-RIPE,ann,known", "date", "None"),
    ],
)
def test_row_that_is_wrong_is_refused_with_line_column_and_value(
    row: str, column: str, value: str
) -> None:
    table = f"provider,by,why,date\nripe:ORG-OK1-RIPE,ann,known,2026-11-28\n{row}\n"
    with pytest.raises(InvalidVouching) as error:
        read_vouchings(table)
    text = str(error.value)
    assert "2" in text
    assert column in text
    assert value in text


def test_vouching_is_evidence_with_who_why_and_when() -> None:
    record = Vouching("ripe:ORG-EX1-RIPE", "ann", "acts on notices", AT).as_record()
    assert (record.kind, record.question) == ("vouched", VouchedFor("ripe:ORG-EX1-RIPE"))
    assert (record.server, record.fetched_at, record.outcome) == ("ann", AT, "answered")
    assert json.loads(record.body) == {
        "provider": "ripe:ORG-EX1-RIPE",
        "by": "ann",
        "why": "acts on notices",
        "at": AT.isoformat(),
    }
    assert Record.from_json(record.to_json()) == record


def test_served_statement_is_evidence() -> None:
    record = ServedStatement("192.000.002.007", "checker", AT).as_record()
    assert record.question == ServedFrom(address_of("192.0.2.7"))
    assert json.loads(record.body)["address"] == "192.0.2.7"
    assert Record.from_json(record.to_json()) == record


@pytest.mark.parametrize("address", ["", "www.site.example", "192.0.2", "192.0.2.256", "2001:db8"])
def test_served_statement_about_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidTarget, match="IP address"):
        ServedStatement(address, "checker", AT).as_record()
