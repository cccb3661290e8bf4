"""The one door: every socket of this library is opened in this file.

Names of registries are resolved by the configured resolvers, each address is checked by the guard, and the
checked address itself is connected to: a name cannot change its mind in between (DNS rebinding). Redirects
are never followed here; who follows one comes through the same door again.
"""

from __future__ import annotations

import asyncio
import ipaddress
import select
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpcore
import httpx

from attribution._version import __version__
from attribution.lookup.guard import REPORTED, DestinationRefused, Guard
from attribution.settings import Settings

Resolve = Callable[[str], Awaitable[list[str]]]
OnConnect = Callable[[str, str, int], None]

_MOST_BYTES = 1024 * 1024
_SOCKETS = 8
_QUESTIONS_A_SOCKET = 200
_IS_ANSWER, _TRUNCATED = 0x80, 0x02  # bits QR and TC of the third octet of a DNS message
_USER_AGENT = f"attribution/{__version__} (abuse-contact look-up for hotlines)"


class Unreachable(Exception):  # noqa: N818 - it says what happened
    """No connection, or it ended early; the message says how."""


class UnknownServer(Unreachable):
    """The server's name has no address: asking again in a minute will not help."""


class TooLarge(Exception):  # noqa: N818
    """More came than an answer may hold."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer, whole."""

    status: int
    content_type: str
    body: bytes
    location: str | None
    retry_after: str | None
    tls: bool


