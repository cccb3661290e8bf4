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


@cache
def limits_of(service: str, registry: str | None) -> Limits:
    """Return the limits of a registry's service: `rdap`, `whois` or `page`."""
    rows = {
        row["registry"]: row for row in packaged_rows("budgets.csv") if row["service"] == service
    }
    row = rows.get(registry or "*") or rows["*"]
    return Limits(
        rate=float(row["rate"]),
        burst=int(row["burst"]),
        concurrent=int(row["concurrent"]),
        personal=int(row["personal"]),
    )
