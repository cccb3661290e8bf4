"""The outermost ASGI middleware: hosts, sizes, headers of every answer, and the request log.

It stands around the framework, so that it holds for every route, also for those that do not exist.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import count
from typing import Any, NoReturn
from urllib.parse import urlsplit

from attribution.codes import Problem
from attribution.settings import Settings
from attribution.web.access.roles import Principal
from attribution.web.http.logs import Exchange, RequestLog
from attribution.web.http.metrics import Metrics
from attribution.web.http.problems import MEDIA_TYPE, ProblemError, problem_bytes

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_BYTES = 262_144
"""Bytes of a body."""
MOST_BATCH_BYTES = 4_194_304
"""Bytes of a body that lists many targets."""
_MOST_ADDRESS_BYTES = 4096
_LARGE = ("/api/v1/batches", "/check", "/api/v1/drafts")
_LOOPBACK = frozenset(["localhost", "127.0.0.1", "[::1]"])
_LOG = logging.getLogger("attribution.web.requests")
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src "
    "'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-dns-prefetch-control": "off",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
}
_OVERRIDABLE = frozenset([b"content-security-policy", b"cache-control"])
"""Headers that an answer may set itself."""


class Gate:
    """ASGI middleware around everything."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        metrics: Metrics,
        host: str | None = None,
        log: RequestLog | None = None,
    ) -> None:
        self._app, self._metrics, self._log = app, metrics, log or RequestLog(None)
        self._process, self._numbers = secrets.token_hex(4), count(1)
        public = urlsplit(settings.public_url)
        self._hosts = _LOOPBACK | {name for name in (public.hostname, host) if name}
        headers = dict(_HEADERS)
        if public.scheme == "https":
            headers["strict-transport-security"] = "max-age=31536000"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = scope["request_id"] = f"{self._process}-{next(self._numbers):x}"
        body = _Body(scope, receive)
        answer = _Answer([*self._headers, (b"x-request-id", request_id.encode())], send)

        async def send_unless_cut_off(message: Message) -> None:
            # What the framework makes of a body that was cut off is no answer.
            if body.problem is None or answer.begun:
                await answer.send(message)

        try:
            problem = self._problem(scope)
            if problem:
                await _refuse(problem, answer.send)
            else:
                await self._app(scope, body.receive, send_unless_cut_off)
        except _BodyTooLargeError:
            pass
        except Exception as error:
            _LOG.exception("request %s failed: %s", request_id, type(error).__name__)
            if not answer.complete:
                # The server closes the connection: nobody takes half an answer for a whole one.
                raise
        finally:
            if body.problem is not None and not answer.begun:
                await _refuse(body.problem, answer.send)
            self._note(scope, answer.status, time.perf_counter() - begun)

    def _problem(self, scope: MutableMapping[str, Any]) -> ProblemError | None:
        hosts = [value for key, value in scope["headers"] if key == b"host"]
        host = hosts[0].decode("latin-1").lower() if len(hosts) == 1 else ""
        name, _, port = host.rpartition(":")
        if (name if port.isdigit() else host) not in self._hosts:
            return ProblemError(
                Problem.WRONG_HOST,
                "this service is not reached under that name: set ATTRIBUTION_PUBLIC_URL.",
            )
        if max(len(scope["raw_path"]), len(scope["query_string"])) > _MOST_ADDRESS_BYTES:
            return ProblemError(
                Problem.ADDRESS_TOO_LONG,
                f"the address is longer than {_MOST_ADDRESS_BYTES} bytes.",
            )
        return None

    def _note(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        exchange = Exchange(
            time.time(),
            scope["request_id"],
            scope["method"] if scope["method"] in _METHODS else "OTHER",
            getattr(scope.get("route"), "path", None) or "none",
            status,
            seconds,
            _who(scope.get("principal")),
        )
        self._metrics.request(exchange)
        self._log.note(exchange)


def _who(principal: Principal | None) -> str:
    """Return who sent a request, for the log: a person by number, without the mailbox."""
    if principal is None:
        return ""
    return f"account {principal.account_id}" if principal.account_id else principal.who


class _BodyTooLargeError(Exception):
    """The body is larger than is served."""


class _Body:
    """A request's body, taken in pieces up to a size.

    For how long it may take, see `serve`.
    """

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive) -> None:
        self.problem: ProblemError | None = None
        """Why it was cut off, if it was."""
        self._receive, self._received = receive, 0
        self._ended = scope["method"] in ("GET", "HEAD")
        self._most = MOST_BATCH_BYTES if scope["path"].startswith(_LARGE) else MOST_BYTES
        length = next((value for key, value in scope["headers"] if key == b"content-length"), b"0")
        self._announced = int(length) if length.isdigit() else 0

    async def receive(self) -> Message:
        """Return the next piece. Raises _BodyTooLargeError."""
        if self._ended:
            return await self._receive()  # only whether the client is there still
        if self._announced > self._most:
            self._cut_off()
        message = await self._receive()
        self._received += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._received > self._most:
            self._cut_off()
        return message

    def _cut_off(self) -> NoReturn:
        detail = f"the body is larger than {self._most} bytes."
        self.problem = ProblemError(Problem.TOO_LARGE, detail)
        raise _BodyTooLargeError


class _Answer:
    """An answer on its way out; it gets the headers that every answer has."""

    def __init__(self, headers: list[tuple[bytes, bytes]], send: Send) -> None:
        self.status = 500
        self.begun = False
        """Whether its head was sent."""
        self.complete = False
        """Whether all of it was sent."""
        self._headers, self._send = headers, send

    async def send(self, message: Message) -> None:
        """Send the next part."""
        if message["type"] == "http.response.start":
            self.status, self.begun = message["status"], True
            headers = message.setdefault("headers", [])
            own = [name for name, _ in headers if name in _OVERRIDABLE]
            headers += (
                [pair for pair in self._headers if pair[0] not in own] if own else self._headers
            )
        await self._send(message)
        is_body = message["type"] == "http.response.body"
        self.complete = is_body and not message.get("more_body", False)


async def _refuse(problem: ProblemError, send: Send) -> None:
    body = problem_bytes(problem)
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "connection": "close",
        **problem.headers,
    }
    await send(
        {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
