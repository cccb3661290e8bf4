"""Confirming that a person, and nobody who saw the link, set an account up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.confirming_accounts import (
    ConfirmAccount,
    confirm_account,
    waiting_accounts,
)
from attribution.errors import StoreError
from attribution.web.access.signing import fingerprint
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Confirming, PageRoute
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)


class ConfirmForm(BaseModel):
    """A confirmation."""

    covers: Annotated[int, Field(ge=0, lt=10**18)]
    """Number of the last set-up that was shown, so that no later one is confirmed unseen."""
    mailbox: str = ""
    why: str = ""
    """How it is known that it was this person."""


@router.get("/confirmations")
def show_waiting(request: Request, service: TheService, principal: Confirming) -> Response:
    """Show the accounts whose keys wait until a second person confirms who set them up."""
    return _show_waiting(request, service)


@router.post("/confirmations")
def confirm(
    request: Request,
    service: TheService,
    principal: Confirming,
    form: Annotated[ConfirmForm, Form()],
) -> Response:
    """Confirm that a person set the own account up. That is noted, and by whom."""
    command = ConfirmAccount(form.mailbox, principal.who, form.why, covers=form.covers)
    try:
        with service.store.write(principal.who) as writer:
            confirm_account(writer, command)
    except StoreError as error:
        return _show_waiting(request, service, fault=str(error))
    return RedirectResponse("/confirmations", 303)


def _show_waiting(request: Request, service: Service, *, fault: str = "") -> Response:
    waiting = [
        (account, fingerprint(account.public_key) if account.public_key else "")
        for account in service.read(waiting_accounts)
    ]
    status = 422 if fault else 200
    return page(request, "confirmations.html.j2", status, waiting=waiting, fault=fault)
