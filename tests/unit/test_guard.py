"""Destinations: servers that answers name may not lead inside, nor to the reported site."""

import pytest

from attribution import load_settings
from attribution.lookup.guard import REPORTED, DestinationRefused, Guard


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fe80::1",
     "fc00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "192.0.2.1"],
)  # fmt: skip
def test_special_address_is_refused(address: str) -> None:
    with pytest.raises(DestinationRefused, match="special"):
        Guard(load_settings()).check_address("rdap.example", address, 443)


def test_loopback_is_allowed_only_where_the_settings_say_so() -> None:
    guard = Guard(load_settings(allow_loopback_registries=True))
    guard.check_address("rdap.example", "127.0.0.1", 443)
    with pytest.raises(DestinationRefused):
        guard.check_address("rdap.example", "10.0.0.1", 443)


def test_reported_site_is_refused_even_as_a_registry() -> None:
    token = REPORTED.set(frozenset(["8.8.8.8"]))
    try:
        with pytest.raises(DestinationRefused, match="reported site"):
            Guard(load_settings()).check_address("whois.example", "8.8.8.8", 43)
    finally:
        REPORTED.reset(token)


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
def test_port_of_no_registry_is_refused(port: int) -> None:
    with pytest.raises(DestinationRefused, match=f"port {port}"):
        Guard(load_settings()).check_server("whois.example", port)
