"""The letter to a company that goes with its dossier."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from attribution.pattern.dossier.render import letter_text
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)


@router.get("/letters/{provider:path}")
def show_letter(
    request: Request, service: TheService, provider: str, principal: Reading
) -> Response:
    """Show the letter."""
    assessments, assessment = service.patterns.of_provider(provider)
    settings, dossier = service.settings, assessments.dossier(assessment)
    text, reply_by = letter_text(
        dossier, settings.hotline_name, settings.hotline_mailbox, settings.notice_language
    )
    return page(
        request,
        "letter.html.j2",
        provider=assessment.names[0],
        text=text,
        text_language=settings.notice_language,
        reply_by=reply_by,
        day=assessments.day,
    )
