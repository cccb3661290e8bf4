"""Coming in and going out: signing in, setting an account up by a one-time link, the language."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.web.access import sessions, tickets, totp
from attribution.web.access.accounts import change_account
from attribution.web.access.oidc import open_state, seal_state
from attribution.web.access.signing_in import SignInRefused, sign_in, sign_in_by_claims
from attribution.web.http.problems import ProblemError
from attribution.web.pages.rendering import page
from attribution.web.pages.visitors import (
    Form,
    KnownVisitor,
    Looker,
    cookie,
    is_secure,
    own_address,
    set_cookie,
    take_cookie,
)
from attribution.web.service import Service
from attribution.web.words import LANGUAGES

router = APIRouter()
_STATE = "sign-in"
_STATE_SECONDS = 600
_YEAR = 31_536_000
Next = Annotated[str, Query(alias="next", max_length=2000)]


@router.get("/sign-in")
async def sign_in_page(request: Request, visitor: KnownVisitor, back: Next = "/") -> Response:
    """Show the form to sign in."""
    if visitor.session:
        return RedirectResponse(own_address(back), 303)
    return _form(request, back)


@router.post("/sign-in")
async def signs_in(request: Request, form: Form) -> Response:
    """Sign in by mailbox, password and code."""
    service: Service = request.app.state.service
    back, mailbox = form.get("next", "/"), form.get("mailbox", "")

    def work() -> str:
        token, _ = sign_in(
            service.store,
            mailbox,
            form.get("password", ""),
            form.get("code", ""),
            service.settings.session_hours,
            source=request.client.host if request.client else "",
        )
        return token

    try:
        token = await service.slowly(work)
    except SignInRefused as refused:
        return _form(request, back, mailbox=mailbox, fault=str(refused), status=401)
    return _signed_in(request, token, back)


@router.get("/sign-in/provider")
async def to_provider(request: Request, visitor: KnownVisitor, back: Next = "/") -> Response:
    """Go to the identity provider."""
    service: Service = request.app.state.service
    if service.identity_provider is None:
        raise ProblemError(404, "not-found", "no identity provider is set up here.")
    here = service.settings.public_url or str(request.base_url)
    try:
        response, state = await service.identity_provider.send_there(
            request, here.rstrip("/") + "/sign-in/back"
        )
    except Exception as error:  # whatever a library makes of a foreign server
        raise ProblemError(
            502,
            "provider-unreachable",
            f"the identity provider could not be asked: {type(error).__name__}.",
        ) from None
    sealed = seal_state(service.store, {"state": state, "next": own_address(back)})
    set_cookie(response, _STATE, sealed, secure=is_secure(request), seconds=_STATE_SECONDS)
    return response


@router.get("/sign-in/back")
async def from_provider(request: Request, visitor: KnownVisitor) -> Response:
    """Come back from the identity provider."""
    service: Service = request.app.state.service
    if service.identity_provider is None:
        raise ProblemError(404, "not-found", "no identity provider is set up here.")
    held = open_state(service.store, cookie(request, _STATE))
    provider = service.identity_provider
    try:
        claims = await provider.claims(request, dict(held.get("state", {})))
        token, _ = await run_in_threadpool(
            sign_in_by_claims,
            service.store,
            provider.issuer,
            claims,
            service.settings.session_hours,
        )
    except SignInRefused as refused:
        return _form(request, str(held.get("next", "/")), fault=str(refused), status=401)
    response = _signed_in(request, token, str(held.get("next", "/")))
    take_cookie(response, _STATE, secure=is_secure(request))
    return response


@router.post("/sign-out")
async def signs_out(
    request: Request, principal: Looker, visitor: KnownVisitor, form: Form
) -> Response:
    """End the session."""
    service: Service = request.app.state.service

    def work() -> None:
        if visitor.session:
            with service.store.write(principal.who) as writer:
                sessions.end(writer, visitor.session)

    await run_in_threadpool(work)
    response = RedirectResponse("/sign-in", 303)
    take_cookie(response, "session", secure=visitor.secure)
    return response


@router.get("/set-up/{token}")
async def set_up_page(request: Request, token: str, visitor: KnownVisitor) -> Response:
    """Show what is to be filled in next: name and password, then the authenticator's code."""
    return await run_in_threadpool(_set_up, request, token)


@router.post("/set-up/{token}")
async def sets_up(request: Request, token: str, form: Form) -> Response:
    """Take what was filled in; at the end the person is signed in."""
    service: Service = request.app.state.service
    store = service.store

    def work() -> str | None:
        with store.read() as connection:
            ticket = tickets.find(store, connection, token, store.now)
        if "code" in form:
            with store.write("set-up") as writer:
                made = tickets.finish(writer, ticket, form["code"], store.now)
                return sessions.begin(writer, made, service.settings.session_hours)
        if form.get("password") != form.get("again"):
            raise Refused(Refusal.INVALID, "password", "…", "the two differ; repeat it exactly")
        with store.write("set-up") as writer:
            tickets.fill_in(
                writer,
                ticket,
                form.get("password", ""),
                form.get("name", ""),
                form.get("mailbox", ""),
            )
        return None

    try:
        session = await service.slowly(work)
    except StoreError as fault:
        return await run_in_threadpool(_set_up, request, token, str(fault), form)
    return _signed_in(request, session, "/") if session else RedirectResponse(request.url.path, 303)


@router.post("/language")
async def speaks(request: Request, visitor: KnownVisitor, form: Form) -> Response:
    """Take another language, for this browser and account."""
    language = form.get("language", "")
    if language not in LANGUAGES:
        raise ProblemError(422, "bad-language", f"language: use one of {', '.join(LANGUAGES)}.")
    service: Service = request.app.state.service

    def work() -> None:
        if visitor.session:
            with service.store.write(visitor.session.account.person) as writer:
                change_account(writer, visitor.session.account.id, "language", language=language)

    await run_in_threadpool(work)
    response = RedirectResponse(own_address(form.get("next", "/")), 303)
    set_cookie(response, "language", language, secure=visitor.secure, seconds=_YEAR)
    return response


def _form(
    request: Request, back: str, *, mailbox: str = "", fault: str = "", status: int = 200
) -> Response:
    service: Service = request.app.state.service
    provider = service.identity_provider is not None
    return page(
        request,
        "sign_in.html.j2",
        status,
        next=own_address(back),
        mailbox=mailbox,
        fault=fault,
        provider=provider,
    )


def _signed_in(request: Request, token: str, back: str) -> Response:
    response = RedirectResponse(own_address(back), 303)
    set_cookie(response, "session", token, secure=is_secure(request))
    return response


def _set_up(
    request: Request, token: str, fault: str = "", form: dict[str, Any] | None = None
) -> Response:
    service: Service = request.app.state.service
    with service.store.read() as connection:
        ticket = tickets.find(service.store, connection, token, service.store.now)
    picture, secret = "", ""
    if ticket.draft:
        secret = ticket.draft["secret"]
        issuer = service.settings.hotline_name or "attribution"
        picture = Markup(totp.enrolment(secret, ticket.draft["mailbox"], issuer))  # noqa: S704 - our own drawing
    return page(
        request,
        "set_up.html.j2",
        422 if fault else 200,
        ticket=ticket,
        picture=picture,
        secret=secret,
        fault=fault,
        form=form or {},
    )
