"""Published ranges of proxies, clouds, sinkholes and parking pages: dated tables, the user's own
among them.
"""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from attribution.data import packaged_text
from attribution.files.whole_file import whole_file
from attribution.net.addresses import Address
from attribution.net.prefixes import PrefixTable

OWN = "fronts.csv"
"""The user's own table in the data folder; the name is older than the word reverse proxy."""
REFRESHED = "fronts-refreshed.csv"
"""What `attribution data refresh` wrote there."""
_KINDS = ("cdn", "cloud", "sinkhole", "parking")


@dataclass(frozen=True, slots=True)
class Listing:
    """One published list."""

    name: str
    kind: str
    """`cdn`, `cloud`, `sinkhole` or `parking`."""
    company: str
    source: str
    published: str


Lists = dict[str, tuple[Listing, list[str]]]
"""Prefixes by the name of their list."""


class ReverseProxyTable:
    """Finds the lists that an address is on. An address of a proxy may be a sinkhole too."""

    def __init__(self, lists: Lists) -> None:
        rows = [(prefix, listing) for listing, prefixes in lists.values() for prefix in prefixes]
        self._tables = {
            version: [
                PrefixTable.of((row for row in rows if row[1].kind == kind), version)
                for kind in _KINDS
            ]
            for version in (4, 6)
        }

    def find(self, address: Address) -> list[tuple[str, Listing]]:
        """Return (prefix, listing) of the longest listed block of each kind around an address."""
        return [match for table in self._tables[address.version] if (match := table.find(address))]


@cache
def reverse_proxy_table(folder: Path) -> ReverseProxyTable:
    """Return the table, read once a process and folder."""
    return ReverseProxyTable(reverse_proxy_lists(folder))


def reverse_proxy_lists(folder: Path) -> Lists:
    """Return every list: those packaged, replaced by refreshed ones of the same name, and the
    user's own.
    """
    lists = _read(packaged_text("reverse_proxies.csv"))
    for name in (REFRESHED, OWN):
        path = folder / name
        if path.is_file():
            lists |= _read(path.read_text("utf-8"))
    return lists


def write_refreshed(folder: Path, lists: Lists) -> Path:
    """Write refreshed lists beside those that were refreshed before; whole or not at all."""
    path = folder / REFRESHED
    kept = _read(path.read_text("utf-8")) if path.is_file() else {}
    lines = ["# Lists that `attribution data refresh` fetched from their publishers."]
    for name, (listing, prefixes) in sorted((kept | lists).items()):
        lines.append(
            f"list,{name},{listing.kind},{listing.company},{listing.source},{listing.published}"
        )
        lines += [f"{prefix},{name}" for prefix in prefixes]
    with whole_file(path, replace=True) as out:
        out.write("\n".join(lines) + "\n")
    return path


def fewest(prefixes: Iterable[str]) -> list[str]:
    """Return the fewest blocks that cover the same addresses, IPv4 first."""
    networks = [ipaddress.ip_network(prefix, strict=False) for prefix in prefixes]
    four = ipaddress.collapse_addresses(block for block in networks if block.version == 4)
    six = ipaddress.collapse_addresses(block for block in networks if block.version == 6)
    return [str(block) for block in (*four, *six)]


def _read(text: str) -> Lists:
    """Read a table: rows `list,name,kind,company,source,published` first, then `prefix,name`."""
    lists: Lists = {}
    for row in csv.reader(line for line in text.splitlines() if line and not line.startswith("#")):
        if row[0] == "list":
            _, name, kind, company, source, published = row
            lists[name] = Listing(name, kind, company, source, published), []
        else:
            lists[row[1]][1].append(row[0])
    return lists
