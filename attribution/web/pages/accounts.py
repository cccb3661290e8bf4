"""Accounts, for administrators: who may come in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.errors import StoreError
from attribution.store import Writer
from attribution.store.queries.service_accounts import all_accounts
from attribution.web.access.accounts import add_account, change_account
from attribution.web.access.roles import Role
from attribution.web.access.tickets import set_up_ticket
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Administering, PageRoute
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)


class AccountForm(BaseModel):
    """A change of an account, or a new one."""

    do: Literal["add", "role", "disable", "enable", "link"]
    account: Annotated[int, Field(ge=0, lt=10**9)] = 0
    """The number of the account that is changed."""
    role: str = ""
    mailbox: str = ""
    """Of a new account."""
    name: str = ""
    """Of a new account."""
    language: str = "en"
    """Of a new account."""


@router.get("/accounts")
def show_accounts(request: Request, service: TheService, principal: Administering) -> Response:
    """Show who may come in."""
    return _show_accounts(request, service)


@router.post("/accounts")
def act(
    request: Request,
    service: TheService,
    principal: Administering,
    form: Annotated[AccountForm, Form()],
) -> Response:
    """Add an account, give it another role, disable it, or make a link to set it up anew; each ends
    its sessions.
    """
    try:
        with service.store.write(principal.who) as writer:
            token = _change(writer, form)
    except StoreError as error:
        return _show_accounts(request, service, fault=str(error))
    if token:
        return _show_accounts(request, service, token=token)
    return RedirectResponse("/accounts", 303)


def _change(writer: Writer, form: AccountForm) -> str:
    """Make one change; return the token of the link that goes with it, if one does."""
    match form.do:
        case "add":
            account = add_account(writer, form.mailbox, form.name, form.role, form.language)
            return set_up_ticket(writer, account.id)
        case "link":
            return set_up_ticket(writer, form.account)
        case "role":
            change_account(writer, form.account, "role", role=form.role)
        case "disable":
            change_account(writer, form.account, "disabled", disabled_at=writer.now)
        case "enable":
            change_account(writer, form.account, "enabled", disabled_at=None)
    return ""


def _show_accounts(
    request: Request, service: Service, *, fault: str = "", token: str = ""
) -> Response:
    here = (service.settings.public_url or str(request.base_url)).rstrip("/")
    return page(
        request,
        "accounts.html.j2",
        422 if fault else 200,
        link=f"{here}/set-up/{token}" if token else "",
        accounts=service.read(all_accounts),
        roles=list(Role),
        fault=fault,
    )
