"""HTTP to registries, through one pool of connections to addresses that the guard let pass.

httpx is the client, httpcore2 keeps the connections, by its public interfaces only: a network
backend of ours connects to the address that was checked, never to a name, so that a name cannot
lead elsewhere in between (DNS rebinding). Bodies come as they were sent; `coding` undoes at most
one content coding, within a bound. Redirects are not followed here: a client that follows one makes
a new request, which the guard judges anew.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, cast
from urllib.parse import urlencode

import anyio.lowlevel
import h2.exceptions
import httpcore2
import httpx

from attribution._version import __version__
from attribution.lookup.transport.coding import ACCEPTED, body_of
from attribution.lookup.transport.errors import (
    DestinationRefused,
    TooLarge,
    TransportError,
    Unreachable,
    reason,
)
from attribution.lookup.transport.guard import Destination, Guard, Kind
from attribution.lookup.transport.proxy import Proxy, ProxyRefusedCredentials
from attribution.lookup.transport.reported import as_normal
from attribution.net.addresses import Address
from attribution.settings import Settings

MOST_BYTES: Final = 1024 * 1024
"""Default bound of one answer's content, in bytes after decompression."""

_MOST_HEADERS, _MOST_HEADER_BYTES = 256, 64 * 1024
# Small chunks and frames cost more time than bytes. h2 parses all frames of what is read at once;
# h11 gives out a chunk at a time, without waiting for more while some are there.
_READ_BYTES, _PIECES_AT_ONCE = 16 * 1024, 128
_USER_AGENT = f"attribution/{__version__} (abuse-contact look-up for hotlines)"
_IN_HTTPCORE = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpcore2.UnsupportedProtocol,
    h2.exceptions.H2Error,  # raised through httpcore2 while a body comes
    ValueError,  # a status that is no number
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request: a GET, or a POST of form fields or of bytes."""

    url: str
    kind: Kind
    """For which kind of question the server has to be listed."""
    accept: str
    form: Iterable[tuple[str, str]] = ()
    content: bytes = b""
    """Body of a POST without form."""
    content_type: str = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More header fields, such as a partner's keys; they go to this server only."""
    most_bytes: int = MOST_BYTES
    """Bound of the answer's content, in bytes after decompression."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer, whole."""

    status: int
    content_type: str
    body: bytes
    """Content, without content coding."""
    location: str | None
    retry_after: str | None
    tls: bool


_DESTINATION: ContextVar[Destination] = ContextVar("destination")
"""Destination of this task's request: httpcore2 gives its backends only a host and a port."""


