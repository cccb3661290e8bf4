"""Signing in, with a password or through the identity provider, and signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.codes import Problem
from attribution.web.access import sessions
from attribution.web.access.oidc import IdentityProvider, open_state, seal_state
from attribution.web.access.signing_in import (
    Credentials,
    SignInRefused,
    sign_in,
    sign_in_by_claims,
)
from attribution.web.http.problems import ProblemError
from attribution.web.pages.cookies import delete_cookie, is_secure, read_cookie, set_cookie
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Attributing, PageRoute
from attribution.web.pages.visitors import ThisVisitor, own_address
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)
_STATE = "sign-in"
"""The cookie that waits for who comes back from the identity provider."""
_STATE_SECONDS = 600
Next = Annotated[str, Query(alias="next", max_length=2000)]


class SignInForm(BaseModel):
    """What a person signs in with."""

    mailbox: str = ""
    password: str = ""
    code: str = ""
    next: str = "/"
    """Where to go then."""


@router.get("/sign-in")
def show_form(
    request: Request, service: TheService, visitor: ThisVisitor, back: Next = "/"
) -> Response:
    """Show the form to sign in."""
    if visitor.session:
        return RedirectResponse(own_address(back), 303)
    return _show_form(request, service, back)


@router.post("/sign-in")
async def sign_in_with_password(
    request: Request, service: TheService, form: Annotated[SignInForm, Form()]
) -> Response:
    """Sign in by mailbox, password and code."""
    source = request.client.host if request.client else ""
    credentials = Credentials(form.mailbox, form.password, form.code, source)
    hours = service.settings.session_hours
    try:
        token, _ = await service.slowly(lambda: sign_in(service.store, credentials, hours))
    except SignInRefused as refused:
        return _show_form(request, service, form.next, mailbox=form.mailbox, fault=str(refused))
    return signed_in(request, token, form.next)


@router.get("/sign-in/provider")
async def go_to_provider(request: Request, service: TheService, back: Next = "/") -> Response:
    """Go to the identity provider."""
    provider = _provider(service)
    here = service.settings.public_url or str(request.base_url)
    try:
        response, state = await provider.redirect_there(request, here.rstrip("/") + "/sign-in/back")
    except Exception as error:  # whatever a library makes of a foreign server
        raise ProblemError(
            Problem.PROVIDER_UNREACHABLE,
            f"the identity provider could not be asked: {type(error).__name__}.",
        ) from None
    sealed = seal_state(service.store, {"state": state, "next": own_address(back)})
    set_cookie(response, _STATE, sealed, secure=is_secure(request), seconds=_STATE_SECONDS)
    return response


@router.get("/sign-in/back")
async def come_back(request: Request, service: TheService) -> Response:
    """Come back from the identity provider."""
    provider = _provider(service)
    stored = open_state(service.store, read_cookie(request, _STATE))
    back, hours = str(stored.get("next", "/")), service.settings.session_hours
    try:
        claims = await provider.claims(request, dict(stored.get("state", {})))
        token, _ = await run_in_threadpool(
            sign_in_by_claims, service.store, provider.issuer, claims, hours
        )
    except SignInRefused as refused:
        return _show_form(request, service, back, fault=str(refused))
    response = signed_in(request, token, back)
    delete_cookie(response, _STATE, secure=is_secure(request))
    return response


@router.post("/sign-out")
def sign_out(service: TheService, principal: Attributing, visitor: ThisVisitor) -> Response:
    """End the session."""
    if visitor.session:
        with service.store.write(principal.who) as writer:
            sessions.end(writer, visitor.session)
    response = RedirectResponse("/sign-in", 303)
    delete_cookie(response, "session", secure=visitor.secure)
    return response


def signed_in(request: Request, token: str, back: str) -> Response:
    """Begin the session of a token in the browser, and go to an address of this site."""
    response = RedirectResponse(own_address(back), 303)
    set_cookie(response, "session", token, secure=is_secure(request))
    return response


def _show_form(
    request: Request, service: Service, back: str, *, mailbox: str = "", fault: str = ""
) -> Response:
    return page(
        request,
        "sign_in.html.j2",
        401 if fault else 200,
        next=own_address(back),
        mailbox=mailbox,
        fault=fault,
        provider=service.identity_provider is not None,
    )


def _provider(service: Service) -> IdentityProvider:
    if service.identity_provider is None:
        raise ProblemError(Problem.NOT_FOUND, "no identity provider is set up here.")
    return service.identity_provider
