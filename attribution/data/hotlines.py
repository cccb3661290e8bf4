"""Hotlines by country: who takes reports of content hosted there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from attribution.data import packaged_rows
from attribution.data.dated import DatedRow, provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlineRow(DatedRow):
    """A hotline that takes reports of content hosted in its country."""

    country: str
    name: str
    url: str


def hotlines(country: str | None) -> tuple[HotlineRow, ...]:
    """Return the hotlines of a country (ISO 3166-1 alpha-2); none where the table has none."""
    code = (country or "").upper()
    return tuple(row for row in all_hotlines() if row.country == code)


@cache
def all_hotlines() -> tuple[HotlineRow, ...]:
    """Return the table's hotlines, by country."""
    return tuple(
        HotlineRow(country=row["country"], name=row["name"], url=row["url"], **provenance(row))
        for row in packaged_rows("hotlines.csv")
    )
