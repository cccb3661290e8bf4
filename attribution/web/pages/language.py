"""Choosing the language of the page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from attribution.codes import Problem
from attribution.language import Domain, languages
from attribution.web.access.accounts import change_account
from attribution.web.http.problems import ProblemError
from attribution.web.pages.cookies import set_cookie
from attribution.web.pages.routes import PageRoute
from attribution.web.pages.visitors import ThisVisitor, own_address
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)
_YEAR_SECONDS = 31_536_000


class LanguageForm(BaseModel):
    """Another language."""

    language: str = ""
    next: str = "/"
    """Where to go then."""


@router.post("/language")
def choose_language(
    service: TheService, visitor: ThisVisitor, form: Annotated[LanguageForm, Form()]
) -> Response:
    """Keep another language, for this browser and account."""
    if form.language not in languages(Domain.PAGE):
        known = ", ".join(languages(Domain.PAGE))
        raise ProblemError(Problem.BAD_LANGUAGE, f"language: use one of {known}.")
    if visitor.session:
        account = visitor.session.account
        with service.store.write(account.person) as writer:
            change_account(writer, account.id, "language", language=form.language)
    response = RedirectResponse(own_address(form.next), 303)
    set_cookie(response, "language", form.language, secure=visitor.secure, seconds=_YEAR_SECONDS)
    return response
