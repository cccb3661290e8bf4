"""Answers of a lookup as files: the evidence of one, or all as CSV or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from attribution.codes import Problem
from attribution.errors import NotInStoreError
from attribution.files.shown_text import csv_cell, escaped_json
from attribution.models import Attribution
from attribution.web.http.problems import ProblemError
from attribution.web.lookups.batches import all_lines
from attribution.web.pages.answers import KeptLookup, LookupLine
from attribution.web.pages.downloads import download, download_headers
from attribution.web.pages.routes import Attributing, PageRoute
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)
_COLUMNS = ("input", "status", "company", "mailbox", "role", "country")
_Answers = Iterator[tuple[str, Attribution]]


@router.get("/checks/{check}/lines/{number}/evidence.json")
def save_evidence(principal: Attributing, line: LookupLine) -> Response:
    """Give the evidence of an answer, as `attribution replay` reads it."""
    if line.evidence is None:
        raise NotInStoreError(f"line {line.line} has no evidence yet.")
    return download(line.evidence, "application/json", "evidence.json")


@router.get("/checks/{check}/results.{form}")
def save_answers(
    service: TheService, principal: Attributing, state: KeptLookup, form: str
) -> Response:
    """Give every answer as a file: `csv` or `jsonl`."""
    if form not in _FORMS:
        raise ProblemError(Problem.NOT_FOUND, "answers are saved as csv or jsonl.")
    write, media_type = _FORMS[form]
    lines = all_lines(service.store, state.id)
    answers = ((line.target, line.answer) for line in lines if line.answer)
    headers = download_headers(f"results.{form}")
    return StreamingResponse(write(answers), media_type=media_type, headers=headers)


def _json_lines(answers: _Answers) -> Iterator[str]:
    for _, answer in answers:
        yield escaped_json(answer.model_dump_json()) + "\n"


def _csv(answers: _Answers) -> Iterator[str]:
    yield _csv_row(_COLUMNS)
    for target, answer in answers:
        party = answer.primary
        company = ["", "", "", ""]
        if party:
            mailbox, country = party.abuse_contact.email, party.provider.country
            company = [party.provider.name, mailbox or "", party.role, country or ""]
        yield _csv_row(map(csv_cell, [target, answer.status, *company]))


def _csv_row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


_FORMS = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "jsonl": (_json_lines, "application/x-ndjson"),
}
