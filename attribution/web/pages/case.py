"""Cases: the queue of what is due, one case with everything that happened, and the notice draft.
Every view of a case is noted.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.attributor import Attributor
from attribution.casework.drafting import LANGUAGES, draft
from attribution.casework.notices_due import Due, due, record_notice
from attribution.casework.providers import provider_named
from attribution.casework.rechecking import Rechecked, recheck
from attribution.casework.recording_events import correct, note_event
from attribution.casework.views import PAGE, case_lines, case_view, urls_of_case
from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.history.rows import ABOUT_NOTICE
from attribution.store.audit import note_view
from attribution.store.times import micros
from attribution.web.evidence import of_report
from attribution.web.http.problems import ProblemError
from attribution.web.lookups.batches import targets_of_reports
from attribution.web.pages.rendering import page
from attribution.web.pages.visitors import Form, Reader, Worker
from attribution.web.service import Service

router = APIRouter()
_NOTED_HERE = tuple(sorted(ABOUT_NOTICE - {"sent", "reminder", "moved_to_other_host"}))
"""What a person notes of a case by hand; a notice is noted with its mailbox, and a move is found by
looking again.
"""


@router.get("/cases")
def queue(
    request: Request,
    principal: Reader,
    after: Annotated[str | None, Query(max_length=40)] = None,
    provider: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """Show what is due first, then every case, the latest first."""
    service: Service = request.app.state.service

    def read(connection: Any) -> dict[str, Any]:
        identity, key = (None, None) if not provider else provider_named(connection, provider)
        first = after is None and identity is None
        waiting = (
            due(connection, service.now, service.usual_terms, service.settings.hotline_country)
            if first
            else []
        )
        lines = case_lines(connection, provider_id=identity, after=after)
        ready = [one for one in waiting if not one.in_the_way and not one.route_to]
        held = groupby(
            sorted((one for one in waiting if one not in ready), key=_hindrance), key=_hindrance
        )
        blocked = [
            {"provider": key[0], "why": key[1], "route_to": key[2], "due": list(some)}
            for key, some in held
        ]
        return {
            "ready": ready,
            "blocked": blocked,
            "lines": lines,
            "provider": key,
            "more": lines[-1].key if len(lines) == PAGE else None,
        }

    return page(request, "cases.html.j2", **service.read(read))


@router.get("/cases/{case}")
def one(request: Request, case: str, principal: Reader) -> Response:
    """Show a case. That it was looked at is noted first."""
    return _case(request, case, principal.who)


@router.post("/cases/{case}")
async def acts(request: Request, case: str, principal: Worker, form: Form) -> Response:
    """Do one thing about a case: note what happened, that a notice was sent, take an event back, or
    look again.
    """
    service: Service = request.app.state.service
    do = form.get("do", "")
    if do == "recheck":
        found = [one async for one in _look_again(service, case, principal.who)]
        return await run_in_threadpool(_case, request, case, principal.who, found=found)

    def work() -> None:
        with service.store.write(principal.who) as writer:
            at = _time(form.get("at", ""))
            at = writer.now if at is None else at
            match do:
                case "event":
                    note = (
                        {"note": form["note"].strip()[:2000]}
                        if form.get("note", "").strip()
                        else None
                    )
                    note_event(
                        writer,
                        form.get("kind", ""),
                        at,
                        case=case,
                        report=form.get("report") or None,
                        detail=note,
                    )
                case "notice":
                    message_id = form.get("message_id", "").strip()[:998] or None
                    record_notice(writer, case, at, to=form.get("to", ""), message_id=message_id)
                case "correct":
                    correct(writer, _number(form.get("seq", "")), form.get("why", ""))
                case _:
                    raise ProblemError(
                        422, "not-understood", "do: use event, notice, correct or recheck."
                    )

    try:
        await run_in_threadpool(work)
    except StoreError as fault:
        return await run_in_threadpool(_case, request, case, principal.who, fault=str(fault))
    return RedirectResponse(f"/cases/{case}", 303)


@router.get("/cases/{case}/draft")
def drafts(
    request: Request,
    case: str,
    principal: Worker,
    language: Annotated[str, Query(pattern="^[a-z]{0,2}$")] = "",
) -> Response:
    """Show the notices of a case, to each party in the order to write."""
    return _drafts(request, case, principal.who, language, [])


@router.post("/cases/{case}/draft")
async def drafts_with_urls(request: Request, case: str, principal: Worker, form: Form) -> Response:
    """Show the same with URLs given, of which the store has only what recognises them."""
    given = [line.strip() for line in form.get("urls", "").splitlines() if line.strip()]
    return await run_in_threadpool(
        _drafts, request, case, principal.who, form.get("language", ""), given
    )


@router.get("/reports/{report}/evidence.json")
def evidence(request: Request, report: str, principal: Reader) -> Response:
    """Give the evidence that a report was attributed by. That it was taken is noted."""
    service: Service = request.app.state.service
    with service.store.write(principal.who) as writer:
        bundle = of_report(writer, report)
    headers = {"Content-Disposition": 'attachment; filename="evidence.json"'}
    return Response(bundle, media_type="application/json", headers=headers)


def _hindrance(one: Due) -> tuple[str, str, str]:
    return one.provider, "; ".join(one.in_the_way), one.route_to or ""


def _case(
    request: Request, case: str, who: str, *, fault: str = "", found: list[Rechecked] | None = None
) -> Response:
    service: Service = request.app.state.service
    with service.store.write(who) as writer:
        note_view(writer, case, "page")
        connection = writer.connection
        view = case_view(connection, case, writer.now)
        urls = urls_of_case(connection, service.store.keys, case)
        waiting = due(
            connection, writer.now, service.usual_terms, service.settings.hotline_country, case=case
        )
    corrected = {one["corrects"] for one in view.events if one["kind"] == "correction"}
    return page(
        request,
        "case.html.j2",
        422 if fault else 200,
        view=view,
        urls=urls,
        due=waiting[0] if waiting else None,
        kinds=_NOTED_HERE,
        fault=fault,
        found=found,
        corrected=corrected,
        taken_back=frozenset(ABOUT_NOTICE) - {"reminder"},
    )


async def _look_again(service: Service, case: str, who: str) -> Any:
    await run_in_threadpool(
        service.read, lambda connection: case_view(connection, case, service.now)
    )
    async with Attributor(
        service.settings, max_age=timedelta(0), vouched=service.vouched
    ) as attributor:
        async for one in recheck(service.store, attributor.investigate, who, case=case):
            yield one


def _drafts(request: Request, case: str, who: str, language: str, given: list[str]) -> Response:
    service: Service = request.app.state.service
    fault, made, names_urls = "", [], True
    with service.store.write(who) as writer:
        note_view(writer, case, "draft")
        connection = writer.connection
        view = case_view(connection, case, writer.now)
        waiting = due(
            connection, writer.now, service.usual_terms, service.settings.hotline_country, case=case
        )
        if not waiting:
            fault = (
                "No URL of this case is there still, as far as the checker told: there is "
                "nothing to write about."
            )
        else:
            known = [*given, *targets_of_reports(service.store, connection, waiting[0].reports)]
            try:
                made = draft(
                    connection,
                    service.store.keys,
                    waiting[0],
                    service.sender(language or None),
                    known,
                )
            except StoreError as error:
                lacks_urls = isinstance(error, Refused) and error.field == "urls"
                fault, names_urls = str(error), not lacks_urls
    reports = [json.dumps(one, indent=1) for one in (made[0].xarf if made else ())]
    return page(
        request,
        "draft.html.j2",
        view=view,
        due=waiting[0] if waiting else None,
        drafts=made,
        fault=fault,
        wants_urls=not names_urls,
        languages_of_notices=LANGUAGES,
        chosen=language or service.settings.notice_language,
        xarf=reports,
    )


def _time(text: str) -> int | None:
    """Read a form's time, UTC; None where it is left out. Raises StoreError."""
    text = text.strip()
    if not text:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?", text):
        remedy = "write it as 2026-01-31 14:02, in UTC"
        raise Refused(Refusal.INVALID, "time", text[:40], remedy)
    try:
        return micros(
            datetime.fromisoformat(text.removesuffix("Z").replace(" ", "T")).replace(tzinfo=UTC)
        )
    except ValueError:
        raise Refused(Refusal.INVALID, "time", text[:40], "there is no such time") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise ProblemError(422, "not-understood", "seq: a number is needed.")
    return int(text)
