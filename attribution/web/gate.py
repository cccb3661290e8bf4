"""The outermost door: which hosts are served, how large and slow a body may be, which headers every answer carries, and what is noted of it.

It stands in front of the framework, so that it holds for every route, also for those that are not there.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from attribution.settings import Settings
from attribution.web.metrics import Metrics
from attribution.web.problems import MEDIA_TYPE, ProblemError, problem_bytes

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_BYTES = 262_144
MOST_BATCH_BYTES = 4_194_304
BODY_SECONDS = 20.0
"""For a whole body: who sends slower is not served."""
_LARGE = ("/api/v1/batches", "/check", "/api/v1/drafts")
_LOOPBACK = frozenset(["localhost", "127.0.0.1", "[::1]"])
_LOG = logging.getLogger("attribution.web.requests")
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
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


class Gate:
    """ASGI middleware around everything."""

    def __init__(self, app: App, settings: Settings, metrics: Metrics, host: str | None = None) -> None:
        self._app, self._metrics = app, metrics
        public = urlsplit(settings.public_url)
        self._hosts = _LOOPBACK | ({public.hostname} if public.hostname else set()) | ({host} if host else set())
        headers = (
            {**_HEADERS, "strict-transport-security": "max-age=31536000"} if public.scheme == "https" else _HEADERS
        )
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        name = scope["request_id"] = secrets.token_hex(8)
        status, whole = 500, False
        sent: set[bytes] = set()

        async def sending(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                held = message.setdefault("headers", [])
                sent.update(key for key, _ in held)
                held.extend(pair for pair in self._headers if pair[0] not in sent)
                held.append((b"x-request-id", name.encode()))
            await send(message)
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            fault = self._fault(scope)
            if fault:
                await _refuse(fault, sending)
            else:
                await self._app(scope, _bounded(scope, receive), sending)
        except _TooMuchError as error:
            if not sent:
                await _refuse(error.problem, sending)
        except Exception as error:
            _LOG.exception("request %s failed: %s", name, type(error).__name__)
            if not whole:
                raise  # the server cuts the connection off: nobody takes half an answer for a whole one
        finally:
            self._note(scope, name, status, time.perf_counter() - begun)

    def _fault(self, scope: MutableMapping[str, Any]) -> ProblemError | None:
        hosts = [value for key, value in scope["headers"] if key == b"host"]
        asked = hosts[0].decode("latin-1").lower() if len(hosts) == 1 else ""
        bare = asked.rpartition(":")[0] if asked.rpartition(":")[2].isdigit() else asked
        if bare not in self._hosts:
            return ProblemError(
                421, "wrong-host", "this service is not reached under that name: set ATTRIBUTION_PUBLIC_URL."
            )
        if len(scope["raw_path"]) > 4096 or len(scope["query_string"]) > 4096:
            return ProblemError(414, "address-too-long", "the address is longer than 4096 bytes.")
        return None

    def _note(self, scope: MutableMapping[str, Any], name: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "none"
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.request(method, route, status, seconds)
        if _LOG.isEnabledFor(logging.INFO):
            principal = scope.get("principal")
            who = (
                ""
                if principal is None
                else f"account {principal.account_id}"
                if principal.account_id
                else principal.who
            )
            _LOG.info(
                "request",
                extra={"request": {"id": name, "method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), "who": who}},
            )  # fmt: skip


class _TooMuchError(Exception):
    """The body is larger or slower than what is served."""

    def __init__(self, problem: ProblemError) -> None:
        super().__init__(problem.kind)
        self.problem = problem


def _bounded(scope: MutableMapping[str, Any], receive: Receive) -> Receive:
    """Return a way to receive that ends a body that is too large or too slow."""
    if scope["method"] in ("GET", "HEAD"):
        return receive
    most = MOST_BATCH_BYTES if scope["path"].startswith(_LARGE) else MOST_BYTES
    too_large = ProblemError(413, "too-large", f"the body is larger than {most} bytes.")
    length = next((value for key, value in scope["headers"] if key == b"content-length"), b"0")
    taken, whole = 0, False
    deadline: float | None = None

    async def receiving() -> Message:
        nonlocal taken, whole, deadline
        if whole:
            return await receive()  # only whether the client is there still
        if not length.isdigit() or int(length) > most:
            raise _TooMuchError(too_large)
        loop = asyncio.get_running_loop()
        if deadline is None:
            deadline = loop.time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise _TooMuchError(
                ProblemError(408, "too-slow", f"the body took longer than {BODY_SECONDS:g} seconds.")
            ) from None
        taken += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if taken > most:
            raise _TooMuchError(too_large)
        return message

    return receiving


async def _refuse(problem: ProblemError, send: Send) -> None:
    body = problem_bytes(problem)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": HTTPStatus(problem.status).value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
