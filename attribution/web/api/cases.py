"""Reports, cases and notices: what a hotline does with a reported URL. Every view of a case is
noted in the log.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from attribution.casework import (
    NoteEvent,
    RecordNotice,
    ReportUrl,
    note_event,
    note_statement,
    record_notice,
    report_url,
)
from attribution.casework.notices_due import Due
from attribution.casework.providers import provider_named
from attribution.casework.reporting import ReportedUrl
from attribution.casework.views import CaseLine, CaseView, case_lines, case_view
from attribution.client.models import (
    Case,
    CaseItem,
    CheckRequest,
    DraftItem,
    DraftRequest,
    DueItem,
    EventRequest,
    Noted,
    NoticeNoted,
    NoticeRequest,
    Page,
    RecheckedItem,
    ReportAdded,
    ReportRequest,
)
from attribution.codes import Problem
from attribution.evidence.statements import ServedStatement
from attribution.store import Reader, Writer
from attribution.store.audit import note_view
from attribution.store.times import HOUR, moment
from attribution.target import parse_target
from attribution.web.api import examples
from attribution.web.api.cursors import Cursor, Limit, cursor_after, decode_cursor
from attribution.web.api.idempotency import Once
from attribution.web.api.replies import (
    JSON,
    check_unchanged,
    json_of,
    problems,
    reply,
    reply_time,
)
from attribution.web.api.requests import ROOT, Reading, Writing, time_of
from attribution.web.drafts import drafts_of_case
from attribution.web.evidence import evidence_of_report
from attribution.web.http.problems import ProblemError
from attribution.web.service import TheService

router = APIRouter(prefix=ROOT, tags=["cases"])


@router.post(
    "/reports",
    status_code=201,
    response_model=ReportAdded,
    responses={**problems(), 201: examples.reply("It is kept.", "REPORT_ADDED")},
    openapi_extra=examples.request("REPORT"),
)
async def report(
    body: ReportRequest, service: TheService, principal: Writing, once: Once
) -> Response:
    """Look a reported URL up and keep it with its evidence: open reports of one site at one
    provider become one notice.
    """
    earlier = await run_in_threadpool(once.earlier, "reports", body)
    if earlier is not None:
        return earlier
    parse_target(body.url)
    reported_at = time_of(body.reported_at)
    if reported_at is not None and reported_at > service.now + HOUR:
        raise ProblemError(Problem.BAD_TIME, "reported_at is in the future.")
    served = None
    if body.served_from:
        served = ServedStatement(body.served_from, principal.who, moment(service.now))
    investigation = await service.attributor.investigate(body.url, served_from=served)

    def add(writer: Writer) -> ReportAdded:
        command = ReportUrl(
            url=body.url,
            investigation=investigation,
            reported_at=reported_at,
            keep_url=service.settings.keep_urls,
        )
        return _added(report_url(writer, command))

    return await run_in_threadpool(once.run, "reports", body, add)


@router.get("/reports/{report}/evidence", response_class=Response, responses=problems(404))
def report_evidence(
    report: str, request: Request, service: TheService, principal: Reading
) -> Response:
    """Return the evidence bundle that a report was attributed by. That it was taken is noted."""
    with service.store.write(principal.who) as writer:
        bundle = evidence_of_report(writer, report)
    return reply(request, bundle, media_type="application/vnd.attribution.evidence+json")


@router.get(
    "/cases",
    response_model=Page[CaseItem],
    responses={**problems(404), 200: examples.reply("The latest first.", "CASES")},
)
def list_cases(
    request: Request,
    service: TheService,
    principal: Reading,
    cursor: Cursor = None,
    limit: Limit = 50,
    provider: Annotated[
        str | None, Query(max_length=300, description="Only of this provider's one history.")
    ] = None,
) -> Response:
    """List cases, the latest first."""
    after = decode_cursor(cursor)

    def read(reader: Reader) -> list[CaseLine]:
        provider_id = None if provider is None else provider_named(reader, provider)[0]
        return case_lines(reader, provider_id=provider_id, after=after, limit=limit)

    lines = service.read(read)
    items = [CaseItem(**_line_values(line)) for line in lines]
    return reply(request, Page[CaseItem](items=items, next=cursor_after(lines, limit, "key")))


@router.get("/cases/{case}", response_model=Case, responses=problems(404))
def show_case(case: str, request: Request, service: TheService, principal: Reading) -> Response:
    """Return a case with its URLs (by their reports) and everything that happened. That it was
    looked at is noted.
    """
    with service.store.write(principal.who) as writer:
        note_view(writer, case, "interface")
        view = case_view(writer.connection, case, writer.now)
    return reply(request, _case(view))


@router.post(
    "/cases/{case}/events",
    status_code=201,
    response_model=Noted,
    responses={**problems(404, 412), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("EVENT"),
)
def event(
    case: str, body: EventRequest, request: Request, principal: Writing, once: Once
) -> Response:
    """Note that something happened to a case: `ack`, `refused`, `bounce`, `still_online`,
    `offline`, and the others of docs/guides/report-and-notify.md.
    """
    given = body.model_dump(exclude={"kind", "at", "report"}, exclude_unset=True)
    # `served_by` null says that nobody knows who served it; any other null says nothing.
    fields = {
        name: value for name, value in given.items() if value is not None or name == "served_by"
    }
    command = NoteEvent(
        kind=body.kind, at=time_of(body.at), case=case, report=body.report, fields=fields
    )

    def note(writer: Writer) -> Noted:
        _check_unchanged(writer, case, request)
        return Noted(events=note_event(writer, command))

    return once.run(f"cases {case} events", body, note)


@router.post(
    "/checks",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
)
def check(body: CheckRequest, service: TheService, principal: Writing) -> Response:
    """Note a check that a registered checker signed; the same statement is taken once."""
    with service.store.write(principal.who) as writer:
        events = note_statement(writer, body.model_dump(mode="json"))
    return Response(json_of(Noted(events=events)), 201, media_type=JSON)


@router.post(
    "/cases/{case}/notices",
    status_code=201,
    response_model=NoticeNoted,
    responses=problems(404, 412),
    openapi_extra=examples.request("NOTICE"),
)
def notice(
    case: str, body: NoticeRequest, request: Request, principal: Writing, once: Once
) -> Response:
    """Note that a notice was sent, the first of a case or a reminder. Nothing is sent from here."""
    command = RecordNotice(
        case=case,
        at=time_of(body.at),
        to=body.to,
        message_id=body.message_id,
        channel=body.channel,
    )

    def note(writer: Writer) -> NoticeNoted:
        _check_unchanged(writer, case, request)
        return NoticeNoted(noted=record_notice(writer, command).value)

    return once.run(f"cases {case} notices", body, note)


@router.get("/notices/due", response_model=list[DueItem], responses=problems())
def notices_due(request: Request, service: TheService, principal: Reading) -> Response:
    """List the notices and reminders that are due, each with what stands in its way."""
    notices = service.read(service.due)
    items = [_due_item(due) for due in notices]
    return reply(request, items, list[DueItem])


@router.post(
    "/drafts/{case}",
    response_model=list[DraftItem],
    responses=problems(404, 413),
    openapi_extra=examples.request("NOTHING"),
)
def drafts(case: str, body: DraftRequest, service: TheService, principal: Writing) -> Response:
    """Write the notices of a case to each party in the order to write: text and XARF. They name
    URLs; that they were drafted is noted.
    """
    with service.store.write(principal.who) as writer:
        written = drafts_of_case(service, writer, case, body.language, body.urls)
    items = [DraftItem.model_validate(draft, from_attributes=True) for draft in written]
    return Response(json_of(items, list[DraftItem]), media_type=JSON)


@router.post("/cases/{case}/recheck", response_model=list[RecheckedItem], responses=problems(404))
async def recheck(case: str, service: TheService, principal: Writing) -> Response:
    """Look the case's open reports up anew, as right before a notice: unchanged, changed, moved to
    another provider, or unknown.
    """
    rechecks = await service.recheck(case, principal.who)
    items = [RecheckedItem(**asdict(rechecked)) for rechecked in rechecks]
    return Response(json_of(items, list[RecheckedItem]), media_type=JSON)


def _check_unchanged(writer: Writer, case: str, request: Request) -> None:
    if request.headers.get("if-match"):
        view = case_view(writer.connection, case, writer.now)
        check_unchanged(request, json_of(_case(view)))


def _case(view: CaseView) -> Case:
    reports = [
        {
            **report,
            "reported_at": moment(report["reported_at"]),
            "checked_at": reply_time(report["checked_at"]),
        }
        for report in view.reports
    ]
    events = [
        {**event, **{name: moment(event[name]) for name in ("at", "known_at", "recorded_at")}}
        for event in view.events
    ]
    return Case(**_line_values(view.line), next_step=view.next_step, reports=reports, events=events)


def _line_values(line: CaseLine) -> dict[str, Any]:
    values = asdict(line)
    return {"case": values.pop("key"), **values, "opened_at": moment(line.opened_at)}


def _added(added: ReportedUrl) -> ReportAdded:
    values = asdict(added)
    if added.known is not None:
        values["known"].update(
            reported_at=moment(added.known.reported_at), sent_at=reply_time(added.known.sent_at)
        )
    return ReportAdded.model_validate(values)


def _due_item(due: Due) -> DueItem:
    times = {"since": moment(due.since), "may_gather_until": reply_time(due.may_gather_until)}
    return DueItem(**{**asdict(due), **times})