class Transport:
    """Opens connections to resolvers, RDAP and WHOIS servers, and to nothing else."""

    def __init__(self, settings: Settings, on_connect: OnConnect | None = None) -> None:
        self._settings = settings
        self._guard = Guard(settings)
        self._on_connect = on_connect or (lambda kind, host, port: None)
        self._resolve: Resolve = _no_names
        self._client: httpx.AsyncClient | None = None
        self._connected: dict[str, set[str]] = {}
        self._resolvers: dict[tuple[str, int], _Datagrams] = {}

    def resolve_names_by(self, resolve: Resolve) -> None:
        """Set how names of registries become addresses."""
        self._resolve = resolve

    async def close(self) -> None:
        """Close what is open."""
        for resolver in self._resolvers.values():
            resolver.close()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def exchange_dns(self, query: bytes, server: str, port: int, timeout: float) -> bytes:
        """Ask one resolver of the settings, over TCP where the answer does not fit (RFC 1035, section 4.2; RFC 7766).

        The answer is to the same question and has the same transaction ID; others are not taken. Raises
        DestinationRefused, OSError or TimeoutError.
        """
        if (server, port) not in self._resolvers:
            raise DestinationRefused(f"{server} is no resolver of the settings")
        async with asyncio.timeout(timeout):
            answer = await self._resolvers[server, port].exchange(query)
            if answer[2] & _TRUNCATED:
                self._on_connect("dns", server, port)
                answer = await _exchange_over_tcp(query, server, port)
        return answer

    def allow_resolver(self, server: str, port: int) -> None:
        """Name a resolver of the settings."""
        self._resolvers.setdefault((server, port), _Datagrams(server, port, self._on_connect))

    async def fetch(
        self,
        url: str,
        *,
        accept: str,
        form: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        most_bytes: int = _MOST_BYTES,
    ) -> HttpAnswer:
        """Get (or with form fields post) one URL; no redirect is followed, so no header goes to another server.

        Raises DestinationRefused, Unreachable, TooLarge or TimeoutError.
        """
        parts = httpx.URL(url)
        if parts.scheme not in ("http", "https") or not parts.host:
            raise DestinationRefused(f"{url} is no http or https URL")
        if parts.userinfo:
            raise DestinationRefused(f"{parts.host}: a URL with a password in it is not followed")
        self._check_kept_connections(parts.host)
        fields = dict(form)
        async with asyncio.timeout(self._settings.rdap_timeout):
            try:
                return await self._fetch(parts, {**(headers or {}), "Accept": accept}, fields, most_bytes)
            except httpx.HTTPError as error:
                own = _own_cause(error)
                if own:
                    raise own from None
                raise Unreachable(f"{type(error).__name__}: {error}".rstrip(": ")) from None

    async def ask_line(self, host: str, port: int, line: str, *, most_bytes: int = _MOST_BYTES) -> bytes:
        """Send one line and read until the server closes (RFC 3912).

        Raises DestinationRefused, Unreachable, TooLarge or TimeoutError.
        """
        async with asyncio.timeout(self._settings.whois_timeout):
            reader, writer = await self._open(host, port)
            try:
                writer.write(line.encode("ascii") + b"\r\n")
                await writer.drain()
                parts, size = [], 0
                while chunk := await reader.read(65536):
                    parts.append(chunk)
                    size += len(chunk)
                    if size > most_bytes:
                        raise TooLarge(f"more than {most_bytes} bytes came")
                return b"".join(parts)
            except OSError as error:
                raise Unreachable(f"{type(error).__name__}: {error}".rstrip(": ")) from None
            finally:
                writer.transport.abort()

    async def checked_addresses(self, host: str, port: int) -> list[str]:
        """Resolve a server's name and refuse it if any address is refused. Raises DestinationRefused, Unreachable."""
        self._guard.check_server(host, port)
        try:
            addresses = [str(ipaddress.ip_address(host))]
        except ValueError:
            addresses = await self._resolve(host)
        if not addresses:
            raise UnknownServer(f"the name {host} does not resolve")
        for address in addresses:
            self._guard.check_address(host, address, port)
        return addresses

    def note_connection(self, kind: str, host: str, address: str, port: int) -> None:
        """Remember a connection about to be opened."""
        self._connected.setdefault(host, set()).add(address)
        self._on_connect(kind, address, port)

    async def _fetch(
        self, url: httpx.URL, headers: dict[str, str], form: dict[str, str], most_bytes: int
    ) -> HttpAnswer:
        client = self._http_client()
        method, data = ("POST", form) if form else ("GET", None)
        async with client.stream(method, url, headers=headers, data=data) as answer:
            parts, size = [], 0
            async for chunk in answer.aiter_bytes():
                parts.append(chunk)
                size += len(chunk)
                if size > most_bytes:
                    raise TooLarge(f"more than {most_bytes} bytes came")
            return HttpAnswer(
                answer.status_code,
                answer.headers.get("content-type", ""),
                b"".join(parts),
                answer.headers.get("location"),
                answer.headers.get("retry-after"),
                url.scheme == "https",
            )

    def _http_client(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=_GuardedHttp(self, self._settings.connect_timeout),
                timeout=httpx.Timeout(self._settings.rdap_timeout, connect=self._settings.connect_timeout),
                headers={"User-Agent": _USER_AGENT},
                follow_redirects=False,
                trust_env=False,
            )
        return self._client

    def _check_kept_connections(self, host: str) -> None:
        """A kept connection is not opened again, so its address is held against the reported site here."""
        clash = self._connected.get(host, set()) & REPORTED.get()
        if clash:
            raise DestinationRefused(f"{host} has the address {clash.pop()} of the reported site itself")

    async def _open(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        trouble = ""
        for address in await self.checked_addresses(host, port):
            self.note_connection("whois", host, address, port)
            try:
                async with asyncio.timeout(self._settings.connect_timeout):
                    return await asyncio.open_connection(address, port)
            except (OSError, TimeoutError) as error:
                trouble = f"{type(error).__name__}: {error}".rstrip(": ")
        raise Unreachable(trouble)


class _GuardedHttp(httpx.AsyncHTTPTransport):
    """httpx's transport on a pool whose network backend is ours.

    httpx has no argument for the backend, httpcore has: so the pool is made here. A contract test holds
    that every connection comes through `_HttpBackend`.
    """

    def __init__(self, transport: Transport, connect_timeout: float) -> None:
        super().__init__(trust_env=False, verify=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),  # certifi's roots, or SSL_CERT_FILE's
            max_connections=256,
            max_keepalive_connections=64,
            keepalive_expiry=30.0,
            http1=True,
            http2=True,
            network_backend=_HttpBackend(transport, connect_timeout),
        )


