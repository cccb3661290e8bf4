"""The European Union's member states, and whether a row of a table holds in a country."""

from __future__ import annotations

EU = "EU"
"""In a table: every member state."""
EVERY_COUNTRY = "*"
"""In a table: every country."""
_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU_MEMBERS = frozenset(_MEMBERS.split())
"""ISO 3166-1 alpha-2. Iceland, Liechtenstein and Norway, which are of the European Economic Area
only, are not among them: law of the Union holds there only once it is taken into the agreement.
"""


def holds_in(row_country: str, country: str | None) -> bool:
    """Say whether a row for a country, for `EU` or for `*` holds in a country."""
    code = (country or "").upper()
    if row_country == EU:
        return code in EU_MEMBERS
    return row_country in (code, EVERY_COUNTRY) and row_country != ""
