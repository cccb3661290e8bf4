"""IANA's bootstrap files: fetched once, refreshed in the background, and replaced by packaged ones
while IANA is silent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import respx

from attribution import Attributor, load_settings
from attribution.lookup.protocols.bootstrap import Bootstrap, packaged_services
from attribution.lookup.transport import Transport
from attribution.net.addresses import special_purpose
from clocks import HandClock
from servers import EveryServer

BASE = "https://iana.example/rdap/"
FILE = {
    "publication": "2026-01-01T00:00:00Z",
    "services": [
        [["203.0.0.0/8"], ["https://wide.example/"]],
        [["203.0.112.0/20", "198.51.0.0/16"], ["http://plain.example", "https://narrow.example/"]],
    ],
}


class Files:
    """Files kept in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, datetime]] = {}

    def get_file(self, name: str) -> tuple[str, datetime] | None:
        return self.kept.get(name)

    def put_file(self, name: str, text: str, fetched_at: datetime) -> None:
        self.kept[name] = text, fetched_at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def bootstrap(clock: HandClock) -> AsyncIterator[Bootstrap]:
    settings = load_settings(rdap_bootstrap_url=BASE)
    transport = Transport(settings, EveryServer())
    made = Bootstrap(settings, transport, clock, Files())
    yield made
    await made.close()
    await transport.close()


async def urls(bootstrap: Bootstrap, address: str) -> tuple[str, ...]:
    return (await bootstrap.for_address(ipaddress.ip_address(address)))[1]


@respx.mock
async def test_longest_prefix_wins_and_https_comes_first(bootstrap: Bootstrap) -> None:
    respx.get(f"{BASE}ipv4.json").respond(json=FILE)
    assert await urls(bootstrap, "203.0.113.7") == (
        "https://narrow.example/",
        "http://plain.example/",
    )
    assert await urls(bootstrap, "203.1.0.1") == ("https://wide.example/",)
    assert await urls(bootstrap, "9.9.9.9") == ()


@respx.mock
async def test_file_is_fetched_once(bootstrap: Bootstrap) -> None:
    route = respx.get(f"{BASE}ipv4.json").respond(json=FILE)
    await asyncio.gather(*(urls(bootstrap, "203.0.113.7") for _ in range(20)))
    assert route.call_count == 1


@respx.mock
async def test_old_file_serves_at_once_while_a_new_one_is_fetched(
    bootstrap: Bootstrap, clock: HandClock
) -> None:
    route = respx.get(f"{BASE}ipv4.json").respond(json=FILE)
    await urls(bootstrap, "203.0.113.7")
    clock.move(timedelta(hours=25))
    gate = asyncio.Event()
    newer = {
        "publication": "2026-02-02T00:00:00Z",
        "services": [[["203.0.0.0/8"], ["https://new.example/"]]],
    }

    async def slow(request: object) -> respx.MockResponse:
        await gate.wait()
        return respx.MockResponse(200, json=newer)

    route.mock(side_effect=slow)
    assert (await urls(bootstrap, "203.0.113.7"))[0] == "https://narrow.example/"
    gate.set()
    for _ in range(20):
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert await urls(bootstrap, "203.0.113.7") == ("https://new.example/",)


@respx.mock
@pytest.mark.parametrize(
    "answer", [{"status_code": 500}, {"text": "<html>"}, {"json": []}, {"json": {"services": 7}}]
)
async def test_packaged_registry_file_serves_while_iana_is_silent_and_the_answer_says_so(
    answer: dict[str, object], bootstrap: Bootstrap
) -> None:
    respx.get(f"{BASE}ipv4.json").respond(**answer)  # type: ignore[arg-type]
    record, found = await bootstrap.for_address(ipaddress.ip_address("193.0.6.139"))
    assert "rdap.db.ripe.net" in found[0]
    assert record.server == "packaged"
    assert "could not be fetched" in (record.note or "")


@respx.mock
async def test_silent_iana_is_not_asked_for_each_address(bootstrap: Bootstrap) -> None:
    route = respx.get(f"{BASE}ipv4.json").respond(500)
    for _ in range(5):
        await urls(bootstrap, "193.0.6.139")
    assert route.call_count == 1


@pytest.mark.parametrize("version", [4, 6])
def test_packaged_files_are_dated_and_cover_the_five_registries(version: int) -> None:
    services = packaged_services(version)
    assert services.publication.startswith("20")
    servers = {url for block in services.blocks.blocks if block for url in block[1]}
    for registry in ("arin", "ripe", "apnic", "lacnic", "afrinic"):
        assert any(registry in url for url in servers), registry


async def test_answer_says_that_the_packaged_file_was_used(tmp_path: Path) -> None:
    settings = load_settings(
        rdap_bootstrap_url="http://127.0.0.1:9/",
        nameservers=["127.0.0.1:9"],
        whois_root="127.0.0.1:9",
        cache_folder=tmp_path,
        allow_loopback_registries=True,
        dns_timeout=0.2,
        connect_timeout=0.2,
        patience=0,
    )
    assert special_purpose(ipaddress.ip_address("193.0.6.139")) is None
    async with Attributor(settings) as attributor:
        answer = await attributor.attribute("193.0.6.139")
    assert "bootstrap_fallback" in {doubt.code for doubt in answer.doubts}
    assert answer.status == "retry_later"


@respx.mock
@pytest.mark.parametrize(
    ("asn", "expected"),
    [(64500, "https://narrow.example/"), (64496, "https://wide.example/"), (1, None)],
)
async def test_narrowest_span_of_as_numbers_wins(
    asn: int, expected: str | None, bootstrap: Bootstrap
) -> None:
    services = [
        [["64496-64511"], ["https://wide.example/"]],
        [["64500"], ["https://narrow.example/"]],
    ]
    respx.get(f"{BASE}asn.json").respond(json={"services": services})
    assert next(iter(await bootstrap.for_system(asn)), None) == expected


@respx.mock
async def test_domain_is_matched_by_its_longest_suffix(bootstrap: Bootstrap) -> None:
    services = [[["example"], ["https://one.example/"]], [["co.example"], ["https://two.example/"]]]
    respx.get(f"{BASE}dns.json").respond(json={"services": services})
    assert await bootstrap.for_domain("site.example") == ("https://one.example/",)
    assert await bootstrap.for_domain("site.co.example") == ("https://two.example/",)
    assert await bootstrap.for_domain("site.test") == ()
    assert json.dumps(services)
