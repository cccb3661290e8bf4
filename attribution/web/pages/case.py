"""One case with everything that happened. Every view of it is noted."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.fields import time_of
from attribution.casework.notices_sent import RecordNotice, record_notice
from attribution.casework.noting import NoteEvent, note_event
from attribution.casework.rechecking import Rechecked
from attribution.casework.views import case_view, urls_of_case
from attribution.casework.working import TAKEN_BACK, TakeBack, take_back
from attribution.codes import EventKind
from attribution.errors import StoreError
from attribution.history.rows import ABOUT_NOTICE
from attribution.store.audit import note_view
from attribution.web.evidence import evidence_of_report
from attribution.web.pages.downloads import download
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading, Writing
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)
_NOTED_BY_HAND = tuple(
    sorted(ABOUT_NOTICE - {"sent", EventKind.REMINDER, EventKind.MOVED_TO_OTHER_HOST})
)
"""Events of a case that a person notes here: a notice is noted with its mailbox, a move is found by
a lookup.
"""
_LONGEST_NOTE = 2000
_LONGEST_MESSAGE_ID = 998


class CaseForm(BaseModel):
    """One step of a case. The fields after `at` are each of one kind of step."""

    do: Literal["event", "notice", "correct", "recheck"]
    at: str = ""
    """UTC, such as `2026-01-31 14:02`; empty: now."""
    kind: str = ""
    """What happened."""
    report: str = ""
    """To which URL, by its report; empty: to all of them, or to the notice as a whole."""
    note: str = ""
    to: str = ""
    """The mailbox that a notice was sent to."""
    message_id: str = ""
    seq: int = 0
    """Number of the event that is taken back."""
    why: str = ""


@router.get("/cases/{case}")
def show_case(request: Request, case: str, principal: Reading) -> Response:
    """Show a case."""
    return _show_case(request, case, principal.who)


@router.post("/cases/{case}")
async def act(
    request: Request,
    service: TheService,
    case: str,
    principal: Writing,
    form: Annotated[CaseForm, Form()],
) -> Response:
    """Note what happened, or that a notice was sent; take an event back; or look up again."""
    who = principal.who
    if form.do == "recheck":
        rechecks = await service.recheck(case, who)
        return await run_in_threadpool(_show_case, request, case, who, rechecks=rechecks)
    try:
        await run_in_threadpool(_note, service, case, who, form)
    except StoreError as error:
        return await run_in_threadpool(_show_case, request, case, who, fault=str(error))
    return RedirectResponse(f"/cases/{case}", 303)


@router.get("/reports/{report}/evidence.json")
def save_evidence(service: TheService, report: str, principal: Reading) -> Response:
    """Give the evidence that a report was attributed by. That it was downloaded is noted."""
    with service.store.write(principal.who) as writer:
        bundle = evidence_of_report(writer, report)
    return download(bundle, "application/json", "evidence.json")


def _note(service: Service, case: str, who: str, form: CaseForm) -> None:
    """Note one step in the log. Raises Refused."""
    with service.store.write(who) as writer:
        if form.do == "event":
            note = form.note.strip()[:_LONGEST_NOTE]
            event = NoteEvent(
                kind=form.kind,
                at=time_of(form.at),
                case=case,
                report=form.report or None,
                fields={"note": note} if note else {},
            )
            note_event(writer, event)
        elif form.do == "notice":
            message_id = form.message_id.strip()[:_LONGEST_MESSAGE_ID] or None
            at = time_of(form.at)
            notice = RecordNotice(case=case, at=at, to=form.to, message_id=message_id)
            record_notice(writer, notice)
        else:
            take_back(writer, TakeBack(events=(form.seq,), why=form.why))


def _show_case(
    request: Request,
    case: str,
    who: str,
    *,
    fault: str = "",
    rechecks: list[Rechecked] | None = None,
) -> Response:
    """Show a case. That it was looked at is noted first."""
    service: Service = request.app.state.service
    with service.store.write(who) as writer:
        note_view(writer, case, "page")
        reader = writer.connection
        view = case_view(reader, case, writer.now)
        urls = urls_of_case(reader, service.store.keys, case)
        notices = service.due(reader, case)
    corrected = {event["corrects"] for event in view.events if event["kind"] == "correction"}
    return page(
        request,
        "case.html.j2",
        422 if fault else 200,
        view=view,
        urls=urls,
        due=notices[0] if notices else None,
        kinds=_NOTED_BY_HAND,
        fault=fault,
        rechecks=rechecks,
        corrected=corrected,
        taken_back=TAKEN_BACK,
    )
