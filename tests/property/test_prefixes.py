"""The longest block around an address, against a plain search over all blocks."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from attribution.net.prefixes import PrefixTable


@st.composite
def blocks(draw: st.DrawFn) -> list[str]:
    """Blocks close together, so that many are nested, adjacent or equal."""
    size = draw(st.integers(0, 12))
    heads = [draw(st.integers(0, 255)) for _ in range(size)]
    return [
        str(ipaddress.ip_network((head << 24 | head, draw(st.integers(0, 32))), strict=False))
        for head in heads
    ]


@given(blocks(), st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_longest_block_is_found(prefixes: list[str], numbers: list[int]) -> None:
    table = PrefixTable.of([(prefix, prefix) for prefix in prefixes], 4)
    networks = [ipaddress.ip_network(prefix) for prefix in prefixes]
    edges = [
        int(end) + step for one in networks for end in (one[0], one[-1]) for step in (-1, 0, 1)
    ]
    for number in [*numbers, *(edge for edge in edges if 0 <= edge < 2**32)]:
        address = ipaddress.ip_address(number)
        around = [one for one in networks if address in one]
        best = str(max(around, key=lambda one: one.prefixlen)) if around else None
        assert table.find(address) == ((best, best) if best else None)


def test_other_version_and_no_prefix_are_left_out() -> None:
    table = PrefixTable.of([("2001:db8::/32", 1), ("nonsense", 2), ("192.0.2.0/24", 3)], 6)
    assert table.find(ipaddress.ip_address("2001:db8::1")) == ("2001:db8::/32", 1)
    assert table.find(ipaddress.ip_address("192.0.2.1")) is None
    assert table.find(ipaddress.ip_address("2001:db9::")) is None
