"""Running the service: one process, one event loop, with limits on what a slow or silent client may
hold.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from attribution.errors import SettingsError
from attribution.notices.own_templates import check_notices
from attribution.settings import Settings
from attribution.store.store import Store
from attribution.web.access.tickets import FIRST_HOURS, first_ticket
from attribution.web.app import create_app
from attribution.web.gate import MOST_BATCH_BYTES
from attribution.web.http.logs import JsonLines, RequestLog
from attribution.web.service import Service

HEAD_SECONDS = 15.0
"""For the whole head of a request."""
BODY_SECONDS = 20.0
"""For its whole body, after that."""
_MOST_CONNECTIONS = 4096
_LAST_SECONDS = 5
"""For requests that are still being answered when the service ends."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that does not wait for ever for a request's head, nor for its body: who sends slower
    is cut off.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head."""
        self._wait(HEAD_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        self._wait(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop waiting: the request is there."""
        self._stop_waiting()
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def serve(settings: Settings, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. `tell` says to the person at the terminal where, and the first
    administrator's link.

    Raises StoreError, KeyFileError or SettingsError before anything is served; Refused where
    notices cannot be written in their language, or by the hotline's own templates.
    """
    check_notices(settings.notice_language, settings.templates_folder)
    with Store.from_settings(settings) as store, _listening(host, port) as listener:
        service = Service(settings, store)
        log = RequestLog(sys.stderr)
        app = create_app(service, host, log)
        _write_log()
        if settings.proxy_note:
            logging.getLogger("attribution").info(settings.proxy_note)
        server = _Server(
            config(app, settings, host, port), lambda at: _begin(store, settings, at, tell)
        )
        server.run([listener])
        log.write()


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises SettingsError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"nothing can listen on {host} port {port}: {reason}. Name another with --host or "
            "--port."
        ) from None


def config(app: Any, settings: Settings, host: str, port: int) -> uvicorn.Config:
    """Return how the application is served."""
    return uvicorn.Config(
        app,
        host,
        port,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=15,
        backlog=2048,
        timeout_graceful_shutdown=_LAST_SECONDS,
        h11_max_incomplete_event_size=MOST_BATCH_BYTES,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )


class _Server(uvicorn.Server):
    """Says where it listens, once it does."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[str], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            bound = self.servers[0].sockets[0].getsockname()
            host = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
            self._begun(f"http://{host}:{bound[1]}/")


def _begin(store: Store, settings: Settings, at: str, tell: Callable[[str], None]) -> None:
    here = settings.public_url or at
    tell(f"serving on {at}" + (f", reached as {here}" if settings.public_url else ""))
    with store.write("service") as writer:
        token = first_ticket(writer)
    if token:
        tell(
            f"the first administrator sets an account up here, once, within {FIRST_HOURS} "
            f"hour: {here}set-up/{token}"
        )


def _write_log() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("attribution", "uvicorn"):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
        log.setLevel(logging.INFO if name == "attribution" else logging.WARNING)
