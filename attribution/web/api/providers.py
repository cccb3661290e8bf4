"""Providers and patterns: who they are, whether they act, the dossier, and what stands without
contested cases.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from attribution.casework import (
    ApproveMailbox,
    NoteEvent,
    Vouch,
    WithdrawVouching,
    approve_mailbox,
    note_event,
    vouch,
    withdraw_vouching,
)
from attribution.casework.providers import provider_named
from attribution.casework.views import ProviderView, provider_lines, provider_view
from attribution.client.models import (
    ApprovalRequest,
    Assessed,
    AuditItem,
    Contested,
    ContestRequest,
    Noted,
    Page,
    ProviderDetail,
    ProviderEventRequest,
    ProviderItem,
    VouchRequest,
)
from attribution.codes import Problem
from attribution.pattern.dossier.dossier import contest as decide_again
from attribution.pattern.dossier.render import dossier_archive
from attribution.pattern.times import moment as day_of
from attribution.store import Reader, Writer
from attribution.store.audit import audit_lines
from attribution.store.times import iso, moment
from attribution.web.api import examples
from attribution.web.api.cursors import (
    Cursor,
    Limit,
    cursor_after,
    decode_cursor,
    decode_number,
)
from attribution.web.api.idempotency import Once
from attribution.web.api.replies import problems, reply, reply_time
from attribution.web.api.requests import ROOT, Auditing, Reading, Writing, time_of
from attribution.web.evidence import note_dossier
from attribution.web.http.problems import ProblemError
from attribution.web.service import Service, TheService

router = APIRouter(prefix=ROOT, tags=["providers"])
Key = Annotated[
    str, Path(max_length=300, description="The provider's key, or another name that is its alone.")
]
Day = Annotated[
    date | None,
    Query(
        description="With what was known at this day's beginning (UTC). Left out: today's "
        "beginning."
    ),
]
_FIRST_DAY = date(2000, 1, 1)
_TIMES = frozenset(["at", "known_at", "undone_at"])
"""Fields of a provider's view that are microseconds since 1970."""


