"""Companies: one with its curve, weeks, contacts and replies; what accuses apart, with what will be
public shown first; and all of them in a funnel.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.mailboxes import approve
from attribution.casework.notices_due import Terms, set_terms
from attribution.casework.providers import provider_named, suggest
from attribution.casework.published_list import (
    SIGNERS_NEEDED,
    begun_list,
    build_from,
    check_may_sign,
    check_signatures,
    list_hash,
    note_letter,
    note_signature,
    noted_signatures,
    public_half,
    publish,
    sign,
    signers,
    withdraw,
)
from attribution.casework.recording_events import note_event
from attribution.casework.views import PAGE, case_lines, provider_lines, provider_view
from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.pattern.dossier.dossier import REPLY_DAYS
from attribution.pattern.dossier.dossier import contest as decide_again
from attribution.pattern.dossier.pictures import (
    curve_picture,
    funnel_picture,
    timeline_picture,
    weeks_picture,
)
from attribution.pattern.dossier.render import (
    dossier_archive,
    dossier_files,
    dossier_hash,
    letter_text,
)
from attribution.pattern.labels import LABELS
from attribution.pattern.times import moment as day_of
from attribution.store.tables import events, providers
from attribution.store.times import moment
from attribution.web.access.signing import open_signing_key
from attribution.web.evidence import note_dossier
from attribution.web.http.problems import ProblemError
from attribution.web.pages.rendering import page
from attribution.web.pages.visitors import Form, KnownVisitor, Reader, Signer, Worker
from attribution.web.service import Service

router = APIRouter()
_LAST_CASES = 20


@router.get("/overview")
def overview(request: Request, principal: Reader) -> Response:
    """Show all companies: the funnel plot, and the same as a table."""
    service: Service = request.app.state.service
    look = service.patterns.look()
    rows = sorted(
        (look.row(one) for one in look.assessed),
        key=lambda row: (LABELS.index(row["now"]), -row["e_value"], row["provider"]),
    )
    names = service.read(_names)
    return page(
        request,
        "overview.html.j2",
        rows=rows,
        names=names,
        day=look.day,
        picture=funnel_picture(rows, names),
    )


@router.get("/providers")
def listed(
    request: Request, principal: Reader, after: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    """Show companies by key."""
    service: Service = request.app.state.service
    lines = service.read(lambda connection: provider_lines(connection, after))
    look = service.patterns.known()
    labels = {name: one.now for one in look.assessed for name in one.names} if look else {}
    return page(
        request,
        "providers.html.j2",
        lines=lines,
        labels=labels,
        more=lines[-1].key if len(lines) == PAGE else None,
    )


@router.get("/dossiers/{provider:path}")
def dossier(
    request: Request,
    provider: str,
    principal: Reader,
    at: Annotated[date | None, Query()] = None,
    form: Annotated[str, Query(max_length=8)] = "html",
) -> Response:
    """Give a dossier as one of its files, or all of them. That it was taken is noted."""
    service: Service = request.app.state.service
    if at is not None and at > service.store.now.date():
        raise ProblemError(422, "bad-day", f"at {at}: name a day that has begun.")
    look, found = service.patterns.assessed(provider, at)
    values = look.dossier(found)
    given = {
        "html": ("text/html; charset=utf-8", "dossier.html"),
        "json": ("application/json", "dossier.json"),
        "csv": ("text/csv; charset=utf-8", "cases.csv"),
        "zip": ("application/zip", "dossier.zip"),
    }
    if form not in given:
        raise ProblemError(404, "not-found", "a dossier is given as html, json, csv or zip.")
    with service.store.write(principal.who) as writer:
        note_dossier(writer, look, found)
    kind, name = given[form]
    body = dossier_archive(values) if form == "zip" else dossier_files(values)[name]
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    }
    return Response(body, media_type=kind, headers=headers)


@router.get("/contests/{provider:path}")
def contest(
    request: Request,
    provider: str,
    principal: Reader,
    without: Annotated[str, Query(max_length=20_000)] = "",
) -> Response:
    """Decide again without some cases, and show whether the label stands. Nothing is changed."""
    service: Service = request.app.state.service
    look, found = service.patterns.assessed(provider)
    gone = without.replace(",", " ").split()
    result = (
        decide_again(look.history, found.names[0], gone, day_of(found.verdict.at)) if gone else None
    )
    return page(
        request,
        "contest.html.j2",
        provider=found.names[0],
        without=without,
        result=result,
        day=look.day,
    )


@router.get("/publish/{provider:path}")
def publication(request: Request, provider: str, principal: Reader) -> Response:
    """Show exactly what would be made public of a company, what stands in the way, and who has
    signed.
    """
    return _publication(request, provider)


@router.post("/publish/{provider:path}")
async def publishes(
    request: Request, provider: str, principal: Signer, visitor: KnownVisitor, form: Form
) -> Response:
    """Note the letter, sign, publish or withdraw. Each needs a person, a reason, and for signing
    that person's passphrase.
    """
    service: Service = request.app.state.service

    def work() -> dict[str, Any] | None:
        service.patterns.look()  # before the store is held: it may take seconds
        match form.get("do", ""):
            case "letter":
                look, found = service.patterns.assessed(provider)
                with service.store.write(principal.who) as writer:
                    note_letter(
                        writer,
                        found.names[0],
                        look.day,
                        dossier_hash(look.dossier(found)),
                        _given(form, "to"),
                    )
            case "sign":
                assert visitor.session is not None
                key = open_signing_key(visitor.session.account, form.get("passphrase", ""))
                with service.store.write(principal.who) as writer:
                    made, refused = _made(service, writer.connection, provider)
                    check_may_sign(writer.connection, public_half(key))
                    if refused:
                        raise Refused(
                            Refusal.CONFLICT,
                            "list",
                            provider,
                            "this cannot be signed: " + "; ".join(refused),
                        )
                    if form.get("covers") != made["covers"]:
                        raise Refused(
                            Refusal.CONFLICT,
                            "list",
                            provider,
                            "what would be public has changed since you read it; read it again",
                        )
                    signed = sign(
                        made["list"],
                        key,
                        form.get("reason", ""),
                        signers(writer.connection),
                        moment(writer.now),
                    )
                    note_signature(writer, provider, signed)
            case "publish":
                with service.store.write(principal.who) as writer:
                    made, _ = _made(service, writer.connection, provider)
                    to = [one.strip() for one in form.get("to", "").splitlines() if one.strip()]
                    return publish(writer, made["list"], moment(writer.now).date(), to)
            case "withdraw":
                with service.store.write(principal.who) as writer:
                    withdraw(writer, _given(form, "company"), form.get("why", ""))
            case _:
                raise ProblemError(
                    422, "not-understood", "do: use letter, sign, publish or withdraw."
                )
        return None

    try:
        given = await service.slowly(work)
    except StoreError as fault:
        return await run_in_threadpool(_publication, request, provider, str(fault))
    if given is None:
        return RedirectResponse(f"/publish/{provider}", 303)
    body = json.dumps(given, indent=1, ensure_ascii=True) + "\n"
    return Response(
        body,
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="list.json"'},
    )


@router.get("/letters/{provider:path}")
def letter(request: Request, provider: str, principal: Reader) -> Response:
    """Show the letter to a company that goes with its dossier."""
    service: Service = request.app.state.service
    look, found = service.patterns.assessed(provider)
    settings = service.settings
    text, reply_by = letter_text(
        look.dossier(found), settings.hotline_name, settings.hotline_mailbox
    )
    return page(
        request,
        "letter.html.j2",
        provider=found.names[0],
        text=text,
        reply_by=reply_by,
        day=look.day,
    )


@router.get("/providers/{provider:path}")
def one(request: Request, provider: str, principal: Reader) -> Response:
    """Show a company."""
    return _company(request, provider)


@router.post("/providers/{provider:path}")
async def acts(request: Request, provider: str, principal: Worker, form: Form) -> Response:
    """Approve a mailbox, note what the company said or that its contact was confirmed, or agree how
    it is written to.
    """
    service: Service = request.app.state.service

    def work() -> None:
        with service.store.write(principal.who) as writer:
            identity, key = provider_named(writer.connection, provider)
            match form.get("do", ""):
                case "approve":
                    approve(writer, identity, form.get("mailbox", ""), form.get("why", ""))
                case "event":
                    note = form.get("note", "").strip()[:2000]
                    note_event(
                        writer,
                        form.get("kind", ""),
                        writer.now,
                        provider=key,
                        detail={"note": note} if note else None,
                    )
                case "terms":
                    set_terms(writer, identity, _terms(form))
                case _:
                    raise ProblemError(422, "not-understood", "do: use approve, event or terms.")

    try:
        await run_in_threadpool(work)
    except StoreError as fault:
        return await run_in_threadpool(_company, request, provider, str(fault))
    return RedirectResponse(f"/providers/{provider}", 303)


def _company(request: Request, provider: str, fault: str = "") -> Response:
    service: Service = request.app.state.service

    def read(connection: Connection) -> dict[str, Any]:
        identity, key = provider_named(connection, provider)
        view = provider_view(connection, identity, service.usual_terms)
        letter_at, reply = _letter(connection, key), view.statements
        return {
            "view": view,
            "lines": case_lines(connection, provider_id=identity, limit=_LAST_CASES),
            "letter_at": letter_at,
            "reply_by": letter_at + timedelta(days=REPLY_DAYS) if letter_at else None,
            "suggestions": suggest(connection, identity),
            "replies": reply,
        }

    values = service.read(read)
    look = service.patterns.look()
    found = look.of(values["view"].key)
    assessed: dict[str, Any] = {
        "row": None,
        "dossier": None,
        "weeks": "",
        "curve": "",
        "timeline": "",
    }
    if found is not None:
        made = look.dossier(found)
        assessed = {
            "row": made["assessment"],
            "dossier": made,
            "weeks": weeks_picture(made),
            "curve": curve_picture(made["removal"]["curve"], look.others(found)),
            "timeline": timeline_picture(found),
        }
    return page(
        request,
        "provider.html.j2",
        422 if fault else 200,
        fault=fault,
        day=look.day,
        **values,
        **assessed,
    )


def _publication(request: Request, provider: str, fault: str = "") -> Response:
    service: Service = request.app.state.service
    with service.store.read() as connection:
        made, refused = _made(service, connection, provider)
        key = made["key"]
        letter_at = _letter(connection, key)
        given = [
            one for one in _noted(connection, "list_published") if made["name"] in one["companies"]
        ]
        withdrawn = [
            one for one in _noted(connection, "list_withdrawn") if one["withdrawn"] == made["name"]
        ]
        faults = (
            check_signatures(made["list"], signers(connection)) if made["list"]["entries"] else []
        )
    return page(
        request,
        "publish.html.j2",
        422 if fault else 200,
        provider=key,
        made=made,
        refused=refused,
        letter_at=letter_at,
        given=given,
        faults=faults,
        needed=SIGNERS_NEEDED,
        fault=fault,
        day=made["day"],
        withdrawn=withdrawn,
    )


def _made(
    service: Service, connection: Connection, provider: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the list of one company with the signatures on it, and what stands in its way today.

    It is that of an earlier day where somebody signed that one, and its content is still the same.
    """
    look, found = service.patterns.assessed(provider)
    key = found.names[0]
    made, refused = build_from(connection, look.history, look.assessed, look.day, only=key)
    if made["entries"]:
        made = begun_list(connection, key, made, look.day)
    covers = list_hash(made)
    held = noted_signatures(connection, key, made) if made["entries"] else []
    name = made["entries"][0]["company"] if made["entries"] else key
    return {
        "key": key,
        "name": name,
        "list": {**made, "signatures": held},
        "covers": covers,
        "day": date.fromisoformat(made["as_of"]),
    }, refused.get(key, [])


