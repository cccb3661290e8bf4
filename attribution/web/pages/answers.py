"""Answers of a lookup: one, or many grouped by company. One is shown as it is found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path
from markupsafe import Markup
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from attribution.casework.mailboxes import approvals
from attribution.casework.views import case_counts
from attribution.codes import SHOWN_RULES
from attribution.errors import NotInStoreError
from attribution.evidence import UNANSWERED, Record
from attribution.lookup.budgets.health import registry_rows
from attribution.models import Party
from attribution.store import Reader
from attribution.store.queries.providers import provider_with_key
from attribution.store.queries.reports import report_with_key
from attribution.store.queries.service_batches import (
    BatchState,
    State,
    batch_state,
    providers_of_batch,
)
from attribution.web.lookups import batches
from attribution.web.lookups.batches import Line
from attribution.web.pages.rendering import page, render, stream
from attribution.web.pages.routes import Attributing, PageRoute, Writing
from attribution.web.progress import progress_response
from attribution.web.reports import decided_again, report_lines
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)
_SHOWN_A_COMPANY = 25
_SHOWN_KINDS = ("dns", "rdap", "whois", "page")
"""Kinds of records that are shown while a lookup runs."""
_MOST_CLOSED = 3


def kept_lookup(check: str, service: TheService) -> BatchState:
    """Return a lookup that somebody began on the page. Raises NotInStoreError."""
    state = service.read(lambda reader: batch_state(reader, check))
    if not state.kept:
        raise NotInStoreError(f"{check!r} is no lookup of this page.")
    return state


def lookup_line(
    number: Annotated[int, Path(ge=1, le=10**9)], service: TheService, state: KeptLookup
) -> Line:
    """Return a line of a lookup. Raises NotInStoreError."""
    return _line(service, state, number)


KeptLookup = Annotated[BatchState, Depends(kept_lookup)]
LookupLine = Annotated[Line, Depends(lookup_line)]


class ReportForm(BaseModel):
    """Which line to report; every line that has an answer where none is named."""

    line: int | None = None


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """What the store knows of the company that an answer names."""

    key: str
    approved_by: str | None
    """Who approved the answer's mailbox."""
    approved_at: int | None
    counts: dict[str, int]
    """How many of its cases are in which state."""
    row: dict[str, Any] | None
    """Its assessment as of today's beginning, where there is one."""
    median_days: list[float] | None
    """The bounds of the days within which half of its URLs were gone."""


@router.get("/checks/{check}")
def show_answers(
    request: Request, service: TheService, principal: Attributing, state: KeptLookup
) -> Response:
    """Show one answer, or many grouped by company."""
    if state.total > 1:
        groups = service.read(lambda reader: _groups(service, reader, state))
        return page(request, "answers.html.j2", check=state, groups=groups, shown=_SHOWN_A_COMPANY)
    line = _line(service, state, 1)
    if line.answer is None and state.state is not State.STOPPED:
        return _stream_answer(request, service, state, line)
    return _show_answer(request, service, state, line)


@router.get("/checks/{check}/lines/{number}")
def show_line(
    request: Request,
    service: TheService,
    principal: Attributing,
    state: KeptLookup,
    line: LookupLine,
) -> Response:
    """Show one answer of many."""
    if line.answer is None:
        raise NotInStoreError(f"line {line.line} is not looked up yet.")
    return _show_answer(request, service, state, line)


@router.get("/checks/{check}/events")
async def show_progress(service: TheService, principal: Attributing, state: KeptLookup) -> Response:
    """Tell the page how far the lookup is."""
    return progress_response(service, state)


@router.post("/checks/{check}/report")
def report(
    service: TheService,
    principal: Writing,
    state: KeptLookup,
    form: Annotated[ReportForm, Form()],
) -> Response:
    """Keep what was looked up as reports: one line, or every line that has an answer."""
    lines = (
        batches.all_lines(service.store, state.id)
        if form.line is None
        else [_line(service, state, form.line)]
    )
    cases = report_lines(service, principal.who, state.id, lines)
    return RedirectResponse(f"/cases/{cases[0]}" if len(cases) == 1 else f"/checks/{state.id}", 303)


@router.post("/checks/{check}/resume")
async def resume(service: TheService, principal: Attributing, state: KeptLookup) -> Response:
    """Go on with a lookup that was stopped."""
    await run_in_threadpool(batches.resume, service.store, state.id)
    service.runner.work_on(state.id)
    return RedirectResponse(f"/checks/{state.id}", 303)