class HttpConnector:
    """Asks over HTTP/1.1 and HTTP/2; connections are kept and shared."""

    def __init__(
        self, settings: Settings, guard: Guard, on_connect: Callable[[str, str, int], None]
    ) -> None:
        self._guard = guard
        self._backend = _GuardedBackend(settings, guard, on_connect)
        self._limit = settings.connect_timeout
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, request: HttpRequest) -> HttpAnswer:
        """Send a request; the caller bounds the time. Raises TransportError."""
        url = _read_url(request.url)
        tls = url.scheme == "https"
        port = url.port or (443 if tls else 80)
        host = url.raw_host.decode("ascii")
        token = _DESTINATION.set(self._guard.destination(host, port, request.kind, tls=tls))
        try:
            return await self._exchange(url, request)
        except httpx.HTTPError as error:
            raise Unreachable(reason(error)) from None
        finally:
            _DESTINATION.reset(token)

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _exchange(self, url: httpx.URL, request: HttpRequest) -> HttpAnswer:
        client = await self._open_client()
        answer = await client.send(_as_httpx(url, request, self._limit), stream=True)
        try:
            _check_headers(answer.headers)
            body = body_of(answer.headers.get("content-encoding", ""), request.most_bytes)
            # The client hands the stream out as a generator; an answer made by a test has been read
            # before, so that `aiter_raw` would not give it again.
            stream = cast("httpx.AsyncByteStream", answer.stream)
            async with aclosing(cast("AsyncGenerator[bytes, None]", stream.__aiter__())) as pieces:
                since_pause = 0
                async for piece in pieces:
                    body.add(piece)
                    since_pause += 1
                    if since_pause == _PIECES_AT_ONCE:
                        since_pause = 0
                        await asyncio.sleep(0)
            return HttpAnswer(
                answer.status_code,
                answer.headers.get("content-type", ""),
                body.whole(),
                answer.headers.get("location"),
                answer.headers.get("retry-after"),
                url.scheme == "https",
            )
        finally:
            await answer.aclose()

    async def _open_client(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = httpx.AsyncClient(
                    transport=GuardedHttpTransport(
                        self._backend, await asyncio.to_thread(_load_for_connections)
                    ),
                    follow_redirects=False,
                    trust_env=False,
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none
                )
        return self._client


def _load_for_connections() -> ssl.SSLContext:
    """Load anyio's backend, and return certifi's roots, or those of SSL_CERT_FILE.

    Both take some 50 ms, too long for an event loop.
    """
    asyncio.run(anyio.lowlevel.checkpoint())
    return httpx.create_ssl_context()


class GuardedHttpTransport(httpx.AsyncBaseTransport):
    """httpx's way to httpcore2's pool."""

    def __init__(self, backend: httpcore2.AsyncNetworkBackend, roots: ssl.SSLContext) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=roots,
            max_connections=256,
            max_keepalive_connections=64,
            keepalive_expiry=30.0,
            http1=True,
            http2=True,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body comes as it was sent. Raises TransportError."""
        url = request.url
        with _as_transport_errors():
            answer = await self._pool.handle_async_request(
                httpcore2.Request(
                    method=request.method.encode("ascii"),
                    url=httpcore2.URL(
                        scheme=url.raw_scheme,
                        host=url.raw_host,
                        port=url.port,
                        target=url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_RawBody(answer), extensions={}
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _RawBody(httpx.AsyncByteStream):
    """Iterates over an answer's body as it was sent, once.

    No generator of its own: one that is left half-way would be ended some time later, by the
    garbage collector.
    """

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer
        self._pieces = answer.aiter_stream()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with _as_transport_errors():
            return await self._pieces.__anext__()

    async def aclose(self) -> None:
        await self._pieces.aclose()
        await self._answer.aclose()


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that the guard let pass: directly, or through the proxy's tunnel."""

    def __init__(
        self, settings: Settings, guard: Guard, on_connect: Callable[[str, str, int], None]
    ) -> None:
        self._guard, self._on_connect = guard, on_connect
        self._limit = settings.connect_timeout
        self._proxy = (
            Proxy.of_setting(settings.proxy.get_secret_value()) if settings.proxy else None
        )
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to a server that the task's request goes to. Raises TransportError."""
        destination = _DESTINATION.get()
        trouble: Exception | None = None
        for address in await self._guard.addresses_of(destination):
            normalised = as_normal(address)
            # Again: another target may have begun while the name was resolved or an address tried.
            self._guard.check_not_reported(destination, normalised)
            self._on_connect("http", address, port)
            try:
                stream = await self._connect(address, port)
            except ProxyRefusedCredentials:
                raise
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout, Unreachable) as error:
                trouble = error
            else:
                return _GuardedStream(stream, self._guard, normalised)
        raise trouble or Unreachable(f"no address of {host}")

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse. Raises DestinationRefused."""
        raise DestinationRefused("no registry is on a local socket")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)

    async def _connect(self, address: str, port: int) -> httpcore2.AsyncNetworkStream:
        if self._proxy is None:
            return await self._inner.connect_tcp(address, port, self._limit)
        stream = await self._connect_proxy(self._proxy)
        try:
            await self._proxy.open_tunnel(stream, address, port, self._limit)
        except BaseException:
            await stream.aclose()
            raise
        return stream

    async def _connect_proxy(self, proxy: Proxy) -> httpcore2.AsyncNetworkStream:
        """Connect to the proxy: the one host that may be inside, because the settings name it."""
        trouble: Exception | None = None
        for address in await self._guard.addresses_of_own(proxy.host):
            self._on_connect("proxy", address, proxy.port)
            try:
                return await self._inner.connect_tcp(address, proxy.port, self._limit)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                trouble = error
        raise Unreachable(f"the proxy {proxy.name} cannot be reached: {trouble}")


class _GuardedStream(httpcore2.AsyncNetworkStream):
    """A connection that is judged again before each request that is written to it.

    It also answers cheaply whether the server has ended it: the pool asks that of every idle
    connection at every request, and httpcore2 makes a poll object each time.
    """

    def __init__(self, inner: httpcore2.AsyncNetworkStream, guard: Guard, address: Address) -> None:
        self._inner, self._guard, self._address = inner, guard, address
        self._poll = _poll_of(inner.get_extra_info("socket"))

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(min(max_bytes, _READ_BYTES), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._guard.check_not_reported(_DESTINATION.get(), self._address)
            await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return _GuardedStream(inner, self._guard, self._address)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._poll is not None:
            return bool(self._poll.poll(0))
        return self._inner.get_extra_info(info)


def _poll_of(socket: Any) -> Any:
    """Return a poll object for a socket; None where the system has none (Windows)."""
    if socket is None or not hasattr(select, "poll"):
        return None
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return poll


def _read_url(text: str) -> httpx.URL:
    """Read a URL that may be asked. Raises DestinationRefused."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise DestinationRefused(f"{text[:200]!r} is no URL") from None
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise DestinationRefused(f"{text[:200]} is no http or https URL")
    if url.port is not None and not 0 < url.port < 65536:
        raise DestinationRefused(f"{url.port} in {text[:200]} is no port from 1 to 65535")
    if url.userinfo:
        raise DestinationRefused(
            f"{url.raw_host.decode('ascii')}: a URL with a password in it is not followed"
        )
    return url


def _as_httpx(url: httpx.URL, request: HttpRequest, handshake_timeout: float) -> httpx.Request:
    """Return the request as it is sent: the client adds nothing of its own."""
    extensions = {"timeout": {"connect": handshake_timeout}}
    headers = {
        **request.headers,
        "User-Agent": _USER_AGENT,
        "Accept": request.accept,
        "Accept-Encoding": ACCEPTED,
    }
    fields = list(request.form)
    if not fields and not request.content:
        return httpx.Request("GET", url, headers=headers, extensions=extensions)
    headers["Content-Type"] = (
        "application/x-www-form-urlencoded" if fields else request.content_type
    )
    content = urlencode(fields).encode("ascii") if fields else request.content
    return httpx.Request("POST", url, headers=headers, content=content, extensions=extensions)


def _check_headers(headers: httpx.Headers) -> None:
    """Raise TooLarge for a head that no registry sends."""
    size = sum(len(name) + len(value) for name, value in headers.raw)
    if len(headers.raw) > _MOST_HEADERS or size > _MOST_HEADER_BYTES:
        raise TooLarge(
            f"more than {_MOST_HEADERS} header fields or {_MOST_HEADER_BYTES} bytes of them came"
        )


@contextmanager
def _as_transport_errors() -> Iterator[None]:
    """Turn errors of httpcore2 into TransportError."""
    try:
        yield
    except TransportError:
        raise
    except _IN_HTTPCORE as error:
        raise Unreachable(reason(error)) from None