def _letter(connection: Connection, key: str) -> datetime | None:
    identity, _ = provider_named(connection, key)
    at = connection.execute(
        select(events.c.at)
        .where(events.c.kind == "letter", events.c.provider_id == identity)
        .order_by(events.c.at)
    ).scalar()
    return None if at is None else moment(at)


def _noted(connection: Connection, kind: str) -> list[dict[str, Any]]:
    """Return what was noted of lists, the latest first."""
    rows = connection.execute(
        select(events.c.at, events.c.detail)
        .where(events.c.kind == kind)
        .order_by(events.c.seq.desc())
    )
    return [{**json.loads(row.detail), "at": row.at} for row in rows]


def _names(connection: Connection) -> dict[str, str]:
    return {
        row.key: row.name for row in connection.execute(select(providers.c.key, providers.c.name))
    }


def _terms(form: dict[str, str]) -> Terms:
    try:
        grouping = float(form.get("grouping_hours", ""))
        reminder = float(form.get("reminder_hours", ""))
    except ValueError:
        hours = f"{form.get('grouping_hours', '')}, {form.get('reminder_hours', '')}"[:80]
        raise Refused(Refusal.INVALID, "hours", hours, "give numbers") from None
    if not (0 <= grouping <= 720 and 0 < reminder <= 720):
        remedy = "give 0 to 720 for gathering, and more than 0 for reminders"
        raise Refused(Refusal.INVALID, "hours", f"{grouping:g}, {reminder:g}", remedy)
    return Terms(grouping, reminder, tuple(form.get("quiet_days", "").replace(",", " ").split()))


def _given(form: dict[str, str], name: str) -> str:
    value = form.get(name, "").strip()
    if not value:
        raise Refused(Refusal.MISSING, name, "", "say it; it is noted")
    return value[:500]
