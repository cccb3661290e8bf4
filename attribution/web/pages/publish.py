"""Signing and publishing the entry of a company: what will be public is shown first."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.fields import required
from attribution.casework.publishing import (
    PublishList,
    WithdrawEntry,
    publish_list,
    withdraw_entry,
)
from attribution.casework.signers import signers
from attribution.casework.signing_list import SIGNERS_NEEDED, check_signatures
from attribution.errors import StoreError
from attribution.store import Reader
from attribution.store.queries.events import EventFilter, events_in_order
from attribution.store.queries.service_accounts import Account
from attribution.store.times import moment
from attribution.web.access.signing import open_signing_key
from attribution.web.pages.downloads import download
from attribution.web.pages.rendering import page
from attribution.web.pages.routes import PageRoute, Reading, Signing
from attribution.web.pages.visitors import ThisVisitor
from attribution.web.publication import (
    company_list,
    letter_sent_at,
    note_dossier_letter,
    sign_company_list,
)
from attribution.web.service import Service, TheService

router = APIRouter(route_class=PageRoute)


class PublishForm(BaseModel):
    """One step of publishing. The fields after `do` are each of one kind of step."""

    do: Literal["letter", "sign", "publish", "withdraw"]
    to: str = ""
    """Whom the letter went to; or who gets the list, one a line."""
    covers: str = ""
    """The hash of what the signer read."""
    passphrase: str = ""
    """Of the signing key."""
    reason: str = ""
    """Why it is signed; it is published."""
    company: str = ""
    """Whose entry is withdrawn, as the list names it."""
    why: str = ""
    """Why it is withdrawn; everybody who has the list is told."""


@router.get("/publish/{provider:path}")
def show_publication(
    request: Request, service: TheService, provider: str, principal: Reading
) -> Response:
    """Show exactly what would be made public of a company, what stands in the way, and who has
    signed.
    """
    return _show_publication(request, service, provider)


@router.post("/publish/{provider:path}")
async def act(
    request: Request,
    service: TheService,
    provider: str,
    principal: Signing,
    visitor: ThisVisitor,
    form: Annotated[PublishForm, Form()],
) -> Response:
    """Note the letter, sign, publish or withdraw. Each needs a person, a reason, and for signing
    that person's passphrase.
    """
    assert visitor.session is not None
    account = visitor.session.account
    try:
        published = await service.slowly(lambda: _act(service, provider, account, form))
    except StoreError as error:
        return await run_in_threadpool(
            _show_publication, request, service, provider, fault=str(error)
        )
    if published is None:
        return RedirectResponse(f"/publish/{provider}", 303)
    body = json.dumps(published, indent=1, ensure_ascii=True) + "\n"
    return download(body, "application/json", "list.json")


def _act(
    service: Service, provider: str, account: Account, form: PublishForm
) -> dict[str, Any] | None:
    """Take one step; return the list where it is published. Raises Refused."""
    patterns = service.patterns
    patterns.assessments()  # before the store is held: it may take seconds
    if form.do == "letter":
        note_dossier_letter(patterns, service.store, account.person, provider, form.to)
        return None
    key = open_signing_key(account, form.passphrase) if form.do == "sign" else None
    with service.store.write(account.person) as writer:
        match form.do:
            case "sign" if key:
                company = company_list(patterns, writer.connection, provider)
                sign_company_list(company, writer, key, form.covers, form.reason)
            case "publish":
                company = company_list(patterns, writer.connection, provider)
                recipients = [line.strip() for line in form.to.splitlines() if line.strip()]
                today = moment(writer.now).date()
                command = PublishList(signed=company.list, today=today, recipients=recipients)
                return publish_list(writer, command)
            case "withdraw":
                name = required(form.company, "company", "name it as the list does")
                withdraw_entry(writer, WithdrawEntry(company=name, why=form.why))
    return None


def _show_publication(
    request: Request, service: Service, provider: str, *, fault: str = ""
) -> Response:
    with service.store.read() as reader:
        company = company_list(service.patterns, reader, provider)
        letter_at = letter_sent_at(reader, company.key)
        published = _lists(reader, "list_published")
        withdrawn = _lists(reader, "list_withdrawn")
        faults = check_signatures(company.list, signers(reader)) if company.list["entries"] else []
    return page(
        request,
        "publish.html.j2",
        422 if fault else 200,
        provider=company.key,
        company=company,
        letter_at=letter_at,
        published=[row for row in published if company.name in row["companies"]],
        withdrawn=[row for row in withdrawn if company.name == row["withdrawn"]],
        faults=faults,
        needed=SIGNERS_NEEDED,
        fault=fault,
    )


def _lists(reader: Reader, kind: str) -> list[dict[str, Any]]:
    """Return what was noted of lists, each with its time, the latest first."""
    events = events_in_order(reader, EventFilter(kinds=[kind]))
    return [{**event.detail, "at": event.at} for event in reversed(events)]
