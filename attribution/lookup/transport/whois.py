"""WHOIS connections (RFC 3912): sends one line, reads until the server closes, within a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from attribution.lookup.transport.errors import TooLarge, Unreachable, reason
from attribution.lookup.transport.guard import Destination, Guard

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class WhoisConnector:
    """Opens connections to WHOIS servers; they never go through a proxy."""

    guard: Guard
    on_connect: Callable[[str, str, int], None]
    connect_timeout: float
    """Seconds for one address."""

    async def ask(self, destination: Destination, line: str, most_bytes: int) -> bytes:
        """Send a line and read until the server closes.

        Raises DestinationRefused, Unreachable or TooLarge.
        """
        reader, writer = await self._open(destination)
        try:
            writer.write(line.encode("ascii") + b"\r\n")
            await writer.drain()
            answer = bytearray()
            while chunk := await reader.read(_CHUNK):
                answer += chunk
                if len(answer) > most_bytes:
                    raise TooLarge(f"more than {most_bytes} bytes came")
            return bytes(answer)
        except OSError as error:
            raise Unreachable(reason(error)) from None
        finally:
            writer.transport.abort()

    async def _open(
        self, destination: Destination
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        trouble = ""
        for address in await self.guard.addresses_of(destination):
            self.guard.check_address(destination, address)  # again: another target may have begun
            self.on_connect("whois", address, destination.port)
            try:
                async with asyncio.timeout(self.connect_timeout):
                    return await asyncio.open_connection(address, destination.port)
            except (OSError, TimeoutError) as error:
                trouble = reason(error)
        raise Unreachable(trouble)
