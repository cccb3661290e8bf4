"""How much each registry is asked at most, from a dated table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from attribution.data import packaged_rows


@dataclass(frozen=True, slots=True)
class Limits:
    """What a registry is asked at most."""

    rate: float
    """Questions a second, over time."""
    burst: int
    """Questions at once after a pause."""
    concurrent: int
    """Questions in the air."""
    personal: int = 0
    """Data sets of people in a day (UTC); 0 for no limit."""


def limits_of(service: str, registry: str | None) -> Limits:
    """Return the limits of a registry's service: `rdap`, `whois` or `page`."""
    table = _table()
    return table.get((service, registry or "*")) or table[service, "*"]


@cache
def _table() -> dict[tuple[str, str], Limits]:
    rows = packaged_rows("budgets.csv")
    return {
        (row["service"], row["registry"]): Limits(
            float(row["rate"]), int(row["burst"]), int(row["concurrent"]), int(row["personal"])
        )
        for row in rows
    }