def _stream_answer(
    request: Request, service: Service, state: BatchState, line: Line
) -> StreamingResponse:
    """Show the page while the lookup runs: what is found, as it is found, then the answer."""

    async def panel() -> Markup:
        return await run_in_threadpool(_final_panel, request, service, state.id)

    records = _records_so_far(service, state.id)
    values = {"check": state, "line": line, "records": records, "panel": panel}
    return StreamingResponse(
        stream(request, "answer.html.j2", **values),
        media_type="text/html; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},
    )


async def _records_so_far(service: Service, batch_id: str) -> AsyncIterator[str]:
    """Yield a line for each record of a running lookup, and for registries that ask to wait."""
    shown, waiting = 0, ""
    watching = service.runner.watch(batch_id, least_pause=0, silence=1.0)
    async with aclosing(watching):
        async for progress in watching:
            if progress is None:
                before, waiting = waiting, await run_in_threadpool(_closed_registries, service)
                if waiting and waiting != before:
                    yield waiting
                continue
            for record in progress.records[shown:]:
                if record.kind in _SHOWN_KINDS:
                    yield _record_line(record)
            shown = len(progress.records)
            if progress.counts:
                return


def _final_panel(request: Request, service: Service, batch_id: str) -> Markup:
    state = kept_lookup(batch_id, service)
    return _panel(request, service, state, _line(service, state, 1))


def _show_answer(request: Request, service: Service, state: BatchState, line: Line) -> Response:
    panel = partial(_panel, request, service, state, line)
    return page(request, "answer.html.j2", check=state, line=line, records=None, panel=panel)


def _panel(request: Request, service: Service, state: BatchState, line: Line) -> Markup:
    answer = line.answer
    if answer is None or line.evidence is None:
        return render(request, "answer_unfinished.html.j2", check=state)
    steps = decided_again(line.evidence).steps
    key = line.report
    report = service.read(lambda reader: report_with_key(reader, key)) if key else None
    return render(
        request,
        "answer_panel.html.j2",
        check=state,
        line=line,
        answer=answer,
        steps=[step for step in steps if step.rule in SHOWN_RULES],
        known=_known_provider(service, answer.primary) if answer.primary else None,
        case=report.case if report else None,
        asks=answer.write_order[0].ask if answer.fronted and answer.write_order else "",
    )


def _known_provider(service: Service, party: Party) -> KnownProvider | None:
    key, mailbox = party.provider.id, (party.abuse_contact.email or "").lower()
    assessments = service.patterns.ready()
    assessment = assessments.of(key) if assessments else None

    def read(reader: Reader) -> KnownProvider | None:
        provider = provider_with_key(reader, key)
        if provider is None:
            return None
        approval = approvals(reader, provider.id).get(mailbox)
        return KnownProvider(
            key,
            approval.who if approval else None,
            approval.at if approval else None,
            case_counts(reader, provider.id),
            assessments.row(assessment) if assessments and assessment else None,
            assessments.median_days(assessment) if assessments and assessment else None,
        )

    return service.read(read)


def _groups(service: Service, reader: Reader, state: BatchState) -> list[dict[str, Any]]:
    """Return a lookup's lines by company, the biggest first; those without a company last."""
    groups = []
    for provider, count in providers_of_batch(reader, state.id):
        lines = batches.lines_of_provider(
            service.store, reader, state.id, provider, _SHOWN_A_COMPANY
        )
        parties = [line.answer.primary for line in lines if line.answer and line.answer.primary]
        groups.append(
            {
                "provider": provider,
                "count": count,
                "lines": lines,
                "name": parties[0].provider.name if parties else "",
                "mailboxes": sorted({party.abuse_contact.email or "" for party in parties}),
            }
        )
    return groups


def _line(service: Service, state: BatchState, number: int) -> Line:
    return service.read(
        lambda reader: batches.line_numbered(service.store, reader, state.id, number)
    )


def _record_line(record: Record) -> str:
    if record.kind == "dns":
        return f"{record.question.text}: {record.note or 'answered'}"
    if record.outcome in UNANSWERED:
        return f"{record.server}: {record.note or record.outcome}"
    return f"{record.server}: answered"


def _closed_registries(service: Service) -> str:
    """Return which registries are being waited for, and until when."""
    closed = [row for row in registry_rows(service.settings.cache_path) if row["closed_until"]]
    return "; ".join(
        f"{row['service']} asks us to wait until {row['closed_until'][11:16]} UTC"
        for row in closed[:_MOST_CLOSED]
    )
