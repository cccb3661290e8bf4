"""Networks that announce other companies' space to filter attacks:
announcing it, they have no machine there.
"""

from __future__ import annotations

from functools import cache

from attribution.data import packaged_rows


def is_scrubber(asn: int) -> bool:
    """Say whether an AS is listed as a DDoS-protection network."""
    return asn in _scrubbers()


@cache
def _scrubbers() -> frozenset[int]:
    return frozenset(int(row["asn"]) for row in packaged_rows("scrubbers.csv"))
