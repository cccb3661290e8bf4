"""Whom a case in a country can go to: its hotlines, and where it has none, every other way out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from attribution.data import packaged_rows
from attribution.data.authorities import Power, authorities
from attribution.data.countries import EVERY_COUNTRY
from attribution.data.dated import DatedRow, provenance, today
from attribution.data.hotlines import hotlines


class WayKind(StrEnum):
    """Whom a case can go to."""

    HOTLINE = "hotline"
    """A hotline of the country."""
    AUTHORITY = "authority"
    """An authority of the country."""
    POLICE = "police"
    """Its police, where need be through Interpol's national central bureaus."""
    HOTLINE_ABROAD = "hotline_abroad"
    """A hotline elsewhere that knows a way into the country."""
    NETWORK_ABOVE = "network_above"
    """The network above the provider, in a country that has somebody to turn to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut(DatedRow):
    """Whom a case in a country can go to."""

    kind: WayKind
    name: str
    url: str | None
    """Its page; None where there is none."""


def way_out(country: str | None, on: date | None = None) -> tuple[WayOut, ...]:
    """Return whom a case in a country can go to, the nearest first; never empty.

    Its hotlines, its authorities on a day (today, where left out), its own rows of ways_out.csv,
    and what holds for every country. Providers and recipients are not among them.
    """
    code = (country or "").upper()
    ways = [_way(WayKind.HOTLINE, row, row.name, row.url) for row in hotlines(code)]
    ways += (
        _way(
            WayKind.POLICE if row.power is Power.POLICE else WayKind.AUTHORITY,
            row,
            row.name,
            row.url,
        )
        for row in authorities(code, on or today())
    )
    ways += (way for country_, way in _ways() if country_ == code)
    ways += (way for country_, way in _ways() if country_ == EVERY_COUNTRY)
    by_name: dict[str, WayOut] = {}
    for way in ways:
        by_name.setdefault(way.name, way)
    return tuple(by_name.values())


def _way(kind: WayKind, row: DatedRow, name: str, url: str | None) -> WayOut:
    return WayOut(
        kind=kind,
        name=name,
        url=url,
        source=row.source,
        looked_at=row.looked_at,
        verified=row.verified,
        note=row.note,
    )


@cache
def _ways() -> tuple[tuple[str, WayOut], ...]:
    """Return (country, way) of ways_out.csv."""
    return tuple(
        (
            row["country"],
            WayOut(
                kind=WayKind(row["kind"]),
                name=row["name"],
                url=row["url"] or None,
                **provenance(row),
            ),
        )
        for row in packaged_rows("ways_out.csv")
    )
