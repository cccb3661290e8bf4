"""WHOIS servers on loopback: from the root along
referrals between listed registries, with bounds.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from attribution import load_settings
from attribution.evidence import Record
from attribution.evidence.question import DomainNamed, WhoisAbove, WhoisAt, WhoisSystem
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.pace import Pace
from attribution.lookup.concurrency.attempt import Attempts
from attribution.lookup.protocols.listed import ListedServers
from attribution.lookup.protocols.whois import WhoisClient
from attribution.lookup.transport import Transport
from bundles import TARGET

ADDRESS = ipaddress.ip_address(TARGET)
IANA, RIPE, APNIC = "whois.iana.org", "whois.ripe.net", "whois.apnic.net"
ARIN, LACNIC = "whois.arin.net", "whois.lacnic.net"
NETWORK = "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX\nstatus: ASSIGNED PI\nsource: RIPE\n"
STRANGER = "whois.customer.example"
QUESTION = WhoisAt(ADDRESS)
Ask = Callable[[dict[str, str]], Awaitable[tuple[WhoisClient, dict[str, list[str]]]]]


@pytest.fixture
async def servers() -> AsyncIterator[Ask]:
    """Start one server a name, each with a fixed text; return a client, and what was asked.

    Every name leads to loopback; IANA's is reached by the setting for the root.
    """
    running: list[asyncio.Server] = []

    async def make(texts: dict[str, str]) -> tuple[WhoisClient, dict[str, list[str]]]:
        asked: dict[str, list[str]] = {name: [] for name in texts}
        places = {}
        for name, text in texts.items():

            async def answer(
                reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter,
                name: str = name,
                text: str = text,
            ) -> None:
                asked[name].append((await reader.readline()).decode().strip())
                writer.write(text.encode("latin-1"))
                writer.close()

            running.append(await asyncio.start_server(answer, "127.0.0.1", 0))
            places[name] = f"127.0.0.1:{running[-1].sockets[0].getsockname()[1]}"
        root = places.pop(IANA, "127.0.0.1:9")
        settings = load_settings(
            whois_root=root,
            whois_overrides=places,
            allow_loopback_registries=True,
            whois_timeout=1,
            patience=0,
        )
        clock, listed = Clock(), ListedServers(settings)
        attempts = Attempts(Pace(8, 0, clock), clock)
        return WhoisClient(settings, Transport(settings, listed), listed, attempts, clock), asked

    yield make
    for server in running:
        server.close()
    await asyncio.sleep(0)


def outcomes(records: list[Record]) -> list[tuple[str, str]]:
    return [(record.server, record.outcome) for record in records]


async def test_root_refers_to_the_registry_which_also_gives_what_lies_above(servers: Ask) -> None:
    client, asked = await servers({IANA: f"refer: {RIPE}\n", RIPE: NETWORK})
    records = await client.network_at(QUESTION)
    assert outcomes(records) == [(IANA, "redirected"), (RIPE, "answered")]
    assert asked == {IANA: [TARGET], RIPE: [f"-L {TARGET}"]}


async def test_arin_is_asked_in_full(servers: Ask) -> None:
    client, asked = await servers({IANA: f"refer: {ARIN}\n", ARIN: "No match found\n"})
    records = await client.network_at(QUESTION)
    assert outcomes(records)[-1] == (ARIN, "not_found")
    assert asked[ARIN] == [f"n + {TARGET}"]


async def test_lacnic_is_asked_for_the_exact_block_above(servers: Ask) -> None:
    text = "inetnum: 192.0.2.0/23\nstatus: allocated\nowner: Site SA\nownerid: AR-SISA-LACNIC\n"
    client, asked = await servers({LACNIC: text})
    records = await client.network_above(WhoisAbove("192.0.2.0/23", LACNIC))
    assert outcomes(records) == [(LACNIC, "answered")]
    assert asked == {LACNIC: ["192.0.2.0/23"]}


@pytest.mark.parametrize(
    ("server", "text", "line"),
    [
        (RIPE, "aut-num: AS64500\nas-name: EX\norg: ORG-EX1-RIPE\nsource: RIPE\n", "AS64500"),
        (ARIN, "ASNumber: 64500\nASName: EX\nASHandle: AS64500\n", "a + 64500"),
    ],
)
async def test_autonomous_system_is_asked_in_the_servers_own_form(
    server: str, text: str, line: str, servers: Ask
) -> None:
    client, asked = await servers({server: text})
    assert outcomes(await client.system(WhoisSystem(64500, server))) == [(server, "answered")]
    assert outcomes(await client.system(WhoisSystem(64501, server))) == [(server, "not_found")]
    assert asked[server][0] == line


async def test_referrals_in_a_circle_end(servers: Ask) -> None:
    texts = {IANA: f"refer: {RIPE}\n", RIPE: f"refer: {APNIC}\n", APNIC: f"refer: {RIPE}\n"}
    client, _ = await servers(texts)
    records = await client.network_at(QUESTION)
    assert (records[-1].outcome, records[-1].note) == (
        "malformed",
        "the referrals run in a circle",
    )


async def test_referrals_are_bounded(servers: Ask) -> None:
    hosts = [IANA, RIPE, APNIC, "whois.afrinic.net", ARIN, LACNIC, "whois.registro.br"]
    following = [*hosts[1:], "whois.nic.mx"]
    texts = {host: f"refer: {other}\n" for host, other in zip(hosts, following, strict=True)}
    client, asked = await servers(texts)
    records = await client.network_at(QUESTION)
    assert records[-1].outcome == "malformed"
    assert sum(len(lines) for lines in asked.values()) == 5


@pytest.mark.parametrize("key", ["refer", "ReferralServer", "whois"])
@pytest.mark.parametrize("network", ["", NETWORK])
async def test_server_that_no_registry_runs_is_recorded_and_not_asked(
    key: str, network: str, servers: Ask
) -> None:
    text = f"{network}{key}: whois://{STRANGER}\n"
    client, asked = await servers({IANA: f"refer: {RIPE}\n", RIPE: text, STRANGER: NETWORK})
    records = await client.network_at(QUESTION)
    assert [record.server for record in records] == [IANA, RIPE]
    assert STRANGER.encode() in records[-1].body
    assert records[-1].outcome == ("answered" if network else "not_found")
    assert asked[STRANGER] == []


async def test_server_that_a_remark_mentions_is_not_asked(servers: Ask) -> None:
    texts = {IANA: f"refer: {APNIC}\n", APNIC: f"remarks: please see {RIPE}\n", RIPE: NETWORK}
    client, asked = await servers(texts)
    assert [record.server for record in await client.network_at(QUESTION)] == [IANA, APNIC]
    assert asked[RIPE] == []


async def test_referral_of_a_customer_leads_to_no_other_registry(servers: Ask) -> None:
    """The holder of a network chooses its `ReferralServer`."""
    texts = {IANA: f"refer: {RIPE}\n", RIPE: f"{NETWORK}ReferralServer: whois://{APNIC}\n"}
    client, asked = await servers({**texts, APNIC: NETWORK})
    assert outcomes(await client.network_at(QUESTION))[-1] == (RIPE, "answered")
    assert asked[APNIC] == []


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
    client, _ = await servers({RIPE: text})
    assert (await client.network_at(WhoisAt(ADDRESS, RIPE)))[-1].outcome == outcome


async def test_answer_that_has_no_reader_is_malformed(servers: Ask) -> None:
    page = "whois.nic.ad.jp"
    client, _ = await servers({page: NETWORK})
    assert outcomes(await client.network_at(WhoisAt(ADDRESS, page))) == [(page, "malformed")]


async def test_banned_host_is_told_so_and_stops_asking(servers: Ask) -> None:
    text = "%ERROR:201: access permanently denied for 192.0.2.1\n"
    client, asked = await servers({IANA: text})
    first = (await client.network_at(QUESTION))[-1]
    again = (await client.network_at(QUESTION))[-1]
    assert "permanently denied" in (first.note or "")
    assert first.outcome == again.outcome == "rate_limited"
    assert len(asked[IANA]) == 1


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "192.168.1.1"])
async def test_referral_to_the_inside_is_not_followed(inside: str, servers: Ask) -> None:
    client, _ = await servers({IANA: f"refer: {inside}\n"})
    assert outcomes(await client.network_at(QUESTION)) == [(IANA, "not_found")]


async def test_domain_is_asked_along_the_registry_of_its_suffix(servers: Ask) -> None:
    text = "Domain Name: SITE.EXAMPLE\nRegistrar: Wharf Registrar Ltd\nRegistrar IANA ID: 9999\n"
    registry = "whois.nic.example"
    client, asked = await servers({IANA: f"refer: {registry}\n", registry: text})
    records = await client.domain(DomainNamed("site.example", whois=True))
    assert outcomes(records) == [(IANA, "redirected"), (registry, "answered")]
    assert asked[registry] == ["site.example"]


async def test_registrars_own_server_is_not_asked_about_a_domain(servers: Ask) -> None:
    """The registry of the suffix may name it; anybody can become a registrar's reseller."""
    registry, registrar = "whois.nic.example", "whois.registrar.example"
    texts = {IANA: f"refer: {registry}\n", registry: f"refer: {registrar}\n", registrar: "x"}
    client, asked = await servers(texts)
    records = await client.domain(DomainNamed("site.example", whois=True))
    assert [record.server for record in records] == [IANA, registry]
    assert asked[registrar] == []
