"""What makes the material illegal in a country, and what an addressee there owes, by its role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from attribution.data import packaged_rows
from attribution.data.countries import holds_in
from attribution.data.dated import DatedRow, date_or_none, in_force, provenance, today


class DutyRole(StrEnum):
    """What an addressee does for the content, as laws tell providers apart."""

    HOSTING = "hosting"
    """It stores what its customers publish."""
    PLATFORM = "platform"
    """It stores and publishes what its users upload: a hosting provider too."""
    CDN = "cdn"
    """It keeps copies on the way to the reader: caching."""
    NETWORK = "network"
    """It carries the traffic, or gives access: mere conduit."""
    REGISTRAR = "registrar"
    """It registered the name, or answers for it in DNS."""


class Upon(StrEnum):
    """What a duty arises from."""

    NOTICE = "notice"
    """Anybody's notice."""
    KNOWLEDGE = "knowledge"
    """Actual knowledge, by a notice or otherwise."""
    ORDER = "order"
    """The order, instruction or request of an authority."""
    ALWAYS = "always"
    """Nothing that happens: it is owed at all times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision(DatedRow):
    """The penal article that makes the material illegal in a country."""

    country: str
    law: str
    article: str
    since: date | None
    """First day; None where it is not known."""
    until: date | None
    """Last day; None where none is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(DatedRow):
    """What a law asks of an addressee in one of its roles."""

    code: str
    """Names the sentence for translations; it never changes."""
    country: str
    """ISO 3166-1 alpha-2, or `EU` for every member state."""
    roles: frozenset[DutyRole]
    upon: Upon
    law: str
    article: str | None
    duty: str
    """One English sentence, an imperative, for a notice."""
    hours: int | None
    """Within which time, from what it arises from; None where the law gives none."""
    since: date | None
    """First day; None where it is not known."""
    until: date | None
    """Last day; None where none is set."""


@dataclass(frozen=True, slots=True)
class Law:
    """A law and the articles that a notice rests on."""

    law: str
    article: str | None
    """Several as `6(1)(b), 16(3)`; None where the whole is meant."""
    since: str | None
    """From when it applies, as an ISO date; None where that is not known."""


_ROLE_OF_PARTY = {
    "platform": DutyRole.PLATFORM,
    "cdn": DutyRole.CDN,
    "hosting": DutyRole.HOSTING,
    "reseller": DutyRole.HOSTING,
    "allocation_holder": DutyRole.NETWORK,
    "network": DutyRole.NETWORK,
    "registrar": DutyRole.REGISTRAR,
    "dns_operator": DutyRole.REGISTRAR,
}


def duty_role(party_role: str) -> DutyRole | None:
    """Return the role that laws give a party of an answer; None for one that they do not name."""
    return _ROLE_OF_PARTY.get(party_role)


def provisions(country: str | None, on: date) -> tuple[Provision, ...]:
    """Return the penal articles in force in a country (ISO 3166-1 alpha-2) on a day.

    None means that no law is known here, never that another country's holds.
    """
    return tuple(
        row
        for row in _provisions()
        if holds_in(row.country, country) and in_force(row.since, row.until, on)
    )


def duties(country: str | None, role: DutyRole | None, on: date) -> tuple[Duty, ...]:
    """Return what an addressee in a country owes in a role on a day.

    None means that no law is known here, never that another country's holds.
    """
    return tuple(
        row
        for row in _duties()
        if holds_in(row.country, country)
        and role in row.roles
        and in_force(row.since, row.until, on)
    )


def laws_of(
    country: str | None, party_role: str = "hosting", on: date | None = None
) -> tuple[Law, ...]:
    """Return what a notice to a party in a country rests on: penal articles, then what its receipt
    or the knowledge by it brings about. `on` is the day of the notice: today, where left out.

    Rows that are not verified are left out: a notice says nothing that nobody read.
    """
    day = on or today()
    rows: list[Provision | Duty] = [*provisions(country, day)]
    rows += (
        row
        for row in duties(country, duty_role(party_role), day)
        if row.upon in (Upon.NOTICE, Upon.KNOWLEDGE)
    )
    articles: dict[tuple[str, date | None], list[str]] = {}
    for row in rows:
        if row.verified:
            articles.setdefault((row.law, row.since), []).append(row.article or "")
    return tuple(
        Law(law, ", ".join(filter(None, named)) or None, since.isoformat() if since else None)
        for (law, since), named in articles.items()
    )


@cache
def _provisions() -> tuple[Provision, ...]:
    return tuple(
        Provision(
            country=row["country"],
            law=row["law"],
            article=row["article"],
            since=date_or_none(row["from"]),
            until=date_or_none(row["until"]),
            **provenance(row),
        )
        for row in packaged_rows("provisions.csv")
    )


@cache
def _duties() -> tuple[Duty, ...]:
    return tuple(
        Duty(
            code=row["code"],
            country=row["country"],
            roles=frozenset(DutyRole(role) for role in row["roles"].split()),
            upon=Upon(row["upon"]),
            law=row["law"],
            article=row["article"] or None,
            duty=row["duty"],
            hours=int(row["hours"]) if row["hours"] else None,
            since=date_or_none(row["from"]),
            until=date_or_none(row["until"]),
            **provenance(row),
        )
        for row in packaged_rows("duties.csv")
    )
