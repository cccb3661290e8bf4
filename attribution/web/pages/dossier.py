"""A company's dossier as a file. That it was downloaded is noted."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from attribution.codes import Problem
from attribution.pattern.dossier.render import dossier_archive, dossier_files
from attribution.web.evidence import note_dossier
from attribution.web.http.problems import ProblemError
from attribution.web.pages.downloads import download
from attribution.web.pages.routes import PageRoute, Reading
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)
_FORMS = {
    "html": ("dossier.html", "text/html; charset=utf-8"),
    "json": ("dossier.json", "application/json"),
    "csv": ("cases.csv", "text/csv; charset=utf-8"),
    "zip": ("dossier.zip", "application/zip"),
}


@router.get("/dossiers/{provider:path}")
def save_dossier(
    service: TheService,
    provider: str,
    principal: Reading,
    at: Annotated[date | None, Query()] = None,
    form: Annotated[str, Query(max_length=8)] = "html",
) -> Response:
    """Give a dossier as one of its files, or all of them."""
    if at is not None and at > service.store.now.date():
        raise ProblemError(Problem.BAD_DAY, f"at {at}: name a day that has begun.")
    assessments, assessment = service.patterns.of_provider(provider, at)
    dossier = assessments.dossier(assessment)
    if form not in _FORMS:
        raise ProblemError(Problem.NOT_FOUND, "a dossier is given as html, json, csv or zip.")
    with service.store.write(principal.who) as writer:
        note_dossier(writer, assessments.day, assessment)
    name, media_type = _FORMS[form]
    body = dossier_archive(dossier) if form == "zip" else dossier_files(dossier)[name]
    return download(body, media_type, name)
