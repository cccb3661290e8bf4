"""IP addresses as reports and registries write them: special ranges, carried IPv4, padding."""

from __future__ import annotations

import csv
import ipaddress
from functools import cache
from importlib import resources

from attribution.net.prefixes import Address, PrefixTable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

__all__ = [
    "Address",
    "Network",
    "cidrs",
    "is_address",
    "is_loopback",
    "normal",
    "read_address",
    "special_purpose",
]

# The first bits of IPv6 addresses that carry an IPv4 one.
_COMPATIBLE, _MAPPED, _TRANSLATED, _NAT64 = 0, 0xFFFF, 0xFFFF_0000, 0x64_FF9B << 64  # /96
_IPV4_AT_THE_END = frozenset([_COMPATIBLE, _MAPPED, _TRANSLATED, _NAT64])
_NAT64_LOCAL = 0x64_FF9B_0001  # /48
_SIX_TO_FOUR = 0x2002  # /16
_TEREDO = 0x2001_0000  # /32


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

    With `documentation_is_special=False` the documentation ranges (RFC 5737, 3849, 9637) count as
    ordinary.
    """
    match = _special_networks()[address.version].find(address)
    if match is None:
        return None
    name, kind = match[1]
    ordinary = kind == "global" or (kind == "documentation" and not documentation_is_special)
    return None if ordinary else name


def normal(address: Address) -> Address:
    """Return the host that an address means: the IPv4 one where IPv6 only carries it, and no zone.

    Read as IPv4: mapped `::ffff:a.b.c.d` and compatible `::a.b.c.d` (RFC 4291, section 2.5.5),
    translated `::ffff:0:a.b.c.d` (RFC 2765), 6to4 (RFC 3056), Teredo's client (RFC 4380), NAT64
    (RFC 6052) and the last 32 bits of its local-use prefix (RFC 8215). `::` and `::1` stay what
    they are. Whatever compares addresses compares what this returns.
    """
    if address.version == 4:
        return address
    value = int(address)
    carried = _carried_ipv4(value)
    if carried is not None:
        return ipaddress.IPv4Address(carried & 0xFFFFFFFF)
    return ipaddress.IPv6Address(value) if address.scope_id else address


def _carried_ipv4(value: int) -> int | None:
    """Return an integer whose last 32 bits are the IPv4 address inside an IPv6 one, or None."""
    head = value >> 32
    if head in _IPV4_AT_THE_END or value >> 80 == _NAT64_LOCAL:
        return value if value > 1 else None
    if value >> 112 == _SIX_TO_FOUR:
        return value >> 80
    return ~value if value >> 96 == _TEREDO else None


def is_address(text: str) -> bool:
    """Say whether a text is an address in a standard form: no padding, no length."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Say whether a host is an address of this machine, in whatever form; a name is none."""
    return is_address(host) and normal(ipaddress.ip_address(host)).is_loopback


def read_address(text: str) -> Address:
    """Read an address as registries write it: padded octets, a length appended (`10.0.0.1/32`).

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
