"""All companies: the funnel plot, and the same as a table."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from attribution.pattern.dossier.pictures import funnel_picture
from attribution.pattern.labels import gravity
from attribution.store.queries.history import provider_names
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)


@router.get("/overview")
def show_overview(request: Request, service: TheService, principal: Reading) -> Response:
    """Show all companies, the worst label first."""
    assessments = service.patterns.assessments()
    rows = sorted(
        map(assessments.row, assessments.assessed),
        key=lambda row: (gravity(row["now"]), -row["e_value"], row["provider"]),
    )
    names = dict(service.read(provider_names).values())
    return page(
        request,
        "overview.html.j2",
        rows=rows,
        names=names,
        day=assessments.day,
        picture=funnel_picture(rows, names),
    )
