"""Which laws a notice rests on, by the country of whom it goes to."""

from __future__ import annotations

from dataclasses import dataclass

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
        Law(row["law"], row["article"] or None, row["since"])
        for row in packaged_rows("laws.csv")
        if row["country"] == code or (row["country"] == "EU" and code in EU_MEMBERS)
    )
