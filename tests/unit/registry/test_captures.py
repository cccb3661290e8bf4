"""Real answers that others captured, read in place: RDAP and text of one network agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attribution.registry.organisations import organisation_of
from attribution.registry.readers import read_networks, read_refusal
from attribution.registry.registration import Network
from attribution.registry.servers import Server, servers_of
from attribution.registry.stubs import is_registry_object
from attribution.registry.types import block_type

# RDAP and text of one network, captured years apart: AFRINIC's RDAP lacks the name; APNIC's answers
# point to JPNIC, whose copy stands in the text only.
ADDRESSES = [
    "2a00:2381:ffff::1",
    "2001:43f8:7b0::",
    "62.239.237.1",
    "200.57.141.161",
    "2001:4860:4860::8888",
    "210.107.73.73",
    "2801:10:c000::",
    "74.125.225.229",
    "196.11.240.215",
]


def answers(shared: Path, address: str) -> tuple[Network, Network]:
    folder = shared / "captures/secynic+ipwhois/ipwhois/tests"
    rdap: dict[str, Any] = json.loads((folder / "rdap.json").read_text("utf-8"))[address]
    text: dict[str, Any] = json.loads((folder / "whois.json").read_text("utf-8"))[address]
    registry = rdap["asn_data"]["asn_registry"].replace("ripencc", "ripe")
    by_rdap = read_networks(json.dumps(rdap["response"]).encode(), server(registry, "rdap"))
    body = text["response"].encode()
    assert read_refusal(server(registry, "whois"), body).outcome == "answered"
    return by_rdap[0], read_networks(body, server(registry, "whois"))[0]


def server(registry: str, protocol: str) -> Server:
    return next(one for one in servers_of(registry) if one.protocol == protocol)


@pytest.mark.parametrize("address", ADDRESSES)
def test_rdap_and_text_give_one_identity(address: str, shared: Path) -> None:
    by_rdap, by_text = answers(shared, address)
    organisations = [organisation_of(one) for one in (by_rdap, by_text)]
    handles = [one.handle if one else None for one in organisations]
    assert handles[0] == handles[1]
    assert by_rdap.handle_space == by_text.handle_space
    assert not is_registry_object(by_rdap)
    assert not is_registry_object(by_text)


def test_every_captured_network_has_a_type_that_the_table_knows(shared: Path) -> None:
    registries = {"whois.arin.net": "arin", "whois.ripe.net": "ripe", "whois.apnic.net": "apnic"}
    read = 0
    for path in sorted((shared / "captures").rglob("*")):
        if path.suffix not in (".json", ".input"):
            continue
        body = path.read_bytes()
        document = json.loads(body)
        if not isinstance(document, dict) or document.get("objectClassName") != "ip network":
            continue
        registry = registries[document["port43"]]
        (found,) = read_networks(body, server(registry, "rdap"))
        assert block_type(registry, found.type, found.first.version), (path, found.type)
        read += 1
    assert read
