"""What an HTTP server may cost: bytes, memory, header fields, chunks, turns of the loop."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import respx
import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from attribution import load_settings
from attribution.lookup.transport import (
    DestinationRefused,
    HttpAnswer,
    HttpRequest,
    MalformedAnswer,
    TooLarge,
    Transport,
    Unreachable,
)
from servers import EveryServer

URL = "https://rdap.example/ip/192.0.2.1"
BOUND = 1024 * 1024
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    settings = load_settings(allow_loopback_registries=True, rdap_timeout=20)
    made = Transport(settings, EveryServer())
    yield made
    await made.close()


async def get(transport: Transport, url: str = URL, most_bytes: int = BOUND) -> HttpAnswer:
    return await transport.fetch(HttpRequest(url, kind="ip", accept="*/*", most_bytes=most_bytes))


async def from_server(
    transport: Transport, sent: bytes, *, most_bytes: int = BOUND, keep_open: bool = False
) -> HttpAnswer:
    """Fetch from a server that sends fixed bytes."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        try:
            writer.write(sent)
            await writer.drain()
            if keep_open:
                await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        return await get(transport, f"http://127.0.0.1:{port}/", most_bytes)
    finally:
        server.close()
        assert b"accept-encoding: gzip\r\n" in heads[0].lower()
        assert b"cookie" not in heads[0].lower()


def message(body: bytes, *fields: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


@respx.mock
async def test_mocked_answer_is_decompressed_as_a_real_one(transport: Transport) -> None:
    respx.get(URL).respond(content=gzip.compress(b"{}"), headers={"content-encoding": "gzip"})
    assert (await get(transport)).body == b"{}"


@respx.mock
async def test_mocked_bomb_is_refused(transport: Transport) -> None:
    bomb = gzip.compress(bytes(BOUND + 1))
    respx.get(URL).respond(content=bomb, headers={"content-encoding": "gzip"})
    with pytest.raises(TooLarge, match=str(BOUND)):
        await get(transport)


@respx.mock
async def test_who_asks_may_set_a_wider_bound(transport: Transport) -> None:
    bomb = gzip.compress(bytes(BOUND + 1))
    respx.get(URL).respond(content=bomb, headers={"content-encoding": "gzip"})
    assert len((await get(transport, most_bytes=2 * BOUND)).body) == BOUND + 1


@respx.mock
async def test_cookies_are_not_kept(transport: Transport) -> None:
    route = respx.get(URL).respond(200, headers={"set-cookie": "a=b; Path=/"})
    await get(transport)
    await get(transport)
    assert "cookie" not in route.calls[1].request.headers


@respx.mock
async def test_form_is_posted(transport: Transport) -> None:
    route = respx.post("https://nir.example/").respond(200)
    form = [("query", "192.0.2.1 &=é"), ("query", "x")]
    await transport.fetch(
        HttpRequest("https://nir.example/", kind="ip", accept="text/html", form=form)
    )
    sent = route.calls[0].request
    assert sent.content == b"query=192.0.2.1+%26%3D%C3%A9&query=x"
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.headers["content-length"] == str(len(sent.content))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://rdap.example/",
        "https:///ip/192.0.2.1",
        "https://u:p@rdap.example/",
        "",
        "//rdap.example/",
        "https://[::1/",
        "https://rdap.example:99999/",
        "https://rdap.example/\x00",
        "https://" + "a" * 70_000,
        "https://ex\u2028ample/",
    ],
)
async def test_what_is_no_url_to_ask_is_refused(url: str, transport: Transport) -> None:
    with pytest.raises(DestinationRefused):
        await get(transport, url)


async def test_gzip_is_undone(transport: Transport) -> None:
    sent = message(gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip")
    assert (await from_server(transport, sent)).body == b'{"a": 1}'


async def test_bomb_ends_the_connection(transport: Transport) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(BOUND)) for _ in range(64)) + packer.flush()
    with pytest.raises(TooLarge):
        await from_server(transport, message(bomb, "Content-Encoding: gzip"), keep_open=True)


@pytest.mark.parametrize(
    "fields",
    [
        ["Content-Encoding: br"],
        ["Content-Encoding: gzip, gzip"],
        ["Content-Encoding: gzip", "Content-Encoding: gzip"],
    ],
)
async def test_coding_that_is_not_read_is_malformed(
    fields: list[str], transport: Transport
) -> None:
    with pytest.raises(MalformedAnswer):
        await from_server(transport, message(gzip.compress(gzip.compress(b"{}")), *fields))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ([f"X-{number}: x" for number in range(300)], TooLarge),
        (["X: " + "x" * 70_000], TooLarge),
        (["X: " + "x" * 1_000_000], Unreachable),
    ],
)
async def test_header_fields_are_bounded(
    fields: list[str], error: type[Exception], transport: Transport
) -> None:
    with pytest.raises(error):
        await from_server(transport, message(b"{}", *fields))


