"""Time-stamp client (RFC 3161): asks the authority of the settings."""

from __future__ import annotations

from attribution.lookup.budgets.clock import Clock
from attribution.lookup.protocols.dns import DnsClient
from attribution.lookup.transport import HttpRequest, Transport, Unreachable
from attribution.settings import Settings

_MOST_BYTES = 64 * 1024
_ANSWER = "application/timestamp-reply"


class _NothingListed:
    """A table without servers: the settings name the authority."""

    def is_listed(self, host: str, port: int, kind: str) -> bool:
        """Whether a table lists a server: none does."""
        return False

    def is_fixed(self, host: str, port: int) -> bool:
        """Whether a table names a server: none does."""
        return False


async def ask_authority(settings: Settings, request: bytes) -> bytes:
    """Send a time-stamp request (RFC 3161, section 3.4) and return the answer, DER.

    Raises TransportError, or TimeoutError after the setting `rdap_timeout`.
    """
    transport = Transport(settings, _NothingListed())
    try:
        transport.resolve_names_by(DnsClient(settings, transport, Clock()).addresses_of)
        answer = await transport.fetch(
            HttpRequest(
                settings.time_stamp_url,
                kind="time_stamp",
                accept=_ANSWER,
                content=request,
                content_type="application/timestamp-query",
                most_bytes=_MOST_BYTES,
            )
        )
    finally:
        await transport.close()
    if answer.status != 200:
        raise Unreachable(f"HTTP {answer.status}")
    return answer.body
