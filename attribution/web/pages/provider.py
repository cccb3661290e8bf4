"""One company: its curve, weeks, contacts, replies and latest cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.mailboxes import ApproveMailbox, approve_mailbox
from attribution.casework.noting import NoteEvent, note_event
from attribution.casework.providers import provider_named
from attribution.casework.suggesting import suggest
from attribution.casework.terms import SetTerms, set_terms
from attribution.casework.views import case_lines, provider_view
from attribution.errors import StoreError
from attribution.pattern.dossier.dossier import REPLY_DAYS
from attribution.pattern.dossier.pictures import curve_picture, timeline_picture, weeks_picture
from attribution.store import Reader, Writer
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading, Writing
from attribution.web.publication import letter_sent_at
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)
_LAST_CASES = 20
_LONGEST_NOTE = 2000


class ProviderForm(BaseModel):
    """One step about a company. The fields after `do` are each of one kind of step."""

    do: Literal["approve", "event", "terms"]
    mailbox: str = ""
    """That is approved."""
    why: str = ""
    kind: str = ""
    """What happened to the company as a whole."""
    note: str = ""
    grouping_hours: str = ""
    """Hours for which reports of a site gather before their notice."""
    reminder_hours: str = ""
    """Hours after a notice until a reminder."""
    quiet_days: str = ""
    """Days on which nothing is sent, by commas or spaces: `sat sun 2026-12-25`."""


@router.get("/providers/{provider:path}")
def show_provider(
    request: Request, service: TheService, provider: str, principal: Reading
) -> Response:
    """Show a company."""
    return _show_provider(request, service, provider)


@router.post("/providers/{provider:path}")
def act(
    request: Request,
    service: TheService,
    provider: str,
    principal: Writing,
    form: Annotated[ProviderForm, Form()],
) -> Response:
    """Approve a mailbox, note what the company stated or that its contact was confirmed, or agree
    how it is written to.
    """
    try:
        with service.store.write(principal.who) as writer:
            _note(service, writer, provider, form)
    except StoreError as error:
        return _show_provider(request, service, provider, fault=str(error))
    return RedirectResponse(f"/providers/{provider}", 303)


def _note(service: Service, writer: Writer, provider: str, form: ProviderForm) -> None:
    """Note one step in the log. Raises Refused."""
    match form.do:
        case "approve":
            approval = ApproveMailbox(provider=provider, mailbox=form.mailbox, why=form.why)
            approve_mailbox(writer, approval)
        case "event":
            note = form.note.strip()[:_LONGEST_NOTE]
            fields = {"note": note} if note else {}
            note_event(writer, NoteEvent(kind=form.kind, provider=provider, fields=fields))
        case "terms":
            terms = SetTerms(
                provider=provider,
                grouping_hours=form.grouping_hours,
                reminder_hours=form.reminder_hours,
                quiet_days=form.quiet_days,
            )
            set_terms(writer, terms, service.usual_terms)


def _show_provider(
    request: Request, service: Service, provider: str, *, fault: str = ""
) -> Response:
    def read(reader: Reader) -> dict[str, Any]:
        provider_id, key = provider_named(reader, provider)
        view = provider_view(reader, provider_id, service.usual_terms)
        letter_at = letter_sent_at(reader, key)
        return {
            "view": view,
            "lines": case_lines(reader, provider_id=provider_id, limit=_LAST_CASES),
            "suggestions": suggest(reader, provider_id),
            "replies": view.statements,
            "letter_at": letter_at,
            "reply_by": letter_at + timedelta(days=REPLY_DAYS) if letter_at else None,
        }

    values = service.read(read)
    assessed = _assessed(service, values["view"].key)
    status = 422 if fault else 200
    return page(request, "provider.html.j2", status, fault=fault, **values, **assessed)


def _assessed(service: Service, key: str) -> dict[str, Any]:
    """Return a company's assessment as of today's beginning, with its pictures."""
    assessments = service.patterns.assessments()
    assessment = assessments.of(key)
    if assessment is None:
        nothing = {"row": None, "dossier": None, "weeks": "", "curve": "", "timeline": ""}
        return {"day": assessments.day, **nothing}
    dossier = assessments.dossier(assessment)
    others = assessments.others(assessment)
    return {
        "day": assessments.day,
        "row": dossier["assessment"],
        "dossier": dossier,
        "weeks": weeks_picture(dossier),
        "curve": curve_picture(dossier["removal"]["curve"], others),
        "timeline": timeline_picture(assessment),
    }
