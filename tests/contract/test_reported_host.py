"""No packet for the reported host: by redirect, referral, or another form of its address."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from attribution import Attributor, load_settings
from attribution.demo import DemoWorld
from attribution.evidence import Record
from attribution.lookup.transport import (
    DestinationRefused,
    HttpRequest,
    ReportedAddresses,
    Transport,
)
from servers import Listed

PROGRAM = Path(__file__).parent.parent / "namespace.py"
SITE = "127.0.0.9"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


def _namespaces() -> bool:
    unshare = shutil.which("unshare")
    if not unshare or not shutil.which("ip"):
        return False
    done = subprocess.run(
        [unshare, "--map-root-user", "--net", "true"], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.mark.skipif(
    not _namespaces(), reason="no network namespace of one's own here (unshare, ip)"
)
def test_no_packet_reaches_the_reported_host_in_any_form_of_its_address() -> None:
    command = ["unshare", "--map-root-user", "--net", sys.executable, str(PROGRAM)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["reached"] == [True] * 6, "packets to the host are not seen at all"
    assert told["seen"] == 0
    assert len(told["became"]) == 31
    for way, (outcome, note) in told["became"].items():
        if way.startswith("whois"):  # a referral to no listed server is recorded and not followed
            assert outcome == "not_found", way
        else:
            assert outcome == "refused", way
            assert "reported site" in note, way


class Site:
    """The reported host: counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        await reader.readline()
        writer.write(NOT_FOUND)
        writer.close()


@asynccontextmanager
async def listening(site: Site) -> AsyncIterator[None]:
    server = await asyncio.start_server(site.serve, SITE, 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        await asyncio.sleep(0.05)


def transport_to(site: Site, reported: ReportedAddresses, *listed: tuple[str, int]) -> Transport:
    """Return a transport that may ask every server; every name leads to the site."""
    settings = load_settings(
        allow_loopback_registries=True, rdap_timeout=2, whois_timeout=2, connect_timeout=2
    )
    transport = Transport(settings, Listed(*listed), reported=reported, ask_unlisted=True)

    async def resolve(host: str) -> list[str]:
        return [SITE]

    transport.resolve_names_by(resolve)
    return transport


@pytest.mark.parametrize("is_reported", [False, True])
async def test_server_that_an_answer_names_is_asked_unless_it_is_another_targets_host(
    is_reported: bool,
) -> None:
    site, reported = Site(), ReportedAddresses()
    async with listening(site):
        transport = transport_to(site, reported)
        url = HttpRequest(f"http://{SITE}:{site.port}/", kind="ip", accept="*/*")
        with reported.in_work("other.example") as other:
            if is_reported:
                other.add([f"::ffff:{SITE}"])
                with pytest.raises(DestinationRefused):
                    await transport.fetch(url)
                with pytest.raises(DestinationRefused):
                    await transport.ask_line(SITE, site.port, "192.0.2.1", kind="ip")
            else:
                assert (await transport.fetch(url)).status == 404
                assert await transport.ask_line(SITE, site.port, "192.0.2.1", kind="ip")
        await transport.close()
    assert site.visits == (0 if is_reported else 2)


async def test_each_listed_servers_address_as_a_target_switches_nothing_off() -> None:
    """Whoever puts registries' addresses into a zone, before or after they are known."""
    site, reported = Site(), ReportedAddresses()
    async with listening(site):
        servers = [("rdap.registry.example", site.port), ("whois.registry.example", site.port)]
        transport = transport_to(site, reported, *servers)
        with reported.in_work("offender.example") as offender:
            offender.add([SITE])
            for _ in range(2):
                for host, port in servers:
                    request = HttpRequest(f"http://{host}:{port}/", kind="ip", accept="*/*")
                    assert (await transport.fetch(request)).status == 404
                    assert await transport.ask_line(host, port, "192.0.2.1", kind="ip")
            assert {str(one) for one in transport.registry_addresses([SITE, "192.0.2.1"])} == {SITE}
            with pytest.raises(DestinationRefused):
                await transport.ask_line("whois.offender.example", 43, "192.0.2.1", kind="ip")
        await transport.close()
    assert site.visits == 8


async def test_registries_addresses_in_a_zone_do_not_stop_the_rest_of_a_batch(
    world: DemoWorld, tmp_path: Path
) -> None:
    """The demo world's servers are on 127.0.0.1: that is reported during another look-up."""
    settings = world.settings(cache_folder=tmp_path)
    opened: list[tuple[str, str, int]] = []
    async with Attributor(settings, on_connect=lambda *where: opened.append(where)) as attributor:
        reported = attributor.reported_addresses
        with reported.in_work("offender.example") as offender:
            offender.add(["127.0.0.1"])
            answer = await attributor.attribute("https://shop.quay-customer.example/1")
    assert answer.status == "attributed"
    assert {kind for kind, _, _ in opened} >= {"dns", "http"}


async def test_addresses_are_reported_before_a_registry_is_asked_about_them(
    world: DemoWorld, tmp_path: Path
) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path)) as attributor:
        reported = attributor.reported_addresses
        at_registries: list[bool] = []

        def heard(record: Record) -> None:
            if record.kind in ("rdap", "whois"):
                at_registries.append(ipaddress.ip_address("192.0.2.10") in reported)
                assert reported.is_host("x.shop.quay-customer.example")

        found = await attributor.investigate("https://shop.quay-customer.example/1", heard=heard)
        assert [one.ip for one in found.attribution.addresses] == ["192.0.2.10"]
        assert at_registries
        assert all(at_registries)
        assert not reported.is_host("shop.quay-customer.example")
        assert ipaddress.ip_address("192.0.2.10") in reported  # for an hour longer
