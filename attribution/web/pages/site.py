"""The page as a whole: its rooms, static files, and how problems are shown to people."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from attribution.web.http.problems import ProblemError
from attribution.web.pages import accounts, answers, case, provider, sign_in
from attribution.web.pages.rendering import page
from attribution.web.pages.visitors import NotSignedInError, sign_in_address


def attach(app: FastAPI) -> None:
    """Add the page to an application."""
    for room in (sign_in, answers, case, provider, accounts):
        app.include_router(room.router, include_in_schema=False)
    app.mount(
        "/static",
        StaticFiles(directory=Path(str(resources.files("attribution.web") / "static"))),
        name="static",
    )
    app.add_exception_handler(NotSignedInError, _sign_in_first)


def problem_page(request: Request, problem: ProblemError) -> Response:
    """Show what went wrong to a person, with the way out."""
    response = page(request, "problem.html.j2", problem.status, problem=problem)
    response.headers.update(problem.headers)
    return response


def _sign_in_first(request: Request, error: Exception) -> Response:
    return RedirectResponse(sign_in_address(request), 303)
