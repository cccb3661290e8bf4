"""Trap 22: which addresses an answer may serve besides the one that was asked about."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from typing import Any

import pytest

from attribution.cache.scope import Range, blocks_served, object_named
from attribution.evidence import Record
from attribution.evidence.question import NetworkAbove
from attribution.registry.readers import read_networks
from attribution.registry.servers import server_for_url
from bundles import AT, TARGET, at, network, rdap

DELEGATED = ("192.0.0.0", "192.255.255.255")


def match(first: str = DELEGATED[0], last: str = DELEGATED[1]) -> Record:
    """What IANA delegated to the registry around TARGET."""
    body = json.dumps({"delegated": [first, last]}).encode()
    return Record("bootstrap", at(), "data.iana.org", AT, "answered", body)


def served(
    answer: Record, *before: Record, address: str = TARGET, known: Record | None = None
) -> list[str]:
    records = [known or match(), *before, answer]
    (found,) = read_networks(answer.body, server_for_url(answer.url or ""))
    return [str(one) for one in blocks_served(found, ipaddress.ip_address(address), records)]


def answered(server: str = "rdap.db.ripe.net", **more: Any) -> Record:
    return rdap(network(**more), server=server)


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        ("rdap.db.ripe.net", "ASSIGNED PA"),
        ("rdap.db.ripe.net", "ASSIGNED PI"),
        ("rdap.db.ripe.net", "ASSIGNED ANYCAST"),
        ("rdap.arin.net", "REASSIGNMENT"),
        ("rdap.apnic.net", "ASSIGNED NON-PORTABLE"),
        ("rdap.apnic.net", "ASSIGNED PORTABLE"),
        ("rdap.lacnic.net", "ASSIGNED"),
        ("rdap.lacnic.net", "REASSIGNED"),
    ],
)
def test_terminal_type_serves_the_whole_range(server: str, kind: str) -> None:
    assert served(answered(server, kind=kind, last="192.0.3.255")) == ["192.0.2.0/23"]


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        ("rdap.db.ripe.net", "ALLOCATED PA"),
        ("rdap.db.ripe.net", "SUB-ALLOCATED PA"),
        ("rdap.db.ripe.net", "LIR-PARTITIONED PA"),
        ("rdap.db.ripe.net", "AGGREGATED-BY-LIR"),
        ("rdap.db.ripe.net", "LEGACY"),
        ("rdap.db.ripe.net", None),
        ("rdap.db.ripe.net", "REASSIGNMENT"),
        ("rdap.arin.net", "DIRECT ASSIGNMENT"),
        ("rdap.arin.net", "REALLOCATION"),
        ("rdap.arin.net", "ASSIGNED PA"),
        ("rdap.apnic.net", "ALLOCATED PORTABLE"),
        ("rdap.apnic.net", "ALLOCATED NON-PORTABLE"),
        ("rdap.registro.br", "REASSIGNED"),
        ("rdap.customer.example", "ASSIGNED PA"),
    ],
)
def test_any_other_type_serves_its_address_only(server: str, kind: str | None) -> None:
    assert served(answered(server, kind=kind)) == []


def test_range_is_cut_to_what_iana_delegated() -> None:
    answer = answered(first="192.0.0.0", last="192.0.255.255")
    assert served(answer, known=match("192.0.2.0", "192.0.3.255")) == ["192.0.2.0/23"]
    assert served(answer, known=match("192.0.2.0", "192.0.2.9")) == ["192.0.2.0/29", "192.0.2.8/31"]


@pytest.mark.parametrize("body", [b"{}", b'{"delegated": null}'])
def test_answer_whose_delegation_is_not_known_serves_its_address_only(body: bytes) -> None:
    known = replace(match(), body=body)
    assert served(answered(), known=known) == []
    assert served(answered(), known=replace(match(), outcome="not_found")) == []


@pytest.mark.parametrize("answers_for", ["0.0.0.0", "192.0.0.0"])
def test_claim_to_a_8_or_to_everything_serves_nothing_wide(answers_for: str) -> None:
    """However wide an assignment says that it is, no other /16 gets its answer."""
    wide = {"0.0.0.0": "255.255.255.255", "192.0.0.0": "192.255.255.255"}[answers_for]
    assert served(answered(first=answers_for, last=wide)) == ["192.0.0.0/16"]
    v6 = answered(first="2001::", last="2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kind="ASSIGNED")
    known = match("2001::", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    assert served(v6, address="2001:db8::7", known=known) == ["2001:db8::/32"]


def test_answer_without_tls_serves_the_24_around_the_address() -> None:
    answer = replace(answered(last="192.0.5.255"), tls=False)
    assert served(answer) == ["192.0.2.0/24"]
    small = replace(answered(last="192.0.2.63"), tls=False)
    assert served(small) == ["192.0.2.0/26"]


def test_answer_without_tls_serves_the_48_around_the_address() -> None:
    wide = {"first": "2001:db8::", "last": "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"}
    answer = replace(answered(kind="ASSIGNED", **wide), tls=False)
    known = match(wide["first"], wide["last"])
    assert served(answer, address="2001:db8:0:9::7", known=known) == ["2001:db8::/48"]


@pytest.mark.parametrize("server", ["127.0.0.1:8300", "[::1]:8300"])
def test_answer_that_never_left_the_machine_counts_as_over_tls(server: str) -> None:
    url = f"http://{server}/ripe/ip/{TARGET}"
    answer = replace(answered(last="192.0.5.255"), tls=False, server=server, url=url)
    assert served(answer) == ["192.0.2.0/23", "192.0.4.0/23"]


def test_name_that_begins_like_loopback_is_not_loopback() -> None:
    answer = replace(answered(last="192.0.5.255"), tls=False, server="127.customer.example")
    assert served(answer) == ["192.0.2.0/24"]


def test_answer_of_a_registry_that_another_redirected_to_serves_the_24() -> None:
    """Transferred space lies in no block delegated to the registry that answers."""
    turned = replace(
        rdap(b"", server="rdap.arin.net"),
        outcome="redirected",
        location="https://rdap.db.ripe.net/ip/192.0.2.7",
    )
    answer = answered(last="192.0.5.255")
    assert served(answer, turned) == ["192.0.2.0/24"]
    elsewhere = match("203.0.113.0", "203.0.113.255")
    assert served(answer, turned, known=elsewhere) == ["192.0.2.0/24"]


def test_answer_about_another_network_serves_nothing() -> None:
    assert served(answered(first="198.51.100.0", last="198.51.100.255")) == []


LOW, HIGH = ipaddress.ip_address("192.0.2.0"), ipaddress.ip_address("192.0.2.7")


def test_link_by_its_block_names_an_object_of_the_registry() -> None:
    question = NetworkAbove("https://rdap.db.ripe.net/ip/192.0.2.0/23", LOW, HIGH)
    ends = ipaddress.ip_address("192.0.2.0"), ipaddress.ip_address("192.0.3.255")
    assert object_named(question) == Range("ripe", *ends)
    written = replace(question, url="https://rdap.db.ripe.net/ip/192.0.2.0%2F23")
    assert object_named(written) == Range("ripe", *ends)


@pytest.mark.parametrize(
    "url",
    [
        "https://rdap.db.ripe.net/entity/ORG-EX1-RIPE",
        "https://rdap.db.ripe.net/ip/192.0.2.1/23",
        "https://rdap.db.ripe.net/ip/PARENT-NET",
        "https://rdap.db.ripe.net/192.0.2.0/23",
        "https://rdap.db.ripe.net/ip/",
    ],
)
def test_other_links_name_no_object(url: str) -> None:
    assert object_named(NetworkAbove(url, LOW, HIGH)) is None


def test_same_block_at_a_server_that_no_registry_runs_is_another_object() -> None:
    question = NetworkAbove("https://rdap.customer.example/ip/192.0.2.0/23", LOW, HIGH)
    named = object_named(question)
    assert named
    assert named.registry == "rdap.customer.example"
