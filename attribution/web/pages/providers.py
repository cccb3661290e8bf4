"""Companies by key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from attribution.casework.views import PAGE, provider_lines
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)


@router.get("/providers")
def show_providers(
    request: Request,
    service: TheService,
    principal: Reading,
    after: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Show a page of companies; `after` is the cursor, the last page's last key."""
    lines = service.read(lambda reader: provider_lines(reader, after))
    assessments = service.patterns.ready()
    assessed = assessments.assessed if assessments else []
    labels = {name: assessment.now for assessment in assessed for name in assessment.names}
    more = lines[-1].key if len(lines) == PAGE else None
    return page(request, "providers.html.j2", lines=lines, labels=labels, more=more)
