"""Published ranges of proxies, clouds, sinkholes and parking pages: a dated table, and the user's own beside it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from attribution.addresses import Address
from attribution.prefixes import PrefixTable


@dataclass(frozen=True, slots=True)
class Listing:
    """One published list."""

    kind: str
    """`cdn`, `cloud`, `sinkhole` or `parking`."""
    company: str
    source: str
    published: str


class FrontTable:
    """Finds the lists that an address is on. An address of a proxy may be a sinkhole too."""

    def __init__(self, folder: Path) -> None:
        packaged = resources.files("attribution.data").joinpath("fronts.csv").read_text("utf-8")
        own = folder / "fronts.csv"
        rows = [*_rows(packaged), *(_rows(own.read_text("utf-8")) if own.is_file() else ())]
        self._tables = {
            version: [
                PrefixTable.of((row for row in rows if row[1].kind == kind), version)
                for kind in ("cdn", "cloud", "sinkhole", "parking")
            ]
            for version in (4, 6)
        }

    def find(self, address: Address) -> list[tuple[str, Listing]]:
        """Return (prefix, listing) of the longest listed block of each kind around an address."""
        return [found for table in self._tables[address.version] if (found := table.find(address))]


@cache
def front_table(folder: Path) -> FrontTable:
    """Return the table, read once a process and folder."""
    return FrontTable(folder)


def own_platforms(folder: Path) -> dict[str, str]:
    """Return the user's own platform suffixes: company by suffix, from `platforms.csv` (suffix,company)."""
    own = folder / "platforms.csv"
    if not own.is_file():
        return {}
    table = csv.DictReader(line for line in own.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {row["suffix"].lower(): row["company"] for row in table}


def _rows(text: str) -> list[tuple[str, Listing]]:
    """Read a table: rows `list,kind,company,source,published` first, then `prefix,list`."""
    lists: dict[str, Listing] = {}
    found: list[tuple[str, Listing]] = []
    for row in csv.reader(line for line in text.splitlines() if line and not line.startswith("#")):
        if row[0] == "list":
            _, name, kind, company, source, published = row
            lists[name] = Listing(kind, company, source, published)
        else:
            found.append((row[0], lists[row[1]]))
    return found
