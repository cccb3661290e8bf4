"""IP addresses as reports and registries write them: special ranges, embedded IPv4, padded octets."""

from __future__ import annotations

import csv
import ipaddress
from functools import cache
from importlib import resources

from attribution.prefixes import Address, PrefixTable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

__all__ = [
    "Address", "Network", "cidrs", "embedded_ipv4", "read_address", "responsible_address", "special_purpose",
]  # fmt: skip

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052, the well-known prefix


@cache
def _special_networks() -> dict[int, PrefixTable[tuple[str, str]]]:
    table = resources.files("attribution.data").joinpath("special_addresses.csv").read_text("utf-8")
    rows = [
        (row["prefix"], (f"{row['name']} ({row['document']})", row["kind"]))
        for row in csv.DictReader(line for line in table.splitlines() if not line.startswith("#"))
    ]
    return {version: PrefixTable.of(rows, version) for version in (4, 6)}


def special_purpose(address: Address, *, documentation_is_special: bool = True) -> str | None:
    """Say which IANA special-purpose range the address lies in, or None for an ordinary address.

    With `documentation_is_special=False` the documentation ranges (RFC 5737, 3849, 9637) count as ordinary.
    """
    found = _special_networks()[address.version].find(address)
    if found is None:
        return None
    name, kind = found[1]
    ordinary = kind == "global" or (kind == "documentation" and not documentation_is_special)
    return None if ordinary else name


def embedded_ipv4(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address carried inside an IPv6 one: mapped, 6to4, Teredo's client, NAT64; else None."""
    if address.version == 4:
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def responsible_address(address: Address) -> Address:
    """Return the address whose holder matters: the embedded IPv4 one where there is one."""
    return embedded_ipv4(address) or address


def read_address(text: str) -> Address:
    """Read an address as registries write it: zero-padded octets, a length appended (`10.0.0.1/32`).

    Raises ValueError when it is none.
    """
    text = text.partition("/")[0].strip()
    if ":" in text:
        return ipaddress.IPv6Address(text)
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        octets = text.split(".")
        if len(octets) != 4 or not all(octet.isascii() and octet.isdigit() for octet in octets):
            raise
        return ipaddress.IPv4Address(".".join(str(int(octet)) for octet in octets))


def cidrs(first: Address, last: Address) -> list[Network]:
    """Cover the range with the fewest CIDR blocks; both ends of one version and in order."""
    return list(ipaddress.summarize_address_range(first, last))
