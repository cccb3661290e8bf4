"""One form for addresses: whatever IPv6 carries an IPv4 address means that host."""

from __future__ import annotations

import ipaddress

import pytest

from attribution.net.addresses import normal


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.1",
        "::ffff:192.0.2.1",
        "::192.0.2.1",
        "::ffff:0:192.0.2.1",
        "2002:c000:201::",
        "2002:c000:201:1::beef",
        "64:ff9b::192.0.2.1",
        "64:ff9b:1::192.0.2.1",
        "64:ff9b:1:fffe::192.0.2.1",
        "2001:0:1234:5678:9abc:def0:3fff:fdfe",
        "::ffff:192.0.2.1%eth0",
    ],
)
def test_carried_ipv4_address_is_the_host(text: str) -> None:
    assert normal(ipaddress.ip_address(text)) == ipaddress.ip_address("192.0.2.1")


@pytest.mark.parametrize(
    "text",
    [
        "::",
        "::1",
        "2001:db8::c000:201",
        "2001:1::1",
        "64:ff9a::192.0.2.1",
        "64:ff9b:2::192.0.2.1",
        "64:ff9b::1:c000:201",
        "::fffe:192.0.2.1",
        "2003:c000:201::",
    ],
)
def test_other_addresses_stay(text: str) -> None:
    assert normal(ipaddress.ip_address(text)) == ipaddress.ip_address(text)


def test_zone_is_no_part_of_an_address() -> None:
    assert normal(ipaddress.ip_address("fe80::1%eth0")) == ipaddress.ip_address("fe80::1")
