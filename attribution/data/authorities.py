"""Who takes a case in a country: its hotlines, and the authority when every company stays
silent.
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
    """Both, of one country."""

    hotlines: tuple[Hotline, ...] = ()
    authority: Authority | None = None
    compiled: str = ""
    """The date on which the tables were compiled."""


def hotlines_and_authority(country: str) -> HotlinesAndAuthority:
    """Return who takes a case in a country (ISO 3166-1 alpha-2); an empty desk where the tables
    name nobody.
    """
    return _desks().get(country.upper(), HotlinesAndAuthority(compiled=_compiled()))


@cache
def _desks() -> dict[str, HotlinesAndAuthority]:
    hotlines: dict[str, list[Hotline]] = {}
    for row in packaged_rows("hotlines.csv"):
        hotlines.setdefault(row["country"], []).append(Hotline(row["name"], row["url"]))
    authorities = {
        row["country"]: Authority(row["name"], row["power"], row["since"], row["url"])
        for row in packaged_rows("authorities.csv")
    }
    return {
        country: HotlinesAndAuthority(
            tuple(hotlines.get(country, ())), authorities.get(country), _compiled()
        )
        for country in sorted(hotlines.keys() | authorities.keys())
    }


@cache
def _compiled() -> str:
    """Return the older of the two tables' dates."""
    tables = (packaged_text(name) for name in ("hotlines.csv", "authorities.csv"))
    dates = [match[1] for text in tables if (match := re.search(r"CC0-1\.0, (\S+?)\.?\s", text))]
    return min(dates, default="unknown")
