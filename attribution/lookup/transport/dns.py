"""DNS messages to the resolvers of the settings, over UDP, and over TCP where one is truncated."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from attribution.lookup.transport.errors import DestinationRefused

OnConnect = Callable[[str, str, int], None]
"""Called before every connection is opened: with what for, address, port."""

_SOCKETS = 8
_QUESTIONS_A_SOCKET = 200
_IS_ANSWER, _TRUNCATED = 0x80, 0x02  # bits QR and TC of the third octet of a DNS message


class DnsConnector:
    """Exchanges messages with the resolvers that were allowed, and no other server."""

    def __init__(self, on_connect: OnConnect) -> None:
        self._on_connect = on_connect
        self._resolvers: dict[tuple[str, int], _Datagrams] = {}

    def allow(self, server: str, port: int) -> None:
        """Allow a resolver of the settings."""
        self._resolvers.setdefault((server, port), _Datagrams(server, port, self._on_connect))

    async def exchange(self, query: bytes, server: str, port: int, timeout: float) -> bytes:
        """Ask one resolver, over TCP where an answer does not fit (RFC 1035, 4.2; RFC 7766).

        The answer is to the same question and has the same transaction ID; others are dropped.
        `timeout` is in seconds. Raises DestinationRefused, OSError or TimeoutError.
        """
        if (server, port) not in self._resolvers:
            raise DestinationRefused(f"{server} is no resolver of the settings")
        async with asyncio.timeout(timeout):
            answer = await self._resolvers[server, port].exchange(query)
            if answer[2] & _TRUNCATED:
                self._on_connect("dns", server, port)
                answer = await _exchange_over_tcp(query, server, port)
        return answer

    def close(self) -> None:
        """Close every socket."""
        for resolver in self._resolvers.values():
            resolver.close()


class _Datagrams:
    """Queries to one resolver over UDP, many at once over a few sockets.

    A socket is connected, so that the system drops what others send; it has a random port and is
    replaced after 200 queries, and each query has a random ID: a forged answer has to guess both.
    """

    def __init__(self, server: str, port: int, on_connect: OnConnect) -> None:
        self._server, self._port, self._on_connect = server, port, on_connect
        self._open: deque[_Socket] = deque()
        self._old: set[_Socket] = set()
        self._opening = asyncio.Lock()

    async def exchange(self, query: bytes) -> bytes:
        """Send a query and wait for its answer; the caller bounds the time."""
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
        """Return the next socket in turn; one that was used up is replaced."""
        if len(self._open) < _SOCKETS:
            async with self._opening:
                if len(self._open) < _SOCKETS:
                    loop = asyncio.get_running_loop()
                    self._on_connect("dns", self._server, self._port)
                    _, opened = await loop.create_datagram_endpoint(
                        _Socket, remote_addr=(self._server, self._port)
                    )
                    self._open.append(opened)
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
    """Whether a message is an answer to this question; a FORMERR answer may repeat no question."""
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
