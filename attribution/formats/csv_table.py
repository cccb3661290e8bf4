"""CSV: answers of look-ups, and cases. No cell begins a formula or holds a line break."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, Any

from attribution.files.shown_text import csv_cell
from attribution.formats.interface import ExportFormat, Hotline, Row, RowKind

if TYPE_CHECKING:
    from attribution.models import AbuseContact, Attribution, Party

CASE_COLUMNS = ("case", "provider", "site", "opened_at", "state", "urls", "online")


class CaseTable(ExportFormat):
    """One row a case."""

    name = "csv"
    kinds = (RowKind.CASES,)

    def write(self, rows: Iterable[Row], out: IO[bytes], hotline: Hotline) -> int:
        """Write a header and the cases."""
        out.write(csv_line(CASE_COLUMNS).encode() + b"\n")
        count = 0
        for row in rows:
            out.write(csv_line(row[name] for name in CASE_COLUMNS).encode() + b"\n")
            count += 1
        return count


def csv_line(cells: Iterable[Any]) -> str:
    """Return cells as one line, without its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(map(csv_cell, cells))
    return text.getvalue()


def _of_primary(value: Callable[[Party], Any]) -> Callable[[Attribution], Any]:
    return lambda answer: value(answer.primary) if answer.primary else None


def _of_contact(value: Callable[[AbuseContact], Any]) -> Callable[[Attribution], Any]:
    return _of_primary(lambda party: value(party.abuse_contact))


def _others(answer: Attribution) -> str:
    parties = [party for party in answer.parties if party.addressee and party != answer.primary]
    return "; ".join(f"{party.provider.name} <{_address(party)}>" for party in parties)


def _address(party: Party) -> str:
    contact = party.abuse_contact
    return contact.email or contact.form or contact.status


def _retry_at(answer: Attribution) -> str | None:
    times = [failure.retry_at for failure in answer.failures if failure.retry_at]
    return min(times).isoformat() if times else None


_ANSWER_CELLS: dict[str, Callable[[Attribution], Any]] = {
    "input": lambda answer: answer.input,
    "host": lambda answer: answer.host,
    "status": lambda answer: answer.status,
    "role": _of_primary(lambda party: party.role),
    "company": _of_primary(lambda party: party.provider.name),
    "company_id": _of_primary(lambda party: party.provider.id),
    "company_country": _of_primary(lambda party: party.provider.country),
    "contact_status": _of_contact(lambda contact: contact.status),
    "abuse_email": _of_contact(lambda contact: contact.email),
    "abuse_form": _of_contact(lambda contact: contact.form),
    "scope": _of_contact(lambda contact: contact.scope),
    "source": _of_contact(lambda contact: contact.source),
    "fallback_emails": _of_contact(
        lambda contact: " ".join(fallback.email for fallback in contact.fallback)
    ),
    "then_write_to": _others,
    "addresses": lambda answer: " ".join(address.ip for address in answer.addresses),
    "fronted": lambda answer: "yes" if answer.fronted else "no",
    "doubts": lambda answer: " ".join(doubt.code for doubt in answer.doubts),
    "retry_at": _retry_at,
    "observed_at": lambda answer: answer.observed_at.isoformat(),
}
ANSWER_COLUMNS = ("line", *_ANSWER_CELLS)
"""Columns of an answer, wherever it goes out as CSV; `line` is its number in the list."""


def answer_line(line: int, answer: Attribution) -> str:
    """Return an answer as one line of CSV with the cells of `ANSWER_COLUMNS`, without its end."""
    return csv_line([line, *(value(answer) for value in _ANSWER_CELLS.values())])


EXPORT = CaseTable()