async def test_tiny_chunks_end_before_they_add_up(transport: Transport) -> None:
    chunks = b"1\r\nx\r\n" * 500_000
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    with pytest.raises(TooLarge, match="pieces"):
        await from_server(transport, head + chunks, keep_open=True)


async def test_many_chunks_that_come_at_once_leave_others_their_turn(transport: Transport) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    other = asyncio.create_task(count())
    answer = await from_server(transport, head + b"1\r\nx\r\n" * 12_800 + b"0\r\n\r\n")
    other.cancel()
    assert len(answer.body) == 12_800
    assert turns > 100


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
    ],
)
async def test_broken_http_is_unreachable(sent: bytes, transport: Transport) -> None:
    with pytest.raises(Unreachable):
        await from_server(transport, sent)


async def _http2_server(
    authority: trustme.CA, answer: Callable[[H2Connection, int], None]
) -> asyncio.Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = H2Configuration(
            client_side=False, validate_outbound_headers=False, normalize_outbound_headers=False
        )
        connection = H2Connection(config)
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        try:
            while data := await reader.read(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, RequestReceived) and event.stream_id:
                        answer(connection, event.stream_id)
                writer.write(connection.data_to_send())
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)


def _bad_status(connection: H2Connection, stream: int) -> None:
    connection.send_headers(stream, [(":status", "abc")], end_stream=True)


def _many_fields(connection: H2Connection, stream: int) -> None:
    fields = [(":status", "200"), *((f"x-{number}", "x") for number in range(300))]
    connection.send_headers(stream, fields, end_stream=True)


def _long_field(connection: H2Connection, stream: int) -> None:
    connection.send_headers(stream, [(":status", "200"), ("x", "x" * 70_000)], end_stream=True)


def _bomb(connection: H2Connection, stream: int) -> None:
    connection.send_headers(stream, [(":status", "200"), ("content-encoding", "gzip")])
    bomb = gzip.compress(bytes(8 * BOUND))
    connection.send_data(stream, bomb[:16000], end_stream=True)


def _empty_frames(connection: H2Connection, stream: int) -> None:
    connection.send_headers(stream, [(":status", "200")])
    for _ in range(20_000):
        connection.send_data(stream, b"")


def _reset(connection: H2Connection, stream: int) -> None:
    connection.send_headers(stream, [(":status", "200")])
    connection.reset_stream(stream)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_bad_status, Unreachable),
        (_many_fields, TooLarge),
        (_long_field, Unreachable),
        (_bomb, TooLarge),
        (_empty_frames, TooLarge),
        (_reset, Unreachable),
    ],
)
async def test_http2_has_the_same_bounds(
    answer: Callable[[H2Connection, int], None],
    error: type[Exception],
    transport: Transport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = trustme.CA()
    server = await _http2_server(authority, answer)
    port = server.sockets[0].getsockname()[1]
    with authority.cert_pem.tempfile() as trusted:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        with pytest.raises(error):
            await get(transport, f"https://127.0.0.1:{port}/")
    server.close()
    await transport.close()
    await asyncio.sleep(0.05)


async def test_kept_connection_serves_the_next_request_and_a_closed_one_is_replaced(
    transport: Transport,
) -> None:
    heads: list[bytes] = []
    opened: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heads.append(head)
                writer.write(message(b"{}"))
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await get(transport, url)
    await get(transport, url)
    assert (len(opened), len(heads)) == (1, 2)
    opened[0].close()
    await asyncio.sleep(0.05)
    await get(transport, url)
    assert (len(opened), len(heads)) == (2, 3)
    server.close()
    await transport.close()
    await asyncio.sleep(0.05)


async def test_transport_without_a_client_of_its_own_can_be_replaced_by_respx() -> None:
    """`@respx.mock` patches where the client looks its transport up: any may stand there."""
    with respx.mock(using="httpx") as router:
        router.get(URL).mock(return_value=httpx.Response(200, content=b"{}"))
        transport = Transport(load_settings(), EveryServer())
        assert (await get(transport)).body == b"{}"
        await transport.close()
