"""The one door: every socket of this library is opened in this file.

Names of registries are resolved by the configured resolvers, each address is checked by the guard, and the
checked address itself is connected to: a name cannot change its mind in between (DNS rebinding). Redirects
are never followed here; who follows one comes through the same door again.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dns._asyncio_backend
import dns.asyncquery
import dns.message
import httpcore
import httpx

from attribution._version import __version__
from attribution.lookup.guard import REPORTED, DestinationRefused, Guard
from attribution.settings import Settings

Resolve = Callable[[str], Awaitable[list[str]]]
OnConnect = Callable[[str, str, int], None]

_MOST_BYTES = 1024 * 1024
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
        self._dns = _DnsBackend(self._on_connect)

    def resolve_names_by(self, resolve: Resolve) -> None:
        """Set how names of registries become addresses."""
        self._resolve = resolve

    async def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def exchange_dns(
        self, query: dns.message.Message, server: str, port: int, timeout: float
    ) -> dns.message.Message:
        """Ask one resolver, over TCP where the answer does not fit. Raises dnspython's errors."""
        self._dns.allow(server, port)
        answer, _ = await dns.asyncquery.udp_with_fallback(query, server, timeout=timeout, port=port, backend=self._dns)
        return answer

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
                return await self._inner.connect_tcp(
                    address, port, timeout or self._limit, local_address, socket_options
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


class _DnsBackend(dns._asyncio_backend.Backend):
    """dnspython's sockets, to the configured resolvers only."""

    def __init__(self, on_connect: OnConnect) -> None:
        super().__init__()
        self._allowed: set[tuple[str, int]] = set()
        self._on_connect = on_connect

    def allow(self, server: str, port: int) -> None:
        """Name a resolver of the settings."""
        self._allowed.add((server, port))

    async def make_socket(  # type: ignore[no-untyped-def]
        self, af, socktype, proto=0, source=None, destination=None, timeout=None, ssl_context=None, server_hostname=None
    ):
        if destination is not None and tuple(destination[:2]) not in self._allowed:
            raise DestinationRefused(f"{destination[0]} is no resolver of the settings")
        made = await super().make_socket(  # type: ignore[no-untyped-call]
            af, socktype, proto, source, destination, timeout, ssl_context, server_hostname
        )
        if destination is not None:
            self._on_connect("dns", destination[0], destination[1])
            return made
        return _CheckedDatagrams(made, self._allowed, self._on_connect)


class _CheckedDatagrams:
    """A datagram socket that sends to the configured resolvers only."""

    def __init__(self, inner: Any, allowed: set[tuple[str, int]], on_connect: OnConnect) -> None:
        self._inner, self._allowed, self._on_connect = inner, allowed, on_connect

    async def sendto(self, what: bytes, destination: Any, timeout: float | None) -> Any:
        if tuple(destination[:2]) not in self._allowed:
            raise DestinationRefused(f"{destination[0]} is no resolver of the settings")
        self._on_connect("dns", destination[0], destination[1])
        return await self._inner.sendto(what, destination, timeout)

    async def __aenter__(self) -> _CheckedDatagrams:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


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
