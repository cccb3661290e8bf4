"""Which laws a notice rests on, by the country of whom it goes to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from attribution.data import packaged_rows

EU_MEMBERS = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


@dataclass(frozen=True, slots=True)
class Law:
    """A law and the article that a notice rests on."""

    law: str
    article: str | None
    since: str
    """From when it applies, as an ISO date."""


def laws_of(country: str | None) -> tuple[Law, ...]:
    """Return the laws for a provider in a country (ISO 3166-1 alpha-2); none where the table has
    none.
    """
    code = (country or "").upper()
    return tuple(
        law for where, law in _laws() if where == code or (where == "EU" and code in EU_MEMBERS)
    )


@cache
def _laws() -> tuple[tuple[str, Law], ...]:
    rows = packaged_rows("laws.csv")
    return tuple(
        (row["country"], Law(row["law"], row["article"] or None, row["since"])) for row in rows
    )
