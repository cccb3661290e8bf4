"""The one door, on real sockets: what it opens, and what it refuses to open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import attribution
from attribution import load_settings
from attribution.lookup.transport import (
    DestinationRefused,
    HttpAnswer,
    HttpRequest,
    ReportedAddresses,
    ServerTable,
    TooLarge,
    Transport,
    Unreachable,
)
from servers import Listed

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
Start = Callable[[bytes | None], Awaitable[int]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start servers on loopback that send fixed bytes after the first line; None for silence."""
    servers: list[asyncio.Server] = []
    open_ends: list[asyncio.StreamWriter] = []

    async def serve(sent: bytes | None) -> int:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            open_ends.append(writer)
            await reader.readline()
            if sent is not None:
                writer.write(sent)
                writer.close()

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0))
        return int(servers[-1].sockets[0].getsockname()[1])

    yield serve
    for server in servers:
        server.close()
    for writer in open_ends:
        writer.transport.abort()
    await asyncio.sleep(0)


def door(
    servers: ServerTable | None = None,
    reported: ReportedAddresses | None = None,
    *,
    ask_unlisted: bool = True,
    **changes: object,
) -> tuple[Transport, list[tuple[str, str, int]]]:
    opened: list[tuple[str, str, int]] = []
    values = {
        "allow_loopback_registries": True,
        "connect_timeout": 0.5,
        "rdap_timeout": 1,
        "whois_timeout": 1,
    }
    transport = Transport(
        load_settings(**(values | changes)),
        servers or Listed(),
        reported=reported,
        ask_unlisted=ask_unlisted,
        on_connect=lambda *where: opened.append(where),
    )
    return transport, opened


async def get(transport: Transport, url: str, **more: Any) -> HttpAnswer:
    return await transport.fetch(HttpRequest(url, kind="ip", accept="*/*", **more))


async def ask(transport: Transport, host: str, port: int, **more: Any) -> bytes:
    return await transport.ask_line(host, port, "192.0.2.1", kind="ip", **more)


async def test_loopback_is_refused_unless_allowed(start: Start) -> None:
    port = await start(ANSWER)
    transport, opened = door(allow_loopback_registries=False)
    with pytest.raises(DestinationRefused):
        await get(transport, "https://127.0.0.1/ip/192.0.2.1")
    with pytest.raises(DestinationRefused):
        await ask(transport, "127.0.0.1", port)
    assert opened == []
    await transport.close()


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "192.168.0.1", "::1", "fe80::1"])
async def test_name_that_resolves_inside_is_refused_before_a_socket(inside: str) -> None:
    transport, opened = door(allow_loopback_registries=False)

    async def resolve(host: str) -> list[str]:
        return ["8.8.8.8", inside]

    transport.resolve_names_by(resolve)
    with pytest.raises(DestinationRefused, match=inside):
        await get(transport, "https://rdap.example/ip/192.0.2.1")
    with pytest.raises(DestinationRefused, match=inside):
        await ask(transport, "whois.example", 43)
    assert opened == []
    await transport.close()


async def test_address_that_was_checked_is_the_one_connected_to(start: Start) -> None:
    """A name cannot change its mind between check and connection (DNS rebinding): it is resolved
    once, by us.

    Were the name resolved again by the system, the tests' own guard would refuse it.
    """
    port = await start(ANSWER)
    transport, opened = door(rdap_bootstrap_url=f"http://rdap.example:{port}/")
    asked: list[str] = []

    async def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    transport.resolve_names_by(resolve)
    answer = await transport.fetch(
        HttpRequest(f"http://rdap.example:{port}/", kind="bootstrap", accept="*/*")
    )
    assert answer.body == b"{}"
    assert asked == ["rdap.example"]
    assert opened == [("http", "127.0.0.1", port)]
    await transport.close()


async def test_reported_site_is_not_connected_to_even_over_a_kept_connection(start: Start) -> None:
    port = await start(ANSWER)
    reported = ReportedAddresses()
    transport, opened = door(reported=reported)
    await get(transport, f"http://127.0.0.1:{port}/")
    reported.add(["127.0.0.1"])
    with pytest.raises(DestinationRefused, match="reported site"):
        await get(transport, f"http://127.0.0.1:{port}/")
    with pytest.raises(DestinationRefused, match="reported site"):
        await ask(transport, "127.0.0.1", port)
    assert len(opened) == 1
    await transport.close()


async def test_every_connection_is_told(start: Start) -> None:
    port = await start(ANSWER)
    transport, opened = door()
    await get(transport, f"http://127.0.0.1:{port}/")
    await ask(transport, "127.0.0.1", port)
    assert opened == [("http", "127.0.0.1", port), ("whois", "127.0.0.1", port)]
    await transport.close()


async def test_more_than_a_mebibyte_is_not_read(start: Start) -> None:
    port = await start(b"x" * 1_100_000)
    transport, _ = door()
    with pytest.raises(TooLarge):
        await ask(transport, "127.0.0.1", port)
    await transport.close()


@pytest.mark.parametrize("how", ["http", "whois"])
async def test_silence_has_a_limit(how: str, start: Start) -> None:
    port = await start(None)
    transport, _ = door(rdap_timeout=0.2, whois_timeout=0.2)
    with pytest.raises((TimeoutError, Unreachable)):
        if how == "http":
            await get(transport, f"http://127.0.0.1:{port}/")
        else:
            await ask(transport, "127.0.0.1", port)
    await transport.close()


async def test_closed_port_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    transport, _ = door()
    with pytest.raises(Unreachable):
        await get(transport, f"http://127.0.0.1:{port}/")
    with pytest.raises(Unreachable):
        await ask(transport, "127.0.0.1", port)
    await transport.close()


async def test_resolver_that_the_settings_do_not_name_is_refused() -> None:
    transport, opened = door()
    with pytest.raises(DestinationRefused, match="no resolver"):
        await transport.exchange_dns(bytes(12), "127.0.0.1", 9, 0.2)
    assert opened == []


def test_no_other_file_of_the_library_can_open_a_socket() -> None:
    """Only the transport may name what opens sockets; the demo's servers and the service listen,
    and open none.

    Two ask somebody else than registries: the client asks the service, and signing in may ask an
    identity provider. One only listens: `serve`.
    """
    folder = Path(attribution.__file__).parent
    openers = (
        "socket.socket",
        "AnyIOBackend(",
        "create_datagram_endpoint",
        "open_connection",
        "create_connection",
        "AsyncClient(",
        "httpx.get",
        "urlopen",
        "import requests",
        "import authlib",
        "from authlib",
    )
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if any(opener in path.read_text("utf-8") for opener in openers)
    }
    assert found == {
        "client/remote.py",
        "lookup/transport/dns.py",
        "lookup/transport/http.py",
        "lookup/transport/whois.py",
        "web/access/oidc.py",
        "web/serve.py",
    }


def test_tests_themselves_cannot_reach_outside() -> None:
    with socket.socket() as probe, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        probe.connect(("192.0.2.1", 80))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, pytest.raises(AssertionError):
        probe.sendto(b"x", ("192.0.2.1", 53))
    with pytest.raises(AssertionError):
        socket.getaddrinfo("site.example", 80)
