"""The application: routes, errors, and the door in front of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from attribution._version import __version__
from attribution.errors import AttributionError
from attribution.web.api import attributions, batches, cases, examples, health, providers
from attribution.web.gate import Gate
from attribution.web.http.logs import RequestLog
from attribution.web.http.problems import ProblemError, problem_of, problem_response
from attribution.web.pages import site
from attribution.web.service import Service

_ABOUT = """From a reported URL to the company that can take it down, its abuse mailbox, and how
that is known.

Every request needs a key: `Authorization: Bearer KEY`. Errors are problems (RFC 9457). Lists are
read page by page by their `next`. Replies to GET have an `ETag`; a request that changes something
may carry `Idempotency-Key`, and of a case `If-Match`. URLs stand in bodies only, never in an
address."""


def create_app(service: Service, host: str | None = None, log: RequestLog | None = None) -> Gate:
    """Return the application, which opens and closes the service with itself. `host` is served
    beside loopback and the public name.

    `log` gets a line for each request.
    """

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        async with service:
            yield

    app = FastAPI(
        title="attribution",
        version=__version__,
        description=_ABOUT,
        lifespan=living,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        servers=[{"url": "/"}],
        exception_handlers={
            AttributionError: _failed,
            RequestValidationError: _not_understood,
            HTTPException: _no_route,
            Exception: _unforeseen,
        },
    )
    app.state.service = service
    for router in (attributions.router, batches.router, cases.router, providers.router):
        app.include_router(router)
    app.include_router(health.router)
    site.attach(app)
    described = examples.fill_in(app.openapi())
    app.openapi = lambda: described  # type: ignore[method-assign]
    return Gate(app, service.settings, service.metrics, host, log)


async def _failed(request: Request, error: AttributionError) -> Response:
    return _shown(request, problem_of(error))


async def _not_understood(request: Request, error: RequestValidationError) -> Response:
    faults = [
        {"field": ".".join(map(str, one["loc"])), "fault": one["msg"]} for one in error.errors()
    ]
    detail = "; ".join(f"{one['field']}: {one['fault']}" for one in faults[:5])
    return _shown(request, ProblemError(422, "not-understood", detail, errors=faults[:50]))


async def _no_route(request: Request, error: HTTPException) -> Response:
    kind = {404: "not-found", 405: "no-such-method"}.get(error.status_code, "refused")
    problem = ProblemError(error.status_code, kind, str(error.detail))
    problem.headers = dict(error.headers or {})
    return _shown(request, problem)


async def _unforeseen(request: Request, error: Exception) -> Response:
    name = request.scope.get("request_id", "no name")
    return _shown(
        request, ProblemError(500, "failed", f"the service failed, and noted why under {name}.")
    )


def _shown(request: Request, problem: ProblemError) -> Response:
    """Show a problem to a program, or to a person."""
    path = request.url.path
    if path.startswith("/api/") or path in ("/healthz", "/readyz", "/metrics"):
        return problem_response(problem)
    return site.problem_page(request, problem)
