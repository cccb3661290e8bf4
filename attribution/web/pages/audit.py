"""The audit trail: who looked at what, and who did what, the newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from attribution.store.audit import audit_lines
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Auditing, PageRoute
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)
_PAGE = 100


@router.get("/audit")
def show_audit(
    request: Request,
    service: TheService,
    principal: Auditing,
    before: Annotated[int | None, Query(ge=1, le=10**15)] = None,
    who: Annotated[str, Query(max_length=320)] = "",
    case: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show a page of the log; `before` is the cursor, the last page's last entry."""
    person, key = who.strip() or None, case.strip() or None
    lines = service.read(
        lambda reader: audit_lines(reader, before=before, who=person, case=key, limit=_PAGE)
    )
    more = lines[-1].seq if len(lines) == _PAGE else None
    return page(request, "audit.html.j2", lines=lines, who=who, case=case, more=more)
