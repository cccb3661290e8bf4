"""How each registry is asked, and how it answers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from attribution.lookup.budgets.health import registry_rows
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Attributing, PageRoute
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)


@router.get("/registries")
def show_registries(request: Request, service: TheService, principal: Attributing) -> Response:
    """Show the registries."""
    rows = registry_rows(service.settings.cache_path)
    return page(request, "registries.html.j2", rows=rows)
