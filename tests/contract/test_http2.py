"""HTTP/2 where the registry offers it, over TLS that is verified."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import h2.config
import h2.connection
import h2.events
import pytest
import trustme

from attribution import load_settings
from attribution.lookup.transport import HttpRequest, Transport, Unreachable
from servers import EveryServer

Start = Callable[[list[str]], Awaitable[int]]


async def _http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                connection.send_headers(
                    event.stream_id, [(":status", "200"), ("content-type", "application/rdap+json")]
                )
                connection.send_data(event.stream_id, b'{"spoken": "h2"}', end_stream=True)
        writer.write(connection.data_to_send())
    writer.close()


async def _http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b'HTTP/1.1 200 OK\r\ncontent-length: 16\r\nconnection: close\r\n\r\n{"spoken": "h1"}'
    )
    await writer.drain()
    writer.close()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def start(authority: trustme.CA) -> AsyncIterator[Start]:
    servers: list[asyncio.Server] = []

    async def serve(protocols: list[str]) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        context.set_alpn_protocols(protocols)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
            await (_http2 if chosen == "h2" else _http1)(reader, writer)

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context))
        return int(servers[-1].sockets[0].getsockname()[1])

    yield serve
    for server in servers:
        server.close()
    await asyncio.sleep(0.05)


def door() -> Transport:
    return Transport(load_settings(allow_loopback_registries=True, rdap_timeout=3), EveryServer())


@pytest.mark.parametrize(
    ("offered", "spoken"), [(["h2", "http/1.1"], b"h2"), (["http/1.1"], b"h1")]
)
async def test_protocol_that_the_registry_offers_is_spoken(
    offered: list[str],
    spoken: bytes,
    start: Start,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = await start(offered)
    transport = door()
    with authority.cert_pem.tempfile() as trusted:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        answer = await transport.fetch(
            HttpRequest(f"https://127.0.0.1:{port}/", kind="ip", accept="*/*")
        )
    assert spoken in answer.body
    assert answer.tls
    await transport.close()


async def test_certificate_of_nobody_known_is_refused(start: Start) -> None:
    port = await start(["h2"])
    transport = door()
    with pytest.raises(Unreachable, match="certificate"):
        await transport.fetch(HttpRequest(f"https://127.0.0.1:{port}/", kind="ip", accept="*/*"))
    await transport.close()
