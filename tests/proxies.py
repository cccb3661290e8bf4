"""An HTTP proxy and an HTTPS registry on loopback, which keep what they were told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    """Opens tunnels to a port of this machine, whatever address it is asked for."""

    leads_to: int
    status: str = "200 Connection established"
    more: bytes = b""
    """Bytes that it sends right after its answer's head."""
    port: int = 0
    heads: list[list[str]] = field(default_factory=list)
    """The lines of every head that came."""
    through: bytearray = field(default_factory=bytearray)
    """What clients sent through tunnels."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode("ascii").split("\r\n")[:-2])
        writer.write(f"HTTP/1.1 {self.status}\r\nServer: a proxy\r\n\r\n".encode() + self.more)
        if not self.status.startswith("200"):
            writer.close()
            return
        there, onward = await asyncio.open_connection("127.0.0.1", self.leads_to)
        await asyncio.gather(self._pass(reader, onward, keep=True), self._pass(there, writer))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keep: bool = False
    ) -> None:
        try:
            while data := await reader.read(65536):
                if keep:
                    self.through += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@dataclass
class Registry:
    """Answers every request alike, and keeps heads and the names that TLS clients asked for."""

    port: int = 0
    heads: list[list[str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head.decode("ascii").split("\r\n")[:-2])
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def note_name(
        self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext
    ) -> None:
        self.names.append(name or "")


@asynccontextmanager
async def listening(
    server: ConnectProxy | Registry, context: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Let a server listen on a port of loopback, with TLS where a context is given."""
    if context is not None and isinstance(server, Registry):
        context.sni_callback = server.note_name  # type: ignore[assignment]
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        listener.close()
        await asyncio.sleep(0.05)
