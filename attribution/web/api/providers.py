"""Providers and patterns: who they are, whether they act, the dossier,
and what stands without contested cases.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from attribution.casework import (
    NoteEvent,
    Vouch,
    WithdrawVouching,
    note,
    vouch,
    withdraw_vouching,
)
from attribution.casework.mailboxes import approve
from attribution.casework.providers import provider_named
from attribution.casework.views import provider_lines, provider_view
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
from attribution.pattern.dossier.dossier import contest as decide_again
from attribution.pattern.dossier.render import dossier_archive
from attribution.pattern.times import moment as day_of
from attribution.store.audit import audit_lines
from attribution.store.times import iso, moment
from attribution.web.api import examples
from attribution.web.api.idempotency import Once, OnceKey
from attribution.web.api.requests import (
    ROOT,
    Auditing,
    Cursor,
    Limit,
    Reading,
    TheService,
    Writing,
    answer,
    cursor_after,
    decode_cursor,
    decode_number,
    given_time,
    json_of,
    problems,
    told_time,
)
from attribution.web.evidence import note_dossier
from attribution.web.http.problems import ProblemError

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


@router.get(
    "/providers",
    response_model=Page[ProviderItem],
    responses={**problems(), 200: examples.reply("By key.", "PROVIDERS")},
)
def listed(
    request: Request,
    service: TheService,
    principal: Reading,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List providers, by key."""
    after = decode_cursor(cursor) or ""
    lines = service.read(lambda connection: provider_lines(connection, after, limit))
    items = [
        ProviderItem(
            provider=one.key,
            name=one.name,
            country=one.country,
            cases=one.cases,
            last_opened=told_time(one.last_opened),
        )
        for one in lines
    ]
    more = cursor_after(lines, limit, "key")
    return answer(request, json_of(Page[ProviderItem](items=items, next=more)))


@router.get("/providers/{provider:path}", response_model=ProviderDetail, responses=problems(404))
def one(provider: Key, request: Request, service: TheService, principal: Reading) -> Response:
    """Return everything about one provider but its cases one by one;
    counts are over its one history.
    """

    def read(connection: Any) -> ProviderDetail:
        view = provider_view(
            connection, provider_named(connection, provider)[0], service.usual_terms
        )
        values = asdict(view)
        values["provider"] = values.pop("key")
        return ProviderDetail(**_with_times(values))

    return answer(request, json_of(service.read(read)))


@router.post(
    "/approvals/{provider:path}",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("APPROVAL"),
)
def approval(
    provider: Key,
    body: ApprovalRequest,
    service: TheService,
    principal: Writing,
    key: OnceKey = None,
) -> Response:
    """Note that a person looked at a mailbox and approves it:
    before that no notice with URLs goes there.
    """
    once = Once(service, principal, f"approvals {provider}", key, body.model_dump())

    def work() -> tuple[int, bytes]:
        identity, _ = provider_named(writer.connection, provider)
        return 201, json_of(Noted(events=[approve(writer, identity, body.mailbox, body.why)]))

    with service.store.write(principal.who) as writer:
        return once.do(writer, work)


@router.post(
    "/events/{provider:path}",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("PROVIDER_EVENT"),
)
def event(
    provider: Key,
    body: ProviderEventRequest,
    service: TheService,
    principal: Writing,
    key: OnceKey = None,
) -> Response:
    """Note what happened to a provider as a whole:
    `contact_confirmed`, `contact_corrected`, `channel_failed`, `letter_delivered`, `reply`.
    """
    once = Once(service, principal, f"events {provider}", key, body.model_dump(mode="json"))
    at = given_time(body.at)

    def work() -> tuple[int, bytes]:
        fields = body.model_dump(exclude={"kind", "at"}, exclude_none=True)
        when = writer.now if at is None else at
        command = NoteEvent(body.kind, when, provider=provider, fields=fields)
        return 201, json_of(Noted(events=note(writer, command)))

    with service.store.write(principal.who) as writer:
        return once.do(writer, work)