class _HttpBackend(httpcore.AsyncNetworkBackend):
    """Connects to the address that was checked, not to the name."""

    def __init__(self, transport: Transport, connect_timeout: float) -> None:
        self._transport = transport
        self._limit = connect_timeout
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._transport.checked_addresses(host, port)
        except (DestinationRefused, Unreachable) as error:
            raise httpcore.ConnectError(str(error)) from error
        trouble: Exception | None = None
        for address in addresses:
            self._transport.note_connection("http", host, address, port)
            try:
                return _Stream(
                    await self._inner.connect_tcp(address, port, timeout or self._limit, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpcore.ConnectError(f"no address of {host}")

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("no registry is on a local socket")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection of httpcore's that tells cheaply whether the server has ended it.

    The pool asks that of every idle connection at every request; httpcore looks the socket up anew each time, which took
    a quarter of a batch's processor time.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self.read, self.write, self.aclose = inner.read, inner.write, inner.aclose  # type: ignore[method-assign]
        self._poll = _poll_of(inner.get_extra_info("socket"))

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._poll is not None:
            return bool(self._poll.poll(0))
        return self._inner.get_extra_info(info)


def _poll_of(socket: Any) -> Any:
    """Return what tells whether something is to be read from a socket; None where the system has no poll (Windows)."""
    if socket is None or not hasattr(select, "poll"):
        return None
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return poll


class _Datagrams:
    """Questions to one resolver over UDP, many at once over a few sockets.

    A socket is connected, so that the system drops what others send; each takes a random port and is replaced after so
    many questions, and each question has a random ID: whoever forges an answer has to guess both.
    """

    def __init__(self, server: str, port: int, on_connect: OnConnect) -> None:
        self._server, self._port, self._on_connect = server, port, on_connect
        self._open: deque[_Socket] = deque()
        self._old: set[_Socket] = set()
        self._opening = asyncio.Lock()

    async def exchange(self, query: bytes) -> bytes:
        """Send a question and wait for its answer; who calls bounds the time."""
        socket = await self._socket()
        try:
            return await socket.exchange(query)
        finally:
            if socket in self._old and not socket.waiting:
                self._old.discard(socket)
                socket.close()

    def close(self) -> None:
        """Close every socket."""
        for socket in (*self._open, *self._old):
            socket.close()
        self._open.clear()
        self._old.clear()

    async def _socket(self) -> _Socket:
        """Return a socket, each in turn; a worn one is replaced."""
        if len(self._open) < _SOCKETS:
            async with self._opening:
                if len(self._open) < _SOCKETS:
                    loop = asyncio.get_running_loop()
                    self._on_connect("dns", self._server, self._port)
                    _, made = await loop.create_datagram_endpoint(_Socket, remote_addr=(self._server, self._port))
                    self._open.append(made)
        self._open.rotate()
        socket = self._open[0]
        socket.left -= 1
        if socket.left <= 0 or socket.lost:
            self._open.popleft()
            self._old.add(socket)
        return socket


class _Socket(asyncio.DatagramProtocol):
    """One socket, and the questions that wait on it, by transaction ID."""

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[bytes, asyncio.Future[bytes]]] = {}
        self.left = _QUESTIONS_A_SOCKET
        self.lost = False
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    async def exchange(self, query: bytes) -> bytes:
        identity = int.from_bytes(query[:2], "big")
        if self._transport is None or identity in self.waiting:
            raise OSError("the question could not be sent")
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting[identity] = _question_of(query), future
        try:
            self._transport.sendto(query)
            return await future
        finally:
            del self.waiting[identity]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        question, future = self.waiting.get(int.from_bytes(data[:2], "big"), (b"", None))
        if future is not None and not future.done() and _answers(data, question):
            future.set_result(data)

    def error_received(self, error: Exception) -> None:
        self._fail(error)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or OSError("the socket was closed"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _fail(self, error: Exception) -> None:
        self.lost = True
        for _, future in self.waiting.values():
            if not future.done():
                future.set_exception(error)


def _question_of(query: bytes) -> bytes:
    """Return the question section of a query that holds one question: name, type and class."""
    end = 12
    while query[end]:
        end += query[end] + 1
    return query[12 : end + 5]


def _answers(data: bytes, question: bytes) -> bool:
    """Say whether a message is an answer, and to this question; one that a server could not read may repeat none."""
    if len(data) < 12 or not data[2] & _IS_ANSWER:
        return False
    return data[4:6] == b"\0\0" or data[12 : 12 + len(question)].lower() == question.lower()


async def _exchange_over_tcp(query: bytes, server: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(server, port)
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        await writer.drain()
        answer = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    except asyncio.IncompleteReadError:
        raise OSError("the resolver ended the connection early") from None
    finally:
        writer.transport.abort()
    if answer[:2] != query[:2] or not _answers(answer, _question_of(query)):
        raise OSError("the resolver's answer is to another question")
    return answer


def _own_cause(error: BaseException) -> DestinationRefused | UnknownServer | None:
    """Find what we ourselves raised under the wrapping of httpx and httpcore."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, DestinationRefused | UnknownServer):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


async def _no_names(host: str) -> list[str]:
    raise Unreachable(f"the name {host} cannot be resolved without resolvers")
