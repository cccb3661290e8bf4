"""Platforms whose customers' pages lie under a suffix of their own:
the packaged table, and the user's own rows.

A private suffix or alias that is in neither names nobody: the site's owner writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from attribution.data import packaged_rows, table_rows

OWN = "platforms.csv"


@dataclass(frozen=True, slots=True)
class Platform:
    """A company that can take down pages under a suffix."""

    suffix: str
    company: str
    provider: str | None
    """The company's id as a registry gives it,
    `handle space:HANDLE`; None where it is not known.
    """
    contact: str | None
    """Mailbox or web form for abuse notices; None where none was looked at."""
    source: str


def platforms(folder: Path) -> dict[str, Platform]:
    """Return the platforms by suffix: those packaged,
    and those of the user's own `platforms.csv` in a folder.

    The user's own table has the columns suffix and company, and may have provider and contact.
    """
    table = {
        row["suffix"]: _platform(row, f"table of platforms of {row['looked_at']}")
        for row in packaged_rows(OWN)
    }
    own = folder / OWN
    if own.is_file():
        for row in table_rows(own.read_text("utf-8")):
            platform = _platform(row, f"the user's own {OWN}")
            table[platform.suffix] = platform
    return table


def platform_of(name: str, table: dict[str, Platform]) -> Platform | None:
    """Return the platform whose suffix a name lies below, the longest suffix first."""
    labels = name.split(".")
    suffixes = (".".join(labels[start:]) for start in range(1, len(labels)))
    return next((table[suffix] for suffix in suffixes if suffix in table), None)


def _platform(row: dict[str, str], source: str) -> Platform:
    return Platform(
        row["suffix"].lower(),
        row["company"],
        row.get("provider") or None,
        row.get("contact") or None,
        source,
    )