@router.get(
    "/providers",
    response_model=Page[ProviderItem],
    responses={**problems(), 200: examples.reply("By key.", "PROVIDERS")},
)
def list_providers(
    request: Request,
    service: TheService,
    principal: Reading,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List providers, by key."""
    after = decode_cursor(cursor) or ""
    lines = service.read(lambda reader: provider_lines(reader, after, limit))
    items = [
        ProviderItem(
            provider=line.key,
            name=line.name,
            country=line.country,
            cases=line.cases,
            last_opened=reply_time(line.last_opened),
        )
        for line in lines
    ]
    return reply(request, Page[ProviderItem](items=items, next=cursor_after(lines, limit, "key")))


@router.get("/providers/{provider:path}", response_model=ProviderDetail, responses=problems(404))
def show_provider(
    provider: Key, request: Request, service: TheService, principal: Reading
) -> Response:
    """Return everything about one provider but its cases one by one; counts are over its one
    history.
    """

    def read(reader: Reader) -> ProviderView:
        return provider_view(reader, provider_named(reader, provider)[0], service.usual_terms)

    values = asdict(service.read(read))
    values["provider"] = values.pop("key")
    return reply(request, ProviderDetail(**_with_times(values)))


@router.post(
    "/approvals/{provider:path}",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("APPROVAL"),
)
def approval(provider: Key, body: ApprovalRequest, principal: Writing, once: Once) -> Response:
    """Note that a person looked at a mailbox and approves it: before that no notice with URLs goes
    there.
    """
    command = ApproveMailbox(provider=provider, mailbox=body.mailbox, why=body.why)

    def note(writer: Writer) -> Noted:
        return Noted(events=[approve_mailbox(writer, command).event])

    return once.run(f"approvals {provider}", body, note)


@router.post(
    "/events/{provider:path}",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("PROVIDER_EVENT"),
)
def event(provider: Key, body: ProviderEventRequest, principal: Writing, once: Once) -> Response:
    """Note what happened to a provider as a whole: `contact_confirmed`, `contact_corrected`,
    `channel_failed`, `letter_delivered`, `reply`.
    """
    fields = body.model_dump(exclude={"kind", "at"}, exclude_none=True)
    command = NoteEvent(kind=body.kind, at=time_of(body.at), provider=provider, fields=fields)

    def note(writer: Writer) -> Noted:
        return Noted(events=note_event(writer, command))

    return once.run(f"events {provider}", body, note)


@router.post(
    "/vouchings/{provider:path}",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("VOUCH"),
)
def vouching(
    provider: Key, body: VouchRequest, service: TheService, principal: Writing, once: Once
) -> Response:
    """Vouch for a customer of a provider, or withdraw that: lookups name it, and the provider
    above it too.
    """

    def note(writer: Writer) -> Noted:
        if body.withdraw:
            return Noted(events=[withdraw_vouching(writer, WithdrawVouching(provider, body.why))])
        return Noted(events=[vouch(writer, Vouch(provider, body.why, body.name))])

    response = once.run(f"vouchings {provider}", body, note)
    service.refresh_vouchings()
    return response


@router.get(
    "/assessments",
    response_model=list[Assessed],
    responses={**problems(), 200: examples.reply("Everybody.", "ASSESSMENTS")},
)
def list_assessments(
    request: Request, service: TheService, principal: Reading, at: Day = None
) -> Response:
    """Say of each provider whether it acts on notices, how sure that is, and what may be done next.
    Nothing is published.
    """
    assessments = service.patterns.assessments(_past_day(service, at))
    rows = [Assessed(**assessments.row(assessment)) for assessment in assessments.assessed]
    return reply(request, rows, list[Assessed])


@router.get("/assessments/{provider:path}", response_model=Assessed, responses=problems(404))
def show_assessment(
    provider: Key, request: Request, service: TheService, principal: Reading, at: Day = None
) -> Response:
    """Say the same of one provider, under any of its names."""
    assessments, assessment = service.patterns.of_provider(provider, _past_day(service, at))
    return reply(request, Assessed(**assessments.row(assessment)))


@router.get(
    "/dossiers/{provider:path}",
    response_class=Response,
    responses={
        **problems(404),
        200: {
            "description": "dossier.html, dossier.json and cases.csv, the same bytes each time.",
            "content": {"application/zip": {}},
        },
    },
)
def dossier(
    provider: Key, request: Request, service: TheService, principal: Reading, at: Day = None
) -> Response:
    """Return a provider's dossier as of a day: everything that its label rests on. That it was
    taken is noted.
    """
    assessments, assessment = service.patterns.of_provider(provider, _past_day(service, at))
    archive = dossier_archive(assessments.dossier(assessment))
    with service.store.write(principal.who) as writer:
        note_dossier(writer, assessments.day, assessment)
    return reply(request, archive, media_type="application/zip")


@router.post(
    "/contests",
    response_model=Contested,
    responses=problems(404),
    openapi_extra=examples.request("CONTEST"),
)
def contest(body: ContestRequest, service: TheService, principal: Reading) -> Contested:
    """Decide again without the cases that a provider contests; say whether its label stands, and by
    what margin. Nothing is changed.
    """
    assessments, assessment = service.patterns.of_provider(body.provider)
    day = day_of(assessment.verdict.at)
    return Contested(**decide_again(assessments.history, assessment.names[0], body.without, day))


@router.get("/audit", response_model=Page[AuditItem], responses=problems())
def audit(
    request: Request,
    service: TheService,
    principal: Auditing,
    cursor: Cursor = None,
    limit: Limit = 100,
    who: Annotated[
        str | None, Query(max_length=320, description="Only what this person or program did.")
    ] = None,
) -> Response:
    """Return the log, the newest first: who looked at what, and who did what."""
    before = decode_number(cursor)
    lines = service.read(lambda reader: audit_lines(reader, before=before, who=who, limit=limit))
    items = [
        AuditItem(
            seq=line.seq,
            at=moment(line.recorded_at),
            who=line.who,
            what=line.kind,
            case=line.case,
            provider=line.provider,
            detail=line.detail,
        )
        for line in lines
    ]
    return reply(request, Page[AuditItem](items=items, next=cursor_after(lines, limit, "seq")))


def _past_day(service: Service, day: date | None) -> date | None:
    if day is not None and not _FIRST_DAY <= day <= service.store.now.date():
        raise ProblemError(Problem.BAD_DAY, f"at {day}: name a day from {_FIRST_DAY} to today.")
    return day


def _with_times(values: Any) -> Any:
    """Return values in which the store's microseconds are times."""
    if isinstance(values, dict):
        return {
            name: iso(value) if name in _TIMES and isinstance(value, int) else _with_times(value)
            for name, value in values.items()
        }
    return list(map(_with_times, values)) if isinstance(values, list | tuple) else values
