"""HTTP as RDAP servers speak it (RFC 7480), and as they should not."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from attribution import Settings, load_settings
from attribution.evidence import Record
from attribution.evidence.question import NationalNetwork, NetworkAt
from attribution.lookup.budgets.pace import Pace
from attribution.lookup.concurrency.attempt import Attempts
from attribution.lookup.protocols.bootstrap import Bootstrap
from attribution.lookup.protocols.listed import ListedServers
from attribution.lookup.protocols.rdap import RdapClient
from attribution.lookup.transport import Transport
from clocks import HandClock
from servers import EveryServer

ADDRESS = ipaddress.ip_address("192.0.2.7")
BASE = "https://rdap.example/"
URL = f"{BASE}ip/192.0.2.7"
NETWORK = {
    "objectClassName": "ip network",
    "startAddress": "192.0.2.0",
    "endAddress": "192.0.2.255",
    "handle": "N-1",
}


class Files:
    """Bootstrap files that are there already."""

    def __init__(self, clock: HandClock) -> None:
        text = {"services": [[["192.0.0.0/8"], [BASE]]], "publication": "2026-01-01T00:00:00Z"}
        self._file = json.dumps(text), clock.now()

    def get_file(self, name: str) -> tuple[str, datetime] | None:
        return self._file

    def put_file(self, name: str, text: str, fetched_at: datetime) -> None:
        raise AssertionError("nothing is fetched here")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def client_by(transport: Transport, settings: Settings, clock: HandClock) -> RdapClient:
    bootstrap = Bootstrap(settings, transport, clock, Files(clock))
    attempts = Attempts(Pace(8, 0, clock), clock)
    return RdapClient(transport, bootstrap, ListedServers(settings), attempts, clock)


@pytest.fixture
async def client(clock: HandClock) -> AsyncIterator[RdapClient]:
    settings = load_settings(patience=0)
    transport = Transport(settings, EveryServer())
    yield client_by(transport, settings, clock)
    await transport.close()


async def ask(client: RdapClient) -> Record:
    return (await client.network_at(NetworkAt(ADDRESS)))[-1]


@respx.mock
async def test_asks_for_the_address_with_the_media_type_and_a_name(client: RdapClient) -> None:
    route = respx.get(URL).respond(json=NETWORK)
    assert (await ask(client)).outcome == "answered"
    sent = route.calls[0].request
    assert "application/rdap+json" in sent.headers["accept"]
    assert sent.headers["user-agent"].startswith("attribution/")
    assert "cookie" not in sent.headers


@respx.mock
@pytest.mark.parametrize(
    "content_type", ["application/rdap+json", "text/html", "application/octet-stream", ""]
)
async def test_content_type_is_not_trusted(content_type: str, client: RdapClient) -> None:
    respx.get(URL).respond(
        content=json.dumps(NETWORK).encode(), headers={"content-type": content_type}
    )
    assert (await ask(client)).outcome == "answered"


@respx.mock
async def test_answer_is_kept_as_it_came(client: RdapClient) -> None:
    raw = b'  {"startAddress":"192.0.2.0",  "endAddress":"192.0.2.255","x":"\\u00e9"}\n'
    respx.get(URL).respond(content=raw)
    record = await ask(client)
    assert record.body == raw
    assert (record.url, record.http_status, record.tls) == (URL, 200, True)


@respx.mock
@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        ({"status_code": 404}, "not_found"),
        ({"status_code": 429}, "rate_limited"),
        ({"status_code": 429, "html": "<h1>Too many requests</h1>"}, "rate_limited"),
        ({"status_code": 403}, "rate_limited"),
        ({"status_code": 503, "text": "Rate limit exceeded"}, "rate_limited"),
        ({"status_code": 200, "text": "%ERROR:201: access denied"}, "rate_limited"),
        ({"status_code": 200, "html": "<title>Rate Limit Notice</title>"}, "rate_limited"),
        ({"status_code": 500}, "unreachable"),
        ({"status_code": 502, "html": "<h1>Bad gateway</h1>"}, "unreachable"),
        ({"status_code": 200, "content": b""}, "unreachable"),
        ({"status_code": 200, "html": "<h1>Welcome</h1>"}, "malformed"),
        ({"status_code": 200, "content": b"[" * 200_000}, "malformed"),
        ({"status_code": 200, "content": b'{"startAddress": "192.0.2.0"'}, "malformed"),
        (
            {
                "status_code": 200,
                "json": {"startAddress": "198.51.100.0", "endAddress": "198.51.100.255"},
            },
            "malformed",
        ),
        (
            {
                "status_code": 200,
                "json": {"startAddress": "192.0.0.0", "endAddress": "193.255.255.255"},
            },
            "malformed",
        ),
        ({"status_code": 200, "json": {"startAddress": None, "endAddress": 7}}, "malformed"),
        ({"status_code": 200, "content": b"{" + b'"a":"' + b"x" * 1_100_000 + b'"}'}, "malformed"),
        ({"status_code": 400}, "malformed"),
        ({"status_code": 301}, "malformed"),
    ],
)
async def test_every_kind_of_refusal_is_told_apart(
    response: dict[str, Any], outcome: str, client: RdapClient
) -> None:
    respx.get(URL).respond(**response)
    assert (await ask(client)).outcome == outcome


@respx.mock
@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError]
)
async def test_trouble_on_the_way_is_unreachable(
    error: type[httpx.HTTPError], client: RdapClient
) -> None:
    respx.get(URL).mock(side_effect=error("trouble"))
    record = await ask(client)
    assert record.outcome == "unreachable"
    assert record.retry_at


@respx.mock
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("Thu, 01 Jan 2026 00:00:09 GMT", 9), ("soon", 2), ("-1", 2), ("99999999", 86400)],
)
async def test_retry_after_in_seconds_or_as_a_date(
    header: str, seconds: int, client: RdapClient, clock: HandClock
) -> None:
    respx.get(URL).respond(429, headers={"retry-after": header})
    record = await ask(client)
    assert record.retry_at == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


@respx.mock
async def test_redirect_to_another_registry_is_followed_and_kept(client: RdapClient) -> None:
    respx.get(URL).respond(302, headers={"location": "https://other.example/rdap/ip/192.0.2.7"})
    respx.get("https://other.example/rdap/ip/192.0.2.7").respond(json=NETWORK)
    records = await client.network_at(NetworkAt(ADDRESS))
    assert [(one.kind, one.outcome, one.server) for one in records] == [
        ("bootstrap", "answered", "data.iana.org"),
        ("rdap", "redirected", "rdap.example"),
        ("rdap", "answered", "other.example"),
    ]


@respx.mock
async def test_redirect_to_a_server_that_no_registry_runs_is_recorded_and_not_followed(
    clock: HandClock,
) -> None:
    """It would learn which address is looked at, and its word decides nothing."""
    settings = load_settings(patience=0)
    listed = ListedServers(settings)
    transport = Transport(settings, listed)
    stranger = "https://rdap.customer.example/ip/192.0.2.7"
    respx.get(URL).respond(302, headers={"location": stranger})
    route = respx.get(stranger).respond(json=NETWORK)
    bootstrap = Bootstrap(settings, transport, clock, Files(clock))
    attempts = Attempts(Pace(8, 0, clock), clock)
    client = RdapClient(transport, bootstrap, listed, attempts, clock)
    listed.name_services([BASE], "ip")
    records = await client.network_at(NetworkAt(ADDRESS))
    await transport.close()
    assert [(one.outcome, one.server) for one in records[1:]] == [("refused", "rdap.example")]
    assert records[1].location == stranger
    assert not route.called


@respx.mock
async def test_redirects_in_a_circle_end(client: RdapClient) -> None:
    respx.get(URL).respond(302, headers={"location": URL})
    record = await ask(client)
    assert (record.outcome, record.note) == ("malformed", "the redirects run in a circle")


@respx.mock
async def test_redirects_are_bounded_at_five(client: RdapClient) -> None:
    respx.get(url__regex=r"https://rdap\.example/.*").mock(
        side_effect=lambda request: httpx.Response(307, headers={"location": f"{request.url}x"})
    )
    record = await ask(client)
    assert (record.outcome, record.note) == ("malformed", "more than 5 redirects")
    assert len(respx.calls) == 6


@respx.mock
@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://rdap.example/ip/192.0.2.7", "https://user:pass@rdap.example/"],
)
async def test_redirect_to_something_else_than_rdap_is_refused(
    location: str, client: RdapClient
) -> None:
    respx.get(URL).respond(302, headers={"location": location})
    assert (await ask(client)).outcome == "refused"


@respx.mock
async def test_national_service_is_asked_by_its_own_base_url(client: RdapClient) -> None:
    route = respx.get("https://nir.example/rdap/ip/192.0.2.7").respond(json=NETWORK)
    question = NationalNetwork("jpnic", ADDRESS, "https://nir.example/rdap/")
    records = await client.network_at_service(question)
    assert [(one.outcome, one.server) for one in records] == [("answered", "nir.example")]
    assert route.call_count == 1
