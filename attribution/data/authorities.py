"""Hotlines and authorities by country: who takes a case there, and who may act when every
company stays silent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from attribution.data import packaged_rows, packaged_text


@dataclass(frozen=True, slots=True)
class Hotline:
    """A hotline that takes reports of content hosted in its country."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that a hotline can turn to."""

    name: str
    power: str
    """`removal order` or `supervision`."""
    since: str
    """From when it has that power, as an ISO date."""
    url: str


@dataclass(frozen=True, slots=True)
class HotlinesAndAuthority:
    """Who takes a case in a country."""

    hotlines: tuple[Hotline, ...] = ()
    authority: Authority | None = None
    compiled: str = ""
    """The date on which the tables were compiled."""


@cache
def hotlines_and_authority(country: str) -> HotlinesAndAuthority:
    """Return who takes a case in a country (ISO 3166-1 alpha-2); nobody where the tables name
    nobody.
    """
    code = country.upper()
    hotlines = (row for row in packaged_rows("hotlines.csv") if row["country"] == code)
    authorities = (row for row in packaged_rows("authorities.csv") if row["country"] == code)
    authority = next(authorities, None)
    return HotlinesAndAuthority(
        tuple(Hotline(row["name"], row["url"]) for row in hotlines),
        Authority(authority["name"], authority["power"], authority["since"], authority["url"])
        if authority
        else None,
        _compiled(),
    )


@cache
def _compiled() -> str:
    """Return the older of the two tables' dates."""
    tables = (packaged_text(name) for name in ("hotlines.csv", "authorities.csv"))
    dates = [match[1] for text in tables if (match := re.search(r"CC0-1\.0, (\S+?)\.?\s", text))]
    return min(dates, default="unknown")
