"""The outermost door: which hosts are served, how large a body may be, which headers every answer
carries, and what is noted of it.

It stands in front of the framework, so that it holds for every route, also for those that are not
there.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from itertools import count
from typing import Any, NoReturn
from urllib.parse import urlsplit

from attribution.settings import Settings
from attribution.web.access.roles import Principal
from attribution.web.http.logs import RequestLog
from attribution.web.http.metrics import Metrics
from attribution.web.http.problems import MEDIA_TYPE, ProblemError, problem_bytes

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_BYTES = 262_144
MOST_BATCH_BYTES = 4_194_304
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


_OWN = frozenset([b"content-security-policy", b"cache-control"])
"""What an answer may have other than the rule."""


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
        self._hosts = (
            _LOOPBACK
            | ({public.hostname} if public.hostname else set())
            | ({host} if host else set())
        )
        headers = (
            {**_HEADERS, "strict-transport-security": "max-age=31536000"}
            if public.scheme == "https"
            else _HEADERS
        )
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        name = scope["request_id"] = f"{self._process}-{next(self._numbers):x}"
        body = _Body(scope, receive)
        status, begins, whole = 500, False, False

        async def sending(message: Message) -> None:
            nonlocal status, begins, whole
            if message["type"] == "http.response.start":
                status, begins = message["status"], True
                held = message.setdefault("headers", [])
                own = [key for key, _ in held if key in _OWN]
                held += (
                    [pair for pair in self._headers if pair[0] not in own] if own else self._headers
                )
                held.append((b"x-request-id", name.encode()))
            await send(message)
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)

        async def answering(message: Message) -> None:
            if body.problem is None or begins:
                # Not sent: what the framework makes of a body that was cut off is no answer.
                await sending(message)

        try:
            fault = self._fault(scope)
            if fault:
                await _refuse(fault, sending)
            else:
                await self._app(scope, body.receive, answering)
        except _TooMuchError:
            pass
        except Exception as error:
            _LOG.exception("request %s failed: %s", name, type(error).__name__)
            if not whole:
                # the server cuts the connection off: nobody takes half an answer for a whole one
                raise
        finally:
            if body.problem is not None and not begins:
                await _refuse(body.problem, sending)
            self._note(scope, name, status, time.perf_counter() - begun)

    def _fault(self, scope: MutableMapping[str, Any]) -> ProblemError | None:
        hosts = [value for key, value in scope["headers"] if key == b"host"]
        asked = hosts[0].decode("latin-1").lower() if len(hosts) == 1 else ""
        bare = asked.rpartition(":")[0] if asked.rpartition(":")[2].isdigit() else asked
        if bare not in self._hosts:
            return ProblemError(
                421,
                "wrong-host",
                "this service is not reached under that name: set ATTRIBUTION_PUBLIC_URL.",
            )
        if len(scope["raw_path"]) > 4096 or len(scope["query_string"]) > 4096:
            return ProblemError(414, "address-too-long", "the address is longer than 4096 bytes.")
        return None

    def _note(
        self, scope: MutableMapping[str, Any], name: str, status: int, seconds: float
    ) -> None:
        route = getattr(scope.get("route"), "path", None) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.request(method, route, status, seconds)
        self._log.note(name, method, route, status, seconds, _who(scope.get("principal")))


def _who(principal: Principal | None) -> str:
    """Return who asked, for the log: a person by number, whose mailbox is nobody's business
    there.
    """
    if principal is None:
        return ""
    return f"account {principal.account_id}" if principal.account_id else principal.who


class _TooMuchError(Exception):
    """The body is larger than what is served."""


class _Body:
    """A request's body, taken in pieces, up to a size. How long it may take is the server's: see
    `serve`.
    """

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive) -> None:
        self.problem: ProblemError | None = None
        """Why it was cut off, if it was."""
        self._receive, self._taken = receive, 0
        self._ended = scope["method"] in ("GET", "HEAD")
        self._most = MOST_BATCH_BYTES if scope["path"].startswith(_LARGE) else MOST_BYTES
        length = next((value for key, value in scope["headers"] if key == b"content-length"), b"0")
        self._told = int(length) if length.isdigit() else 0

    async def receive(self) -> Message:
        """Return the next piece. Raises where there was too much."""
        if self._ended:
            return await self._receive()  # only whether the client is there still
        if self._told > self._most:
            self._cut_off(
                ProblemError(413, "too-large", f"the body is larger than {self._most} bytes.")
            )
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._taken > self._most:
            self._cut_off(
                ProblemError(413, "too-large", f"the body is larger than {self._most} bytes.")
            )
        return message

    def _cut_off(self, problem: ProblemError) -> NoReturn:
        self.problem = problem
        raise _TooMuchError


async def _refuse(problem: ProblemError, send: Send) -> None:
    body = problem_bytes(problem)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send(
        {
            "type": "http.response.start",
            "status": HTTPStatus(problem.status).value,
            "headers": headers,
        }
    )
    await send({"type": "http.response.body", "body": body})
