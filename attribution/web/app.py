"""The application: routes, error handlers, and the gate around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from attribution._version import __version__
from attribution.codes import Problem
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
_INTERFACE = ("/api/", "/healthz", "/readyz", "/metrics")
"""How the addresses begin that are for programs."""
_PROBLEM_OF_STATUS = {404: Problem.NOT_FOUND, 405: Problem.NO_SUCH_METHOD}
_MOST_FAULTS, _MOST_FAULTS_IN_DETAIL = 50, 5


def create_app(service: Service, host: str | None = None, log: RequestLog | None = None) -> Gate:
    """Return the application, which opens and closes the service with itself.

    `host` is served beside loopback and the public name. `log` gets a line for each request.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service:
            yield

    app = FastAPI(
        title="attribution",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        servers=[{"url": "/"}],
        exception_handlers={
            AttributionError: _show_error,
            RequestValidationError: _show_faults,
            HTTPException: _show_status,
            Exception: _show_failure,
        },
    )
    app.state.service = service
    for module in (attributions, batches, cases, providers, health):
        app.include_router(module.router)
    site.attach(app)
    described = examples.fill_in(app.openapi())
    app.openapi = lambda: described  # type: ignore[method-assign]
    return Gate(app, service.settings, service.metrics, host, log)


async def _show_error(request: Request, error: AttributionError) -> Response:
    return _show(request, problem_of(error))


async def _show_faults(request: Request, error: RequestValidationError) -> Response:
    faults = [
        {"field": ".".join(map(str, fault["loc"])), "fault": fault["msg"]}
        for fault in error.errors()[:_MOST_FAULTS]
    ]
    shown = faults[:_MOST_FAULTS_IN_DETAIL]
    detail = "; ".join(f"{fault['field']}: {fault['fault']}" for fault in shown)
    return _show(request, ProblemError(Problem.NOT_UNDERSTOOD, detail, errors=faults))


async def _show_status(request: Request, error: HTTPException) -> Response:
    kind = _PROBLEM_OF_STATUS.get(error.status_code, Problem.REFUSED)
    headers = dict(error.headers or {})
    problem = ProblemError(kind, str(error.detail), status=error.status_code, headers=headers)
    return _show(request, problem)


async def _show_failure(request: Request, error: Exception) -> Response:
    request_id = request.scope.get("request_id", "no id")
    detail = f"the service failed, and its log says why under {request_id}."
    return _show(request, ProblemError(Problem.FAILED, detail))


def _show(request: Request, problem: ProblemError) -> Response:
    """Show a problem: to a program as a document, to a person as a page."""
    if request.url.path.startswith(_INTERFACE):
        return problem_response(problem)
    return site.problem_page(request, problem)
