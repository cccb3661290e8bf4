"""Deciding again without the cases that a company contests. Nothing is changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from attribution.pattern.dossier.dossier import contest
from attribution.pattern.times import moment as day_of
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)


@router.get("/contests/{provider:path}")
def show_contest(
    request: Request,
    service: TheService,
    provider: str,
    principal: Reading,
    without: Annotated[str, Query(max_length=20_000)] = "",
) -> Response:
    """Show whether the label stands without some cases."""
    assessments, assessment = service.patterns.of_provider(provider)
    key, at = assessment.names[0], day_of(assessment.verdict.at)
    cases = without.replace(",", " ").split()
    result = contest(assessments.history, key, cases, at) if cases else None
    return page(
        request,
        "contest.html.j2",
        provider=key,
        without=without,
        result=result,
        day=assessments.day,
    )