@router.post(
    "/vouchings/{provider:path}",
    status_code=201,
    response_model=Noted,
    responses={**problems(404), 201: examples.reply("It is noted.", "NOTED")},
    openapi_extra=examples.request("VOUCH"),
)
def vouching(
    provider: Key, body: VouchRequest, service: TheService, principal: Writing, key: OnceKey = None
) -> Response:
    """Vouch for a customer of a provider, or withdraw that:
    look-ups name it, and the provider above it too.
    """
    once = Once(service, principal, f"vouchings {provider}", key, body.model_dump())

    def work() -> tuple[int, bytes]:
        if body.withdraw:
            number = withdraw_vouching(writer, WithdrawVouching(provider, body.why))
        else:
            number = vouch(writer, Vouch(provider, body.why, body.name))
        return 201, json_of(Noted(events=[number]))

    with service.store.write(principal.who) as writer:
        response = once.do(writer, work)
    service.refresh_vouchings()
    return response


@router.get(
    "/assessments",
    response_model=list[Assessed],
    responses={**problems(), 200: examples.reply("Everybody.", "ASSESSMENTS")},
)
def assessments(
    request: Request, service: TheService, principal: Reading, at: Day = None
) -> Response:
    """Say of each provider whether it acts on notices, how sure that is,
    and what may be done next. Nothing is published.
    """
    look = service.patterns.look(_past(service, at))
    return answer(
        request, json_of([Assessed(**look.row(found)) for found in look.assessed], list[Assessed])
    )


@router.get("/assessments/{provider:path}", response_model=Assessed, responses=problems(404))
def assessment(
    provider: Key, request: Request, service: TheService, principal: Reading, at: Day = None
) -> Response:
    """Say the same of one provider, under any of its names."""
    look, found = service.patterns.assessed(provider, _past(service, at))
    return answer(request, json_of(Assessed(**look.row(found))))


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
    """Return a provider's dossier as of a day: everything that its label rests on.
    That it was taken is noted.
    """
    look, found = service.patterns.assessed(provider, _past(service, at))
    packed = dossier_archive(look.dossier(found))
    with service.store.write(principal.who) as writer:
        note_dossier(writer, look, found)
    return answer(request, packed, media_type="application/zip")


@router.post(
    "/contests",
    response_model=Contested,
    responses=problems(404),
    openapi_extra=examples.request("CONTEST"),
)
def contest(body: ContestRequest, service: TheService, principal: Reading) -> Contested:
    """Decide again without the cases that a provider contests;
    say whether its label stands, and by what margin. Nothing is changed.
    """
    look, found = service.patterns.assessed(body.provider)
    return Contested(
        **decide_again(look.history, found.names[0], body.without, day_of(found.verdict.at))
    )


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
    lines = service.read(
        lambda connection: audit_lines(connection, before=before, who=who, limit=limit)
    )
    items = [
        AuditItem(
            seq=one.seq,
            at=moment(one.recorded_at),
            who=one.who,
            what=one.kind,
            case=one.case,
            provider=one.provider,
            detail=one.detail,
        )
        for one in lines
    ]
    return answer(
        request,
        json_of(Page[AuditItem](items=items, next=cursor_after(lines, limit, "seq"))),
    )


def _past(service: TheService, at: date | None) -> date | None:
    if at is not None and not date(2000, 1, 1) <= at <= service.store.now.date():
        raise ProblemError(422, "bad-day", f"at {at}: name a day from 2000-01-01 to today.")
    return at


def _with_times(values: Any) -> Any:
    """Return values in which the store's counts of microseconds are times."""
    if isinstance(values, dict):
        return {
            name: iso(value) if name in _TIMES and isinstance(value, int) else _with_times(value)
            for name, value in values.items()
        }
    return [_with_times(one) for one in values] if isinstance(values, list | tuple) else values


_TIMES = frozenset(["at", "known_at", "undone_at"])
