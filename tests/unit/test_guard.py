"""Destinations: servers that answers name may not lead inside, nor to a reported site."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import timedelta
from typing import Any

import pytest

from attribution import load_settings
from attribution.lookup.transport import (
    Destination,
    DestinationRefused,
    Guard,
    Kind,
    ReportedAddresses,
    ServerTable,
    UnknownServer,
)
from attribution.lookup.transport.reported import REMEMBERED_SECONDS
from attribution.net.addresses import normal
from clocks import HandClock
from servers import Listed, ListedFor

HOST = "8.8.8.8"
FORMS = [
    "8.8.8.8",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "::ffff:0:8.8.8.8",
    "2002:808:808::1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::8.8.8.8",
    "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
    "::ffff:8.8.8.8%eth0",
]


def make(
    servers: ServerTable | None = None,
    reported: ReportedAddresses | None = None,
    *,
    ask_unlisted: bool = True,
    names: dict[str, list[str]] | None = None,
    **settings: Any,
) -> Guard:
    guard = Guard(
        load_settings(**settings),
        servers or Listed(),
        reported or ReportedAddresses(),
        ask_unlisted=ask_unlisted,
    )

    async def resolve(host: str) -> list[str]:
        return (names or {}).get(host, [])

    guard.resolve_names_by(resolve)
    return guard


def check(guard: Guard, host: str, address: str, port: int, *, tls: bool = False) -> None:
    guard.check_address(guard.destination(host, port, "ip", tls=tls), address)


def addresses(guard: Guard, host: str, port: int, *, tls: bool = False) -> list[str]:
    return asyncio.run(guard.addresses_of(guard.destination(host, port, "ip", tls=tls)))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "192.0.2.1",
        "::10.0.0.1",
        "fe80::1%eth0",
    ],
)
@pytest.mark.parametrize("servers", [Listed(), Listed(("rdap.example", 443))])
def test_special_address_is_refused(address: str, servers: ServerTable) -> None:
    with pytest.raises(DestinationRefused, match="special"):
        check(make(servers), "rdap.example", address, 443, tls=True)


def test_loopback_is_allowed_only_where_the_settings_say_so() -> None:
    guard = make(allow_loopback_registries=True)
    check(guard, "rdap.example", "127.0.0.1", 443)
    with pytest.raises(DestinationRefused):
        check(guard, "rdap.example", "10.0.0.1", 443)


def test_configured_server_may_be_inside() -> None:
    check(make(whois_root="whois.inside.example"), "whois.inside.example", "10.0.0.1", 43)
    with pytest.raises(DestinationRefused, match="special"):
        check(make(whois_root="whois.inside.example"), "whois.inside.example", "10.0.0.1", 4321)


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
def test_port_of_no_registry_is_refused(port: int) -> None:
    with pytest.raises(DestinationRefused, match=f"port {port}"):
        make().destination("whois.example", port, "ip", tls=False)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("noted", FORMS[:3])
def test_reported_site_is_refused_in_every_form(form: str, noted: str) -> None:
    reported = ReportedAddresses()
    reported.add([noted])
    with pytest.raises(DestinationRefused, match="reported site"):
        check(make(reported=reported), "whois.example", form, 43)


def test_server_that_is_not_listed_for_the_question_is_refused_before_it_is_resolved() -> None:
    guard = make(ListedFor([("rdap.example", 443, "ip")]), ask_unlisted=False)
    assert guard.destination("RDAP.Example.", 443, "ip", tls=True).listed
    others: list[tuple[str, int, Kind]] = [
        ("rdap.example", 443, "domain"),
        ("rdap.example", 80, "ip"),
        ("rdap.example", 8443, "ip"),
        ("other.example", 443, "ip"),
        ("a.rdap.example", 443, "ip"),
        (HOST, 443, "ip"),
    ]
    for host, port, kind in others:
        with pytest.raises(DestinationRefused, match="no listed server"):
            guard.destination(host, port, kind, tls=True)


def test_configured_servers_are_listed_for_what_they_are() -> None:
    guard = make(
        ask_unlisted=False,
        whois_root="root.example",
        whois_overrides={"whois.ripe.net": "laboratory.example:4343"},
        rdap_bootstrap_url="https://files.example/",
    )
    assert guard.destination("root.example", 43, "domain", tls=False).listed
    assert guard.destination("laboratory.example", 4343, "ip", tls=False).listed
    assert guard.destination("files.example", 443, "bootstrap", tls=True).listed
    with pytest.raises(DestinationRefused):
        guard.destination("files.example", 443, "ip", tls=True)
    with pytest.raises(DestinationRefused):
        guard.destination("root.example", 43, "bootstrap", tls=False)


def test_listed_server_may_share_an_address_with_a_reported_site_over_tls_only() -> None:
    reported = ReportedAddresses()
    reported.add([HOST])
    guard = make(Listed(("rdap.example", 443), (HOST, 43), (HOST, 80)), reported)
    check(guard, "rdap.example", HOST, 443, tls=True)
    for port in (43, 80):
        with pytest.raises(DestinationRefused, match="reported site"):
            check(guard, HOST, HOST, port)
    with pytest.raises(DestinationRefused, match="reported site"):
        check(guard, "other.example", HOST, 443, tls=True)


@pytest.mark.parametrize("resolved_before", [False, True])
def test_address_of_a_listed_whois_server_in_an_offenders_zone_does_not_switch_it_off(
    resolved_before: bool,
) -> None:
    reported = ReportedAddresses()
    guard = make(Listed(("whois.ripe.net", 43)), reported, names={"whois.ripe.net": [HOST]})
    if resolved_before:
        addresses(guard, "whois.ripe.net", 43)
    reported.add([HOST])
    assert addresses(guard, "whois.ripe.net", 43) == [HOST]
    assert guard.registry_addresses([HOST, "192.0.2.1"]) == {normal_of(HOST)}


def test_name_in_an_answer_that_leads_to_the_offenders_address_is_refused() -> None:
    reported = ReportedAddresses()
    reported.add([HOST])
    guard = make(reported=reported, names={"whois.offender.example": [HOST]})
    for port, tls in ((43, False), (443, True)):
        with pytest.raises(DestinationRefused, match="reported site"):
            addresses(guard, "whois.offender.example", port, tls=tls)
    assert guard.registry_addresses([HOST]) == frozenset()


def test_unlisted_server_may_not_have_a_registrys_address_either_while_it_is_reported() -> None:
    reported = ReportedAddresses()
    reported.add([HOST])
    names = {"whois.ripe.net": [HOST], "whois.offender.example": [HOST]}
    guard = make(Listed(("whois.ripe.net", 43)), reported, names=names)
    addresses(guard, "whois.ripe.net", 43)
    with pytest.raises(DestinationRefused, match="reported site"):
        addresses(guard, "whois.offender.example", 43)


def test_one_refused_address_refuses_the_server() -> None:
    guard = make(names={"rdap.example": ["8.8.4.4", "10.0.0.1"]})
    with pytest.raises(DestinationRefused, match=r"10\.0\.0\.1"):
        addresses(guard, "rdap.example", 443)
    with pytest.raises(UnknownServer):
        addresses(guard, "nowhere.example", 443)


def test_unlisted_server_at_or_below_a_reported_host_is_refused_while_it_is_in_work() -> None:
    reported = ReportedAddresses()
    guard = make(Listed(("whois.site.example", 43)), reported)
    with reported.in_work("Site.Example."):
        for host in ("site.example", "SITE.example.", "rdap.site.example", "a.b.site.example"):
            with pytest.raises(DestinationRefused, match="name of a reported site"):
                guard.destination(host, 443, "ip", tls=True)
        for host in ("othersite.example", "example", "whois.site.example"):
            assert guard.destination(host, 43, "ip", tls=False)
    assert guard.destination("rdap.site.example", 443, "ip", tls=True)


def test_address_counts_while_in_work_and_for_an_hour_after() -> None:
    clock = HandClock()
    reported = ReportedAddresses(clock.monotonic)
    address = normal_of(HOST)
    with reported.in_work("site.example") as first, reported.in_work("site.example") as second:
        first.add([HOST, f"::ffff:{HOST}"])
        second.add([HOST])
        clock.move(timedelta(seconds=10 * REMEMBERED_SECONDS))
        assert address in reported
    assert address in reported
    clock.move(timedelta(seconds=REMEMBERED_SECONDS - 1))
    assert address in reported
    clock.move(timedelta(seconds=2))
    assert address not in reported


def test_remembered_addresses_are_bounded_and_the_oldest_go_first() -> None:
    reported = ReportedAddresses(most=2)
    with reported.in_work("site.example") as site:
        site.add(["192.0.2.9"])
        reported.add(["192.0.2.1", "192.0.2.2"])
        reported.add(["192.0.2.1"])
        reported.add(["192.0.2.3"])
        kept = [f"192.0.2.{n}" for n in range(10) if normal_of(f"192.0.2.{n}") in reported]
    assert kept == ["192.0.2.1", "192.0.2.3", "192.0.2.9"]


def test_work_that_fails_ends_too() -> None:
    reported = ReportedAddresses()
    with pytest.raises(RuntimeError), reported.in_work("site.example"):
        raise RuntimeError
    assert not reported.is_host("site.example")


def test_destination_says_what_it_is() -> None:
    guard = make(Listed(("rdap.example", 443)))
    made = guard.destination("RDAP.example.", 443, "ip", tls=True)
    assert made == Destination(
        "rdap.example", 443, tls=True, listed=True, configured=False, fixed=True
    )


def normal_of(text: str) -> Any:
    return normal(ipaddress.ip_address(text))
