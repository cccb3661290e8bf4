"""An HTTP proxy on the way: `CONNECT` (RFC 9110, section 9.3.6) to an address checked here."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import httpcore2

from attribution.lookup.transport.errors import Unreachable

_MOST_HEAD_BYTES = 16 * 1024
_REFUSED_CREDENTIALS = 407


class ProxyRefusedCredentials(Unreachable):
    """The proxy wants another user or password: no other address is worth a try."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy of the settings."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)
    """Value of `Proxy-Authorization`; goes to the proxy with `CONNECT`, and nowhere else."""

    @classmethod
    def of_setting(cls, url: str) -> Proxy:
        """Read `http://[user:password@]host:port`, which the settings have checked."""
        parts = urlsplit(url)
        authorization = None
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + base64.b64encode(login.encode()).decode("ascii")
        return cls(parts.hostname or "", parts.port or 0, authorization)

    @property
    def name(self) -> str:
        """Host and port, for messages."""
        return _authority(self.host, self.port)

    async def open_tunnel(
        self, stream: httpcore2.AsyncNetworkStream, address: str, port: int, timeout: float
    ) -> None:
        """Ask for a tunnel to an address over a connection to the proxy. Raises Unreachable."""
        target = _authority(address, port)
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if self.authorization:
            lines.append(f"Proxy-Authorization: {self.authorization}")
        await stream.write("".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii"), timeout)
        status, phrase = await self._answer(stream, timeout)
        if not 200 <= status < 300:
            kind = ProxyRefusedCredentials if status == _REFUSED_CREDENTIALS else Unreachable
            raise kind(
                f"the proxy {self.name} refused CONNECT {target}: {status} {phrase}".rstrip()
            )

    async def _answer(
        self, stream: httpcore2.AsyncNetworkStream, timeout: float
    ) -> tuple[int, str]:
        """Read the head of the proxy's answer; return its status and reason phrase."""
        head = b""
        while b"\r\n\r\n" not in head:
            if len(head) > _MOST_HEAD_BYTES:
                raise Unreachable(
                    f"the proxy {self.name} sent a head of over {_MOST_HEAD_BYTES} bytes"
                )
            piece = await stream.read(4096, timeout)
            if not piece:
                raise Unreachable(f"the proxy {self.name} ended the connection at CONNECT")
            head += piece
        head, _, rest = head.partition(b"\r\n\r\n")
        version, _, status_line = head.partition(b"\r\n")[0].partition(b" ")
        status, _, phrase = status_line.partition(b" ")
        if not version.startswith(b"HTTP/1.") or not status.isdigit() or len(status) != 3:
            raise Unreachable(f"the proxy {self.name} does not answer CONNECT in HTTP/1.1")
        if rest and status.startswith(b"2"):
            raise Unreachable(f"the proxy {self.name} sent bytes before the tunnel was used")
        return int(status), phrase[:80].decode("ascii", "replace")


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
