"""The page as a whole: its modules, static files, and how problems are shown to people."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module, resources
from pathlib import Path
from pkgutil import iter_modules

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from attribution.web import pages
from attribution.web.http.problems import ProblemError
from attribution.web.pages.rendering import page
from attribution.web.pages.visitors import NotSignedInError, sign_in_address


def page_routers() -> Iterator[APIRouter]:
    """Yield the router of each page: of every module of this package that has one."""
    for module in iter_modules(pages.__path__):
        router = getattr(import_module(f"{pages.__name__}.{module.name}"), "router", None)
        if router is not None:
            yield router


def attach(app: FastAPI) -> None:
    """Add the page to an application."""
    for router in page_routers():
        app.include_router(router, include_in_schema=False)
    static = Path(str(resources.files("attribution.web") / "static"))
    app.mount("/static", StaticFiles(directory=static), name="static")
    app.add_exception_handler(NotSignedInError, _sign_in_first)


def problem_page(request: Request, problem: ProblemError) -> Response:
    """Show what went wrong to a person, with the way out."""
    response = page(request, "problem.html.j2", problem.status, problem=problem)
    response.headers.update(problem.headers)
    return response


def _sign_in_first(request: Request, error: Exception) -> Response:
    return RedirectResponse(sign_in_address(request), 303)
