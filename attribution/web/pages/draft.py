"""The drafts of a case's notices, to each party in the order to write."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from attribution.casework.drafting import Draft
from attribution.casework.views import case_view
from attribution.errors import Refused, StoreError
from attribution.language import Domain, languages
from attribution.web.drafts import drafts_of_case
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Writing
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)
_LANGUAGE = "^[a-z]{0,2}$"


class DraftForm(BaseModel):
    """For whom to write."""

    language: Annotated[str, StringConstraints(pattern=_LANGUAGE)] = ""
    """Of the notice; empty: the setting's."""
    urls: str = ""
    """The reported URLs, one a line, where the store has only what recognises them."""


@router.get("/cases/{case}/draft")
def show_drafts(
    request: Request,
    service: TheService,
    case: str,
    principal: Writing,
    language: Annotated[str, Query(pattern=_LANGUAGE)] = "",
) -> Response:
    """Show the drafts."""
    return draft_with_urls(request, service, case, principal, DraftForm(language=language))


@router.post("/cases/{case}/draft")
def draft_with_urls(
    request: Request,
    service: TheService,
    case: str,
    principal: Writing,
    form: Annotated[DraftForm, Form()],
) -> Response:
    """Show the drafts with URLs that the store does not have."""
    urls = [line.strip() for line in form.urls.splitlines() if line.strip()]
    drafts: list[Draft] = []
    fault, wants_urls = "", False
    with service.store.write(principal.who) as writer:
        view = case_view(writer.connection, case, writer.now)
        notices = service.due(writer.connection, case)
        try:
            drafts = drafts_of_case(service, writer, case, form.language, urls)
        except StoreError as error:
            fault, wants_urls = str(error), isinstance(error, Refused) and error.field == "urls"
    return page(
        request,
        "draft.html.j2",
        view=view,
        due=notices[0] if notices else None,
        drafts=drafts,
        fault=fault,
        wants_urls=wants_urls,
        languages_of_notices=languages(Domain.NOTICES),
        chosen=form.language or service.settings.notice_language,
        xarf=[json.dumps(report, indent=1) for report in (drafts[0].xarf if drafts else ())],
    )
