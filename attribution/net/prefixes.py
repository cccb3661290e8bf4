"""Longest-prefix match over address blocks: a sorted array of disjoint segments, one bisection a
lookup.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class PrefixTable(Generic[Value]):
    """Blocks of one IP version with a value each. Nested blocks are cut into segments when the
    table is built.
    """

    version: int
    starts: list[int]
    """First address of each segment, ascending; a segment ends where the next one starts."""
    blocks: list[tuple[str, Value] | None]
    """The longest block around each segment, and its value; None where no block is."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, Value]], version: int) -> PrefixTable[Value]:
        """Build from (prefix, value); prefixes of the other version, and what is no prefix, are
        left out.
        """
        by_ends: dict[tuple[int, int], tuple[str, Value]] = {}
        for prefix, value in rows:
            try:
                network = ipaddress.ip_network(prefix, strict=False)
            except ValueError:
                continue
            if network.version == version:
                first, last = int(network.network_address), int(network.broadcast_address)
                # Sorts wider blocks before those that start with them.
                by_ends[first, -last] = (str(network), value)
        starts: list[int] = [0]
        blocks: list[tuple[str, Value] | None] = [None]
        around: list[tuple[int, tuple[str, Value]]] = []

        def begin(start: int, block: tuple[str, Value] | None) -> None:
            if starts[-1] == start:
                blocks[-1] = block
            else:
                starts.append(start)
                blocks.append(block)

        def leave_until(start: int | None) -> None:
            while around and (start is None or around[-1][0] < start):
                ended, _ = around.pop()
                begin(ended + 1, around[-1][1] if around else None)

        for (first, negative_last), block in sorted(by_ends.items(), key=lambda item: item[0]):
            leave_until(first)
            around.append((-negative_last, block))
            begin(first, block)
        leave_until(None)
        return cls(version, starts, blocks)

    def find(self, address: Address) -> tuple[str, Value] | None:
        """Return the longest block around an address, and its value."""
        if address.version != self.version:
            return None
        return self.blocks[bisect_right(self.starts, int(address)) - 1]

    def span(self, address: Address) -> tuple[Address, Address] | None:
        """Return the ends of the adjacent blocks around an
        address that have one value; None where no block is.
        """
        here = bisect_right(self.starts, int(address)) - 1
        block = self.blocks[here] if address.version == self.version else None
        if block is None:
            return None
        low = high = here
        while low and (below := self.blocks[low - 1]) and below[1] == block[1]:
            low -= 1
        while (
            high + 1 < len(self.blocks)
            and (above := self.blocks[high + 1])
            and above[1] == block[1]
        ):
            high += 1
        cls = type(address)
        end = (
            self.starts[high + 1] - 1
            if high + 1 < len(self.starts)
            else 2**address.max_prefixlen - 1
        )
        return cls(self.starts[low]), cls(end)
