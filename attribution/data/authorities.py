"""Authorities of a country that a hotline can turn to: what each may do, and since when; and what
of them and of the hotlines is kept as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from attribution.data import packaged_rows
from attribution.data.dated import DatedRow, date_or_none, in_force, provenance, today
from attribution.data.hotlines import all_hotlines, hotlines


class Power(StrEnum):
    """What an authority may do; the stronger first."""

    REMOVAL_ORDER = "removal_order"
    """It can order a host to remove content."""
    BINDING_INSTRUCTION = "binding_instruction"
    """It can instruct a provider to make content inaccessible (the Dutch ATKM)."""
    BLOCKING = "blocking"
    """It has access to content blocked."""
    SUPERVISION = "supervision"
    """It oversees how providers act on notices, and orders no removal itself."""
    POLICE = "police"
    """It investigates crimes."""
    DESIGNATED = "designated"
    """It is named for supervision, and not known to have its powers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRow(DatedRow):
    """An authority and one of its powers."""

    country: str
    name: str
    power: Power
    since: date | None
    """First day of the power; None where it is not known."""
    until: date | None
    """Last day; None where none is set."""
    url: str
    """The authority's own page."""


@dataclass(frozen=True, slots=True)
class Hotline:
    """A hotline, as evidence keeps it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority, as evidence keeps it."""

    name: str
    power: str
    """A value of `Power`; in older evidence `removal order` or `supervision`."""
    since: str
    """From when it has that power, as an ISO date; empty where that is not known."""
    url: str


@dataclass(frozen=True, slots=True)
class HotlinesAndAuthority:
    """Who takes a case in a country, as evidence keeps it."""

    hotlines: tuple[Hotline, ...] = ()
    authority: Authority | None = None
    """Of the authorities that can do more than be asked to investigate, the strongest."""
    compiled: str = ""
    """When the oldest of these rows was looked at, as an ISO date; of all, where there is none."""


def authorities(country: str | None, on: date) -> tuple[AuthorityRow, ...]:
    """Return a country's authorities that have their power on a day, the strongest first; none
    where the table has none.
    """
    code = (country or "").upper()
    rows = [
        row for row in _authorities() if row.country == code and in_force(row.since, row.until, on)
    ]
    return tuple(sorted(rows, key=lambda row: list(Power).index(row.power)))


def hotlines_and_authority(country: str, on: date | None = None) -> HotlinesAndAuthority:
    """Return who takes a case in a country (ISO 3166-1 alpha-2) on a day (today, where left out);
    nobody where the tables name nobody.
    """
    there = hotlines(country)
    rows = [row for row in authorities(country, on or today()) if row.power is not Power.POLICE]
    strongest = rows[0] if rows else None
    looked_at = [row.looked_at for row in (*there, *rows[:1])] or [
        row.looked_at for row in (*all_hotlines(), *_authorities())
    ]
    return HotlinesAndAuthority(
        tuple(Hotline(row.name, row.url) for row in there),
        Authority(
            strongest.name,
            strongest.power.value,
            strongest.since.isoformat() if strongest.since else "",
            strongest.url,
        )
        if strongest
        else None,
        min(looked_at).isoformat(),
    )


@cache
def _authorities() -> tuple[AuthorityRow, ...]:
    return tuple(
        AuthorityRow(
            country=row["country"],
            name=row["name"],
            power=Power(row["power"]),
            since=date_or_none(row["from"]),
            until=date_or_none(row["until"]),
            url=row["url"],
            **provenance(row),
        )
        for row in packaged_rows("authorities.csv")
    )
