"""Reports, cases and notices: what a hotline does with a reported URL. Every view of a case is
noted in the log.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from attribution.attributor import Attributor
from attribution.casework import NoteEvent
from attribution.casework import note as note_happening
from attribution.casework.checking import note_statement
from attribution.casework.drafting import draft
from attribution.casework.notices_due import due, record_notice
from attribution.casework.providers import provider_named
from attribution.casework.rechecking import recheck
from attribution.casework.reporting import add_report
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
from attribution.errors import NotInStoreError
from attribution.evidence.statements import ServedStatement
from attribution.store.audit import note_view
from attribution.store.log import Writer
from attribution.store.times import moment
from attribution.target import parse_target
from attribution.web import evidence
from attribution.web.api import examples
from attribution.web.api.idempotency import Once, OnceKey
from attribution.web.api.requests import (
    JSON,
    ROOT,
    Cursor,
    Limit,
    Reading,
    TheService,
    Writing,
    answer,
    check_unchanged,
    cursor_after,
    decode_cursor,
    given_time,
    json_of,
    problems,
    told_time,
)
from attribution.web.http.problems import ProblemError
from attribution.web.lookups.batches import targets_of_reports

router = APIRouter(prefix=ROOT, tags=["cases"])


@router.post(
    "/reports",
    status_code=201,
    response_model=ReportAdded,
    responses={**problems(), 201: examples.reply("It is kept.", "REPORT_ADDED")},
    openapi_extra=examples.request("REPORT"),
)
async def report(
    body: ReportRequest, service: TheService, principal: Writing, key: OnceKey = None
) -> Response:
    """Look a reported URL up and keep it with its evidence: open reports of one site at one
    provider become one notice.
    """
    once = Once(service, principal, "reports", key, body.model_dump())
    earlier = await run_in_threadpool(once.earlier)
    if earlier is not None:
        return earlier
    parse_target(body.url)
    reported_at = given_time(body.reported_at)
    if reported_at is not None and reported_at > service.now + 3_600_000_000:
        raise ProblemError(422, "bad-time", "reported_at is in the future.")
    served = None
    if body.served_from:
        served = ServedStatement(body.served_from, principal.who, moment(service.now))
    found = await service.attributor.investigate(body.url, served_from=served)

    def keep() -> Response:
        def work() -> tuple[int, bytes]:
            added = add_report(
                writer,
                body.url,
                found,
                reported_at=reported_at,
                keep_url=service.settings.keep_urls,
            )
            return 201, json_of(ReportAdded.model_validate(asdict(added)))

        with service.store.write(principal.who) as writer:
            return once.do(writer, work)

    return await run_in_threadpool(keep)


@router.get("/reports/{report}/evidence", response_class=Response, responses=problems(404))
def report_evidence(
    report: str, request: Request, service: TheService, principal: Reading
) -> Response:
    """Return the evidence bundle that a report was attributed by. That it was taken is noted."""
    with service.store.write(principal.who) as writer:
        bundle = evidence.of_report(writer, report)
    return answer(request, bundle, media_type="application/vnd.attribution.evidence+json")


@router.get(
    "/cases",
    response_model=Page[CaseItem],
    responses={**problems(404), 200: examples.reply("The latest first.", "CASES")},
)
def listed(
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

    def read(connection: Any) -> list[CaseLine]:
        identity = None if provider is None else provider_named(connection, provider)[0]
        return case_lines(connection, provider_id=identity, after=after, limit=limit)

    lines = service.read(read)
    more = cursor_after(lines, limit, "key")
    return answer(request, json_of(Page[CaseItem](items=[_item(one) for one in lines], next=more)))


@router.get("/cases/{case}", response_model=Case, responses=problems(404))
def one(case: str, request: Request, service: TheService, principal: Reading) -> Response:
    """Return a case with its URLs (by their reports) and everything that happened. That it was
    looked at is noted.
    """
    with service.store.write(principal.who) as writer:
        note_view(writer, case, "interface")
        view = case_view(writer.connection, case, writer.now)
    return answer(request, json_of(_case(view)))


@router.post(
    "/cases/{case}/events",
    status_code=201,
    response_model=Noted,
    responses={**problems(404, 412), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("EVENT"),
)
def event(
    case: str,
    body: EventRequest,
    request: Request,
    service: TheService,
    principal: Writing,
    key: OnceKey = None,
) -> Response:
    """Note that something happened to a case: `ack`, `refused`, `bounce`, `still_online`,
    `offline`, and the others of docs/cases.md.
    """
    once = Once(service, principal, f"cases {case} events", key, body.model_dump(mode="json"))
    at = given_time(body.at)

    def work() -> tuple[int, bytes]:
        _check_unchanged(writer, case, request)
        given = body.model_dump(exclude={"kind", "at", "report"}, exclude_unset=True)
        detail = {
            name: value for name, value in given.items() if value is not None or name == "served_by"
        }
        when = writer.now if at is None else at
        made = note_happening(
            writer, NoteEvent(body.kind, when, case=case, report=body.report, fields=detail)
        )
        return 201, json_of(Noted(events=made))

    with service.store.write(principal.who) as writer:
        return once.do(writer, work)


@router.post(
    "/checks",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
)
def check(body: CheckRequest, service: TheService, principal: Writing) -> Response:
    """Note a check that a registered checker signed; the same statement is taken once."""
    with service.store.write(principal.who) as writer:
        numbers = note_statement(writer, body.model_dump(mode="json"))
    return Response(json_of(Noted(events=numbers)), 201, media_type=JSON)


@router.post(
    "/cases/{case}/notices",
    status_code=201,
    response_model=NoticeNoted,
    responses=problems(404, 412),
    openapi_extra=examples.request("NOTICE"),
)
def notice(
    case: str,
    body: NoticeRequest,
    request: Request,
    service: TheService,
    principal: Writing,
    key: OnceKey = None,
) -> Response:
    """Note that a notice was sent, the first of a case or a reminder. Nothing is sent from here."""
    once = Once(service, principal, f"cases {case} notices", key, body.model_dump(mode="json"))
    at = given_time(body.at)

    def work() -> tuple[int, bytes]:
        _check_unchanged(writer, case, request)
        noted = record_notice(
            writer,
            case,
            writer.now if at is None else at,
            to=body.to,
            message_id=body.message_id,
            channel=body.channel,
        )
        return 201, json_of(NoticeNoted(noted=noted))

    with service.store.write(principal.who) as writer:
        return once.do(writer, work)


@router.get("/notices/due", response_model=list[DueItem], responses=problems())
def what_is_due(request: Request, service: TheService, principal: Reading) -> Response:
    """List the notices and reminders that are due, each with what stands in its way."""
    found = service.read(
        lambda connection: due(
            connection, service.now, service.usual_terms, service.settings.hotline_country
        )
    )
    items = [
        DueItem(
            **{
                **asdict(one),
                "since": moment(one.since),
                "reports": list(one.reports),
                "in_the_way": list(one.in_the_way),
            }
        )
        for one in found
    ]
    return answer(request, json_of(items, list[DueItem]))


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
        note_view(writer, case, "draft")
        connection = writer.connection
        found = due(
            connection, writer.now, service.usual_terms, service.settings.hotline_country, case=case
        )
        if not found:
            raise NotInStoreError(
                f"case {case!r} has no URL that is there still: there is nothing to write about."
            )
        given = [*body.urls, *targets_of_reports(service.store, connection, found[0].reports)]
        made = draft(connection, service.store.keys, found[0], service.sender(body.language), given)
    items = [
        DraftItem(
            what=one.what,
            to=one.to,
            mailbox=one.mailbox,
            role=one.role,
            when=one.when,
            subject=one.subject,
            text=one.text,
            reply_to=one.reply_to,
            xarf=list(one.xarf),
            in_the_way=list(one.in_the_way),
        )
        for one in made
    ]
    return Response(json_of(items, list[DraftItem]), media_type="application/json")


@router.post("/cases/{case}/recheck", response_model=list[RecheckedItem], responses=problems(404))
async def again(case: str, service: TheService, principal: Writing) -> Response:
    """Look the case's open reports up anew, as right before a notice: unchanged, changed, moved to
    another provider, or unknown.
    """

    def known(connection: Any) -> None:
        case_view(connection, case, service.now)

    await run_in_threadpool(service.read, known)
    async with Attributor(
        service.settings, max_age=timedelta(0), vouched=service.vouched
    ) as attributor:
        found = [
            RecheckedItem(**asdict(one))
            async for one in recheck(
                service.store, attributor.investigate, principal.who, case=case
            )
        ]
    return Response(json_of(found, list[RecheckedItem]), media_type="application/json")


def _check_unchanged(writer: Writer, case: str, request: Request) -> None:
    if request.headers.get("if-match"):
        check_unchanged(request, json_of(_case(case_view(writer.connection, case, writer.now))))


def _item(line: CaseLine) -> CaseItem:
    return CaseItem(**_line_values(line))


def _case(view: CaseView) -> Case:
    return Case(
        **_line_values(view.line),
        next_step=view.next_step,
        reports=[
            {
                **one,
                "reported_at": moment(one["reported_at"]),
                "checked_at": told_time(one["checked_at"]),
            }
            for one in view.reports
        ],
        events=[
            {**one, **{name: moment(one[name]) for name in ("at", "known_at", "recorded_at")}}
            for one in view.events
        ],
    )


def _line_values(line: CaseLine) -> dict[str, Any]:
    return {
        "case": line.key,
        "provider": line.provider,
        "site": line.site,
        "opened_at": moment(line.opened_at),
        "state": line.state,
        "urls": line.urls,
        "online": line.online,
    }
