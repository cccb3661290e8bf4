"""A person's own account, and making the person's signing key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.signers import named_signers, signers
from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.store.queries.service_accounts import Account
from attribution.web.access.passwords import fits
from attribution.web.access.signing import fingerprint, make_signing_key
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Attributing, PageRoute, Signing
from attribution.web.pages.visitors import ThisVisitor
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)


class SigningKeyForm(BaseModel):
    """A new signing key."""

    password: str = ""
    """The person's own, where there is one: a session alone does not name a signer."""
    passphrase: str = ""
    again: str = ""
    """The passphrase once more."""


@router.get("/account")
def show_account(request: Request, service: TheService, principal: Attributing) -> Response:
    """Show one's own account."""
    return _show_account(request, service, principal.who)


@router.post("/account")
async def make_key(
    request: Request,
    service: TheService,
    principal: Signing,
    visitor: ThisVisitor,
    form: Annotated[SigningKeyForm, Form()],
) -> Response:
    """Make one's signing key."""
    assert visitor.session is not None
    account = visitor.session.account
    try:
        await service.slowly(lambda: _make_key(service, account, form))
    except StoreError as error:
        return await run_in_threadpool(
            _show_account, request, service, principal.who, fault=str(error)
        )
    return RedirectResponse("/account", 303)


def _make_key(service: Service, account: Account, form: SigningKeyForm) -> None:
    if account.password is not None and not fits(form.password, account.password):
        raise Refused(Refusal.INVALID, "password", "…", "this is not yours")
    if form.passphrase != form.again:
        raise Refused(Refusal.INVALID, "passphrase", "…", "the two differ; repeat it exactly")
    with service.store.write(account.person) as writer:
        make_signing_key(writer, account, form.passphrase)


def _show_account(request: Request, service: Service, person: str, *, fault: str = "") -> Response:
    with service.store.read() as reader:
        named, valid = named_signers(reader), signers(reader)
    waiting = [
        fingerprint(key)
        for key, signer in named.items()
        if signer["mailbox"] == person and key not in valid
    ]
    return page(
        request,
        "account.html.j2",
        422 if fault else 200,
        fault=fault,
        waits=waiting[-1] if waiting else "",
    )
