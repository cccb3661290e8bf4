"""Running the service: one process, one event loop, with time limits on slow or silent clients."""

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
from attribution.store import Store
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
_SHUTDOWN_SECONDS = 5
"""For requests that are still being answered when the service ends."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that closes a connection whose request's head or body does not come in time."""

    _timer: asyncio.TimerHandle | None = None

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
        self._timer = self.loop.call_later(seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def serve(settings: Settings, host: str, port: int, notify: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    `notify` shows a line to the person at the terminal: where it serves, and the first
    administrator's link. Before it serves, it raises StoreError, KeyFileError or SettingsError, and
    Refused where notices cannot be written in their language or by the hotline's own templates.
    """
    check_notices(settings.notice_language, settings.templates_folder)
    with Store.from_settings(settings) as store, _listening(host, port) as listener:
        log = RequestLog(sys.stderr)
        app = create_app(Service(settings, store), host, log)
        _log_as_json()
        if settings.proxy_note:
            logging.getLogger("attribution").info(settings.proxy_note)
        server = _Server(
            config(app, settings, host, port),
            lambda address: _greet(store, settings, address, notify),
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
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        h11_max_incomplete_event_size=MOST_BATCH_BYTES,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )


class _Server(uvicorn.Server):
    """Calls `started_at` with its address once it listens."""

    def __init__(self, config: uvicorn.Config, started_at: Callable[[str], None]) -> None:
        super().__init__(config)
        self._started_at = started_at

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, then say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            host = f"[{host}]" if ":" in host else host
            self._started_at(f"http://{host}:{port}/")


def _greet(store: Store, settings: Settings, address: str, notify: Callable[[str], None]) -> None:
    reached_as = f", reached as {settings.public_url}" if settings.public_url else ""
    notify(f"serving on {address}{reached_as}")
    with store.write("service") as writer:
        token = first_ticket(writer)
    if token:
        notify(
            f"the first administrator sets an account up here, once, within {FIRST_HOURS} "
            f"hour: {settings.public_url or address}set-up/{token}"
        )


def _log_as_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in (("attribution", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
