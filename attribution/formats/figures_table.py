"""CSV of a hotline's figures, and of what reporters may be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attribution.formats.csv_table import csv_line
from attribution.formats.interface import Row

FIGURE_COLUMNS = (
    "key",
    "name",
    "reports",
    "notices",
    "urls",
    "removed",
    "moved",
    "removed_24h",
    "known_24h",
    "share_24h",
    "median_hours",
    "median_low",
    "median_high",
    "candidate_reports",
    "candidate_notices",
    "candidate_removed",
)
"""`attribution figures --format csv`; a row a month, country, company or role."""

FLAGGER_COLUMNS = (
    "company",
    "country",
    "role",
    "kind",
    "action",
    "several",
    "notices",
    "urls",
)
"""`attribution figures --report dsa22 --format csv`; a row a company, kind and action."""

FEEDBACK_COLUMNS = ("report", "origin", "reported_at", "state", "changed_at", "country", "text")
"""`attribution report feedback --format csv`; a row a report."""


def csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Yield a header and the rows as lines of CSV, without their ends; nothing is an empty cell."""
    yield csv_line(columns)
    for row in rows:
        yield csv_line(_cell(row[column]) for column in columns)


def _cell(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value
