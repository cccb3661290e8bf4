"""Setting an account up by a one-time link: name and password first, then the authenticator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from markupsafe import Markup
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.web.access import sessions, tickets, totp
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute
from attribution.web.pages.sign_in import signed_in
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)


class SetUpForm(BaseModel):
    """A step of setting an account up: the password, or the authenticator's code."""

    code: str | None = None
    """None in the first step."""
    password: str = ""
    again: str = ""
    """The password once more."""
    name: str = ""
    """Of the first administrator."""
    mailbox: str = ""
    """Of the first administrator."""


@router.get("/set-up/{token}")
def show_step(request: Request, service: TheService, token: str) -> Response:
    """Show what is to be filled in next: name and password, then the authenticator's code."""
    return _show_step(request, service, token)


@router.post("/set-up/{token}")
async def fill_in_step(
    request: Request, service: TheService, token: str, form: Annotated[SetUpForm, Form()]
) -> Response:
    """Take what was filled in; at the end the person is signed in."""
    try:
        session = await service.slowly(lambda: _fill_in(service, token, form))
    except StoreError as error:
        return await run_in_threadpool(_show_step, request, service, token, form, fault=str(error))
    return signed_in(request, session, "/") if session else RedirectResponse(request.url.path, 303)


def _fill_in(service: Service, token: str, form: SetUpForm) -> str | None:
    """Take a step; return the token of the session that begins after the last one."""
    store = service.store
    with store.read() as reader:
        ticket = tickets.find(store, reader, token, store.now)
    if form.code is not None:
        with store.write("set-up") as writer:
            account = tickets.finish(writer, ticket, form.code, store.now)
            return sessions.begin(writer, account, service.settings.session_hours)
    if form.password != form.again:
        raise Refused(Refusal.INVALID, "password", "…", "the two differ; repeat it exactly")
    with store.write("set-up") as writer:
        tickets.fill_in(writer, ticket, form.password, form.name, form.mailbox)
    return None


def _show_step(
    request: Request,
    service: Service,
    token: str,
    form: SetUpForm | None = None,
    *,
    fault: str = "",
) -> Response:
    with service.store.read() as reader:
        ticket = tickets.find(service.store, reader, token, service.store.now)
    picture, secret = "", ""
    if ticket.draft:
        secret = ticket.draft["secret"]
        issuer = service.settings.hotline_name or "attribution"
        svg = totp.enrolment(secret, ticket.draft["mailbox"], issuer)
        picture = Markup(svg)  # noqa: S704 - drawn by this program
    return page(
        request,
        "set_up.html.j2",
        422 if fault else 200,
        ticket=ticket,
        picture=picture,
        secret=secret,
        fault=fault,
        form=form or SetUpForm(),
    )
