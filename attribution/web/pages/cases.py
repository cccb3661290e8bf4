"""The queue: what is due first, then every case, the latest first."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from attribution.casework.notices_due import Due
from attribution.casework.providers import provider_named
from attribution.casework.views import PAGE, case_lines
from attribution.store import Reader
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)


@router.get("/cases")
def show_cases(
    request: Request,
    service: TheService,
    principal: Reading,
    after: Annotated[str | None, Query(max_length=40)] = None,
    provider: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """Show the queue, or the cases of one provider."""

    def read(reader: Reader) -> dict[str, Any]:
        provider_id, key = provider_named(reader, provider) if provider else (None, None)
        is_first_page = after is None and provider_id is None
        notices = service.due(reader) if is_first_page else []
        lines = case_lines(reader, provider_id=provider_id, after=after)
        return {
            "ready": [due for due in notices if not _hindered(due)],
            "blocked": _by_hindrance([due for due in notices if _hindered(due)]),
            "lines": lines,
            "provider": key,
            "more": lines[-1].key if len(lines) == PAGE else None,
        }

    return page(request, "cases.html.j2", **service.read(read))


def _hindered(due: Due) -> bool:
    return bool(due.in_the_way or due.route_to)


def _by_hindrance(notices: list[Due]) -> list[dict[str, Any]]:
    """Return notices that may not go out yet, by provider and by what stands in the way."""
    return [
        {"provider": provider, "why": why, "route_to": route_to, "due": list(group)}
        for (provider, why, route_to), group in groupby(sorted(notices, key=_hindrance), _hindrance)
    ]


def _hindrance(due: Due) -> tuple[str, str, str]:
    return due.provider, "; ".join(due.in_the_way), due.route_to or ""
