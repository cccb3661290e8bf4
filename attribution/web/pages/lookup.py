"""The first page: paste a URL, or many, and look them up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.client.models import MOST_TARGETS
from attribution.errors import InvalidTarget
from attribution.language import Domain, translator
from attribution.store.queries.service_batches import batch_states
from attribution.target import explained, parse_target
from attribution.web.lookups import batches
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import Attributing, PageRoute
from attribution.web.pages.visitors import visitor_of
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)
_RECENT = 10


class LookupForm(BaseModel):
    """What was pasted: each line is one target."""

    targets: str = ""


@router.get("/")
def show_box(request: Request, service: TheService, principal: Attributing) -> Response:
    """Show the box, and what the person looked up last."""
    states = service.read(lambda reader: batch_states(reader, principal.who, limit=_RECENT))
    recent = [state for state in states if state.kept]
    return page(request, "lookup.html.j2", recent=recent, fault="", text="")


@router.post("/check")
async def look_up(
    request: Request,
    service: TheService,
    principal: Attributing,
    form: Annotated[LookupForm, Form()],
) -> Response:
    """Look up what was pasted."""
    targets = [line.strip() for line in form.targets.splitlines() if line.strip()]
    fault = _fault(targets, visitor_of(request).language)
    if fault:
        return page(request, "lookup.html.j2", 422, recent=[], fault=fault, text=form.targets)
    batch_id = await run_in_threadpool(_add_batch, service, principal.who, targets)
    service.runner.work_on(batch_id)
    return RedirectResponse(f"/checks/{batch_id}", 303)


def _add_batch(service: Service, who: str, targets: list[str]) -> str:
    with service.store.write(who) as writer:
        return batches.add_batch(writer, who, targets, kept=True)


def _fault(targets: list[str], language: str) -> str:
    """Return what is wrong with what was pasted; empty where nothing is."""
    _ = translator(Domain.PAGE, language).gettext
    if not targets:
        return _("Paste a URL, a host name or an address.")
    if len(targets) > MOST_TARGETS:
        return _(
            "These are {count} lines; {most} can be looked up at once.",
            count=len(targets),
            most=MOST_TARGETS,
        )
    if len(targets) == 1:
        try:
            parse_target(targets[0], documentation_is_special=False)
        except InvalidTarget as invalid:
            return explained(invalid)
    return ""
