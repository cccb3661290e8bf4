"""Longest-prefix match over address blocks: one dictionary of heads for each prefix length."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from attribution.addresses import Address

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class PrefixTable(Generic[Value]):
    """Blocks of one IP version with a value each. A look-up costs one probe for each length in use."""

    version: int
    by_length: dict[int, dict[int, Value]]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, Value]], version: int) -> PrefixTable[Value]:
        """Build from (prefix, value); prefixes of the other version, and what is no prefix, are left out."""
        by_length: dict[int, dict[int, Value]] = {}
        for prefix, value in rows:
            try:
                network = ipaddress.ip_network(prefix, strict=False)
            except ValueError:
                continue
            if network.version == version:
                head = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
                by_length.setdefault(network.prefixlen, {})[head] = value
        return cls(version, by_length, tuple(sorted(by_length, reverse=True)))

    def find(self, address: Address) -> tuple[str, Value] | None:
        """Return the longest block around an address, and its value."""
        if address.version != self.version:
            return None
        bits, number = address.max_prefixlen, int(address)
        for length in self.lengths:
            head = number >> (bits - length)
            if head in self.by_length[length]:
                return f"{type(address)(head << (bits - length))}/{length}", self.by_length[length][head]
        return None
