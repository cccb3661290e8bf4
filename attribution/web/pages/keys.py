"""Keys of programs, for administrators."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.errors import StoreError
from attribution.store.queries.service_keys import all_keys
from attribution.web.access.api_keys import disable_key, make_key
from attribution.web.access.roles import KEY_SCOPES
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Administering, PageRoute
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)


class KeyForm(BaseModel):
    """A new key, or one to disable. Each checked scope is a field `scope-NAME`."""

    model_config = ConfigDict(extra="allow")

    do: Literal["make", "disable"]
    name: str = ""

    @property
    def scopes(self) -> list[str]:
        """The scopes that were checked."""
        checked = self.model_extra or {}
        return [scope for scope in KEY_SCOPES if checked.get(f"scope-{scope}")]


@router.get("/keys")
def show_keys(request: Request, service: TheService, principal: Administering) -> Response:
    """Show the keys, without their secrets."""
    return _show_keys(request, service)


@router.post("/keys")
def act(
    request: Request,
    service: TheService,
    principal: Administering,
    form: Annotated[KeyForm, Form()],
) -> Response:
    """Make a key, which is shown once, or disable one."""
    new_key = ""
    try:
        with service.store.write(principal.who) as writer:
            if form.do == "make":
                new_key = make_key(writer, form.name, form.scopes)
            else:
                disable_key(writer, form.name)
    except StoreError as error:
        return _show_keys(request, service, fault=str(error))
    if new_key:
        return _show_keys(request, service, new_key=new_key)
    return RedirectResponse("/keys", 303)


def _show_keys(
    request: Request, service: Service, *, fault: str = "", new_key: str = ""
) -> Response:
    return page(
        request,
        "keys.html.j2",
        422 if fault else 200,
        keys=service.read(all_keys),
        scopes=KEY_SCOPES,
        new_key=new_key,
        fault=fault,
    )
