"""Answers of a lookup as files: the evidence of one, or all as CSV or JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from attribution.codes import Problem
from attribution.errors import NotInStoreError
from attribution.files.shown_text import escaped_json
from attribution.formats.csv_table import ANSWER_COLUMNS, answer_line, csv_line
from attribution.models import Attribution
from attribution.web.http.problems import ProblemError
from attribution.web.lookups.batches import all_lines
from attribution.web.pages.answers import KeptLookup, LookupLine
from attribution.web.pages.downloads import download, download_headers
from attribution.web.pages.routes import Attributing, PageRoute
from attribution.web.service import TheService

router = APIRouter(route_class=PageRoute)


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
    rows = write((line.line, line.answer) for line in lines if line.answer)
    headers = download_headers(f"results.{form}")
    return StreamingResponse(rows, media_type=media_type, headers=headers)


def _json_lines(answers: Iterator[tuple[int, Attribution]]) -> Iterator[str]:
    for _, answer in answers:
        yield escaped_json(answer.model_dump_json()) + "\n"


def _csv(answers: Iterator[tuple[int, Attribution]]) -> Iterator[str]:
    yield csv_line(ANSWER_COLUMNS) + "\n"
    for number, answer in answers:
        yield answer_line(number, answer) + "\n"


_FORMS = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "jsonl": (_json_lines, "application/x-ndjson"),
}
