"""One company: its curve, weeks, contacts, replies and latest cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.mailboxes import approve
from attribution.casework.notices_due import Terms, set_terms
from attribution.casework.providers import provider_named, suggest
from attribution.casework.recording_events import note_event
from attribution.casework.views import case_lines, provider_view
from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.pattern.dossier.dossier import REPLY_DAYS
from attribution.pattern.dossier.pictures import curve_picture, timeline_picture, weeks_picture
from attribution.store import Reader, Writer
from attribution.store.queries.service_views import first_letter
from attribution.store.times import moment
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading, Writing
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)
_LAST_CASES = 20
_LONGEST_NOTE = 2000
_MOST_HOURS = 720


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
            _note(writer, provider, form)
    except StoreError as error:
        return _show_provider(request, service, provider, fault=str(error))
    return RedirectResponse(f"/providers/{provider}", 303)


def _note(writer: Writer, provider: str, form: ProviderForm) -> None:
    """Note one step in the log. Raises Refused."""
    provider_id, key = provider_named(writer.connection, provider)
    match form.do:
        case "approve":
            approve(writer, provider_id, form.mailbox, form.why)
        case "event":
            note = form.note.strip()[:_LONGEST_NOTE]
            detail = {"note": note} if note else None
            note_event(writer, form.kind, writer.now, provider=key, detail=detail)
        case "terms":
            set_terms(writer, provider_id, _terms(form))


def _show_provider(
    request: Request, service: Service, provider: str, *, fault: str = ""
) -> Response:
    def read(reader: Reader) -> dict[str, Any]:
        provider_id, _ = provider_named(reader, provider)
        view = provider_view(reader, provider_id, service.usual_terms)
        return {
            "view": view,
            "lines": case_lines(reader, provider_id=provider_id, limit=_LAST_CASES),
            "suggestions": suggest(reader, provider_id),
            "replies": view.statements,
            **_letter(first_letter(reader, provider_id)),
        }

    values = service.read(read)
    return page(
        request,
        "provider.html.j2",
        422 if fault else 200,
        fault=fault,
        **values,
        **_assessed(service, values["view"].key),
    )


def _letter(sent_at: int | None) -> dict[str, datetime | None]:
    if sent_at is None:
        return {"letter_at": None, "reply_by": None}
    at = moment(sent_at)
    return {"letter_at": at, "reply_by": at + timedelta(days=REPLY_DAYS)}


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


def _terms(form: ProviderForm) -> Terms:
    """Read how a company is written to. Raises Refused."""
    hours = f"{form.grouping_hours}, {form.reminder_hours}"[:80]
    try:
        grouping, reminder = float(form.grouping_hours), float(form.reminder_hours)
    except ValueError:
        raise Refused(Refusal.INVALID, "hours", hours, "give numbers") from None
    if not (0 <= grouping <= _MOST_HOURS and 0 < reminder <= _MOST_HOURS):
        remedy = f"give 0 to {_MOST_HOURS} for gathering, and more than 0 for reminders"
        raise Refused(Refusal.INVALID, "hours", hours, remedy)
    return Terms(grouping, reminder, tuple(form.quiet_days.replace(",", " ").split()))
