"""Fail where a table of law has rows that nobody looked at for a year, or a fault.

Run `make tables`, or `python scripts/check_tables.py`. Look each row up at its source, then set its
`looked_at` to that day, and `verified` to `yes` where the text says what the row does.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from attribution.data.law_tables import law_rows, stale_rows, table_states


def main() -> int:
    """Print how each table stands and what is to be looked at again; 1 where anything is."""
    day = datetime.now(UTC).date()
    for state in table_states(day):
        sys.stdout.write(
            f"{state.table}: {state.rows} rows, {state.unverified} unverified, "
            f"{state.stale} stale, oldest {state.oldest}\n"
        )
    faults = [
        f"{row.table}: {row.country} {row.name}: last looked at {row.looked_at}, {row.source}"
        for row in stale_rows(day)
    ]
    faults += [
        f"{row.table}: {row.country} {row.name}: looked_at {row.looked_at} is in the future"
        for row in law_rows()
        if row.looked_at > day
    ]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
