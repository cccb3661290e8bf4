"""WHOIS servers on loopback: from the root along referrals, with bounds."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from attribution import load_settings
from attribution.evidence import Record
from attribution.lookup.attempt import Attempts
from attribution.lookup.clock import Clock
from attribution.lookup.pace import Pace
from attribution.lookup.transport import Transport
from attribution.lookup.whois import WhoisClient
from bundles import TARGET
from servers import Listed

ADDRESS = ipaddress.ip_address(TARGET)
NETWORK = "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX\nstatus: ASSIGNED PI\nsource: RIPE\n"
Ask = Callable[[dict[str, str]], Awaitable[tuple[WhoisClient, dict[str, list[str]]]]]


@pytest.fixture
async def servers() -> AsyncIterator[Ask]:
    """Start one server a name, each with a fixed text; return a client whose root is `root`, and what was asked."""
    running: list[asyncio.Server] = []

    async def make(texts: dict[str, str]) -> tuple[WhoisClient, dict[str, list[str]]]:
        asked: dict[str, list[str]] = {name: [] for name in texts}
        overrides = {}
        for name, text in texts.items():

            async def answer(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str = name, text: str = text
            ) -> None:
                asked[name].append((await reader.readline()).decode().strip())
                writer.write(text.encode("latin-1"))
                writer.close()

            running.append(await asyncio.start_server(answer, "127.0.0.1", 0))
            overrides[name] = f"127.0.0.1:{running[-1].sockets[0].getsockname()[1]}"
        settings = load_settings(
            whois_root="root", whois_overrides=overrides, allow_loopback_registries=True, whois_timeout=1, patience=0
        )
        clock = Clock()
        return WhoisClient(
            settings, Transport(settings, Listed(), ask_unlisted=True), Attempts(Pace(8, 0, clock), clock), clock
        ), asked

    yield make
    for server in running:
        server.close()
    await asyncio.sleep(0)


def outcomes(records: list[Record]) -> list[tuple[str, str]]:
    return [(record.server, record.outcome) for record in records]


async def test_root_refers_to_the_registry(servers: Ask) -> None:
    client, asked = await servers({"root": "refer: whois.ripe.net\n", "whois.ripe.net": NETWORK})
    records = await client.network_at(ADDRESS, "whois", None)
    assert outcomes(records) == [("root", "redirected"), ("whois.ripe.net", "answered")]
    assert asked == {"root": [TARGET], "whois.ripe.net": [TARGET]}


async def test_arin_is_asked_in_full(servers: Ask) -> None:
    client, asked = await servers({"root": "refer: whois.arin.net\n", "whois.arin.net": "No match found\n"})
    await client.network_at(ADDRESS, "whois", None)
    assert asked["whois.arin.net"] == [f"n + {TARGET}"]


async def test_referrals_in_a_circle_end(servers: Ask) -> None:
    texts = {"root": "refer: whois.one.example\n", "whois.one.example": "refer: whois.two.example\n",
             "whois.two.example": "ReferralServer: whois://whois.one.example\n"}  # fmt: skip
    client, _ = await servers(texts)
    records = await client.network_at(ADDRESS, "whois", None)
    assert (records[-1].outcome, records[-1].note) == ("malformed", "the referrals run in a circle")


async def test_referrals_are_bounded(servers: Ask) -> None:
    texts = {f"whois.n{number}.example": f"refer: whois.n{number + 1}.example\n" for number in range(9)}
    client, asked = await servers({"root": "refer: whois.n0.example\n", **texts})
    records = await client.network_at(ADDRESS, "whois", None)
    assert records[-1].outcome == "malformed"
    assert sum(len(lines) for lines in asked.values()) == 5


async def test_server_only_mentioned_is_asked_where_the_answer_holds_nothing_else(servers: Ask) -> None:
    texts = {"root": "refer: whois.apnic.net\n", "whois.apnic.net": "remarks: please see whois.ripe.net\n",
             "whois.ripe.net": NETWORK}  # fmt: skip
    client, _ = await servers(texts)
    assert outcomes(await client.network_at(ADDRESS, "whois", None))[-1] == ("whois.ripe.net", "answered")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("% no match\n", "not_found"),
        ("%ERROR:201: access denied\n", "rate_limited"),
        ("", "unreachable"),
        ("<html>hello</html>\n", "malformed"),
        ("inetnum: 198.51.100.0 - 198.51.100.255\nnetname: X\nsource: RIPE\n", "malformed"),
        ("x" * 1_100_000, "malformed"),
    ],
)
async def test_answers_are_judged(text: str, outcome: str, servers: Ask) -> None:
    client, _ = await servers({"root": text})
    assert (await client.network_at(ADDRESS, "whois", None))[-1].outcome == outcome


async def test_banned_host_is_told_so_and_stops_asking(servers: Ask) -> None:
    client, asked = await servers({"root": "%ERROR:201: access permanently denied for 192.0.2.1\n"})
    first = (await client.network_at(ADDRESS, "whois", None))[-1]
    again = (await client.network_at(ADDRESS, "whois", None))[-1]
    assert "permanently denied" in (first.note or "")
    assert first.outcome == again.outcome == "rate_limited"
    assert len(asked["root"]) == 1


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "192.168.1.1"])
async def test_referral_to_the_inside_is_refused(inside: str, servers: Ask) -> None:
    client, _ = await servers({"root": f"refer: {inside}\n"})
    assert outcomes(await client.network_at(ADDRESS, "whois", None))[-1] == (inside, "refused")


async def test_domain_is_asked_along_the_registry_of_its_suffix(servers: Ask) -> None:
    text = "Domain Name: SITE.EXAMPLE\nRegistrar: Wharf Registrar Ltd\nRegistrar IANA ID: 9999\n"
    client, asked = await servers({"root": "refer: whois.nic.example\n", "whois.nic.example": text})
    records = await client.domain("site.example", "domain")
    assert outcomes(records) == [("root", "redirected"), ("whois.nic.example", "answered")]
    assert asked["whois.nic.example"] == ["site.example"]


async def test_server_that_no_registry_runs_gets_little_room(servers: Ask) -> None:
    text = "inetnum: 192.0.2.0 - 192.0.2.255\n" + "remarks: x\n" * 8000
    client, _ = await servers({"root": "refer: whois.customer.example\n", "whois.customer.example": text})
    assert outcomes(await client.network_at(ADDRESS, "whois", None))[-1] == ("whois.customer.example", "malformed")
