"""Real answers that others captured, read in place: RDAP and port-43 text of one network name one
company.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attribution import Attribution, Evidence
from attribution.decide import decide
from attribution.registry.servers import servers_of
from bundles import AT, at, rdap, text_at, whois

# Pairs that differ, and why. Texts and RDAP answers were captured years apart, one of each pair.
DIFFERENT = {
    "2001:240:10c:1::ca20:9d1d": "APNIC's RDAP points to JPNIC only; its text holds JPNIC's block",
    "2001:43f8:7b0::": "AFRINIC's RDAP holds the organisation's handle only; its text the name",
    "196.11.240.215": "AFRINIC's RDAP holds the organisation's handle only; its text the name",
    "2001:4860:4860::8888": "ARIN's RDAP of then has no type and only a handle of what lies above",
    "74.125.225.229": "ARIN's RDAP of then has no type and only a handle of what lies above",
}
NOBODY = {"2a00:2381:ffff::1", "62.239.237.1"}
"""Customers' blocks, whose network above was not captured."""
ADDRESSES = [
    "2a00:2381:ffff::1",
    "2001:240:10c:1::ca20:9d1d",
    "2001:43f8:7b0::",
    "62.239.237.1",
    "200.57.141.161",
    "2001:4860:4860::8888",
    "210.107.73.73",
    "2801:10:c000::",
    "74.125.225.229",
    "196.11.240.215",
]


def decided(shared: Path, address: str, protocol: str) -> Attribution:
    captured = shared / f"captures/secynic+ipwhois/ipwhois/tests/{protocol}.json"
    kept = json.loads(captured.read_text("utf-8"))[address]
    registry = kept["asn_data"]["asn_registry"].replace("ripencc", "ripe")
    server = next(one for one in servers_of(registry) if one.protocol == protocol)
    if protocol == "rdap":
        record = rdap(json.dumps(kept["response"]).encode(), at(address), server.host)
    else:
        record = whois(kept["response"], server.host, text_at(address))
    return decide(Evidence(address, AT, records=[record])).attribution


def named(answer: Attribution) -> tuple[str, str | None] | None:
    return (
        (answer.primary.provider.name, answer.primary.abuse_contact.email)
        if answer.primary
        else None
    )


@pytest.mark.parametrize("address", ADDRESSES)
def test_rdap_and_text_name_the_same_company_and_mailbox(address: str, shared: Path) -> None:
    by_rdap = named(decided(shared, address, "rdap"))
    by_text = named(decided(shared, address, "whois"))
    assert (by_rdap != by_text) == (address in DIFFERENT), (by_rdap, by_text)
    assert (by_text is None) == (address in NOBODY)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("protocol", ["rdap", "whois"])
def test_no_registry_is_named_for_a_network_that_it_does_not_run(
    address: str, protocol: str, shared: Path
) -> None:
    from attribution.registry.registries import placeholder_of, registry_named

    answer = decided(shared, address, protocol)
    for party in answer.parties:
        assert registry_named(party.provider.name) is None
        assert (
            party.abuse_contact.email is None or placeholder_of(party.abuse_contact.email) is None
        )
