"""One box: a URL, or many, and whom to write to. An answer has an address of its own, and shows
what is learnt as it is learnt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path
from markupsafe import Markup, escape
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from attribution.attributor import Investigation
from attribution.casework.mailboxes import approvals
from attribution.casework.reporting import add_report
from attribution.casework.views import case_counts
from attribution.client.models import MOST_TARGETS
from attribution.decide.shown_rules import SHOWN_RULES
from attribution.errors import InvalidTarget, NotInStoreError
from attribution.evidence import UNANSWERED, Evidence, Record
from attribution.files.shown_text import csv_cell, escaped_json
from attribution.lookup.budgets.health import registry_rows
from attribution.models import Attribution
from attribution.store.tables import cases, providers, reports
from attribution.target import explained, parse_target, plain_url
from attribution.web.http.problems import ProblemError
from attribution.web.lookups import batches
from attribution.web.lookups.batches import BatchState, Line
from attribution.web.pages.rendering import page, render
from attribution.web.pages.visitors import Form, Looker, Worker, visitor_of
from attribution.web.progress import EVENTS, stream_of
from attribution.web.service import Service
from attribution.web.words import words_of

router = APIRouter()
Number = Annotated[int, Path(ge=1, le=10**9)]
_Item = TypeVar("_Item")
_SPLIT = "<!-- what is learnt stands here -->"
_SHOWN_A_COMPANY = 25
_REPORTED_AT_ONCE = 100
"""Reports of one transaction: of a long list none holds the store for long."""
_CSV = ("input", "status", "company", "mailbox", "role", "country")


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of the company that an answer names."""

    key: str
    approved_by: str | None
    approved_at: int | None
    counts: dict[str, int]
    row: dict[str, Any] | None
    """Its assessment as of today's beginning, where there is one."""
    median_days: list[float] | None = None


@router.get("/")
def front(request: Request, principal: Looker) -> Response:
    """Show the box, and what one looked up last."""
    service: Service = request.app.state.service
    recent = service.read(
        lambda connection: batches.batch_states(connection, principal.who, limit=10)
    )
    return page(
        request, "front.html.j2", recent=[one for one in recent if one.kept], fault="", text=""
    )


@router.post("/check")
async def check(request: Request, principal: Looker, form: Form) -> Response:
    """Look up what was pasted: each line one target."""
    service: Service = request.app.state.service
    text = form.get("targets", "")
    targets = [line.strip() for line in text.splitlines() if line.strip()]
    fault, say = "", words_of(visitor_of(request).language)
    if not targets:
        fault = say("Paste a URL, a host name or an address.")
    elif len(targets) > MOST_TARGETS:
        fault = say(
            "These are {count} lines; {most} can be looked up at once.",
            count=len(targets),
            most=MOST_TARGETS,
        )
    elif len(targets) == 1:
        try:
            parse_target(targets[0], documentation_is_special=False)
        except InvalidTarget as invalid:
            fault = explained(invalid)
    if fault:
        return page(request, "front.html.j2", 422, recent=[], fault=fault, text=text)

    def keep() -> str:
        with service.store.write(principal.who) as writer:
            return batches.add_batch(
                writer.connection, service.store, principal.who, targets, kept=True
            )

    identity = await run_in_threadpool(keep)
    service.runner.work_on(identity)
    return RedirectResponse(f"/checks/{identity}", 303)


@router.get("/checks/{check}")
async def one(request: Request, check: str, principal: Looker) -> Response:
    """Show one answer, or many grouped by company."""
    service: Service = request.app.state.service
    held = await run_in_threadpool(_kept, service, check)
    if held.total == 1:
        return await _single(request, service, held)

    def read(connection: Connection) -> dict[str, Any]:
        now = batches.batch_state(connection, check)
        return {"check": now, "groups": _groups(service, connection, now)}

    values = await run_in_threadpool(service.read, read)
    return page(request, "many.html.j2", shown=_SHOWN_A_COMPANY, **values)


@router.get("/checks/{check}/lines/{number}")
async def line(request: Request, check: str, number: Number, principal: Looker) -> Response:
    """Show one answer of many."""
    service: Service = request.app.state.service
    held = await run_in_threadpool(_kept, service, check)
    found = await run_in_threadpool(_line, service, held, number)
    if found.answer is None:
        raise NotInStoreError(f"line {number} is not looked up yet.")
    return await run_in_threadpool(_page_of, request, service, held, found)


@router.get("/checks/{check}/events")
async def events(request: Request, check: str, principal: Looker) -> StreamingResponse:
    """Tell the page how far the look-up is."""
    service: Service = request.app.state.service
    held = await run_in_threadpool(_kept, service, check)
    return StreamingResponse(
        stream_of(service, held), media_type=EVENTS, headers={"X-Accel-Buffering": "no"}
    )


@router.get("/checks/{check}/lines/{number}/evidence.json")
def evidence(request: Request, check: str, number: Number, principal: Looker) -> Response:
    """Give the evidence of an answer, as `attribution replay` reads it."""
    service: Service = request.app.state.service
    found = _line(service, _kept(service, check), number)
    if found.evidence is None:
        raise NotInStoreError(f"line {number} has no evidence yet.")
    return _download(found.evidence, "application/json", "evidence.json")


@router.get("/checks/{check}/results.{form}")
def save(request: Request, check: str, form: str, principal: Looker) -> Response:
    """Give every answer as a file: `csv` or `jsonl`."""
    service: Service = request.app.state.service
    held = _kept(service, check)
    if form not in ("csv", "jsonl"):
        raise ProblemError(404, "not-found", "answers are saved as csv or jsonl.")
    rows = _as_csv(service, held) if form == "csv" else _as_lines(service, held)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    return StreamingResponse(rows, media_type=kind, headers=_attachment(f"results.{form}"))


@router.post("/checks/{check}/report")
async def report(request: Request, check: str, principal: Worker, form: Form) -> Response:
    """Keep what was looked up as reports: one line, or every line that has an answer."""
    service: Service = request.app.state.service

    def keep() -> list[str]:
        held = _kept(service, check)
        wanted = form.get("line", "")
        if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) < 9):
            raise ProblemError(422, "bad-line", "line: a number is needed.")
        lines = [_line(service, held, int(wanted))] if wanted else _all_lines(service, held)
        found: list[str | None] = []
        for some in _in_lots(_reportable(lines), _REPORTED_AT_ONCE):
            with service.store.write(principal.who) as writer:
                for one, investigation in some:
                    added = add_report(
                        writer, one.target, investigation, keep_url=service.settings.keep_urls
                    )
                    batches.note_report(writer.connection, held.id, one.line, added.report)
                    found.append(added.case)
        return [case for case in dict.fromkeys(found) if case]

    made = await run_in_threadpool(keep)
    return RedirectResponse(f"/cases/{made[0]}" if len(made) == 1 else f"/checks/{check}", 303)


@router.post("/checks/{check}/resume")
async def resume(request: Request, check: str, principal: Looker, form: Form) -> Response:
    """Go on with a look-up that was stopped."""
    service: Service = request.app.state.service
    held = await run_in_threadpool(_kept, service, check)
    await run_in_threadpool(batches.go_on, service.store, held.id)
    service.runner.work_on(held.id)
    return RedirectResponse(f"/checks/{held.id}", 303)


def _reportable(lines: Iterable[Line]) -> Iterator[tuple[Line, Investigation]]:
    """Yield the lines that can be reported, with what was found of each: those with an answer of
    which no report was made yet.
    """
    for one in lines:
        if one.evidence is None or one.report is not None:
            continue
        try:
            plain_url(one.target)
        except InvalidTarget:
            continue
        yield one, _decided_again(one.evidence)


def _decided_again(bundle: bytes) -> Investigation:
    return Investigation.of(Evidence.from_bytes(bundle))


def _in_lots(items: Iterator[_Item], size: int) -> Iterator[list[_Item]]:
    while lot := list(islice(items, size)):
        yield lot


def _kept(service: Service, check: str) -> BatchState:
    held = service.read(lambda connection: batches.batch_state(connection, check))
    if not held.kept:
        raise NotInStoreError(f"{check!r} is no look-up of this page.")
    return held


def _line(service: Service, held: BatchState, number: int) -> Line:
    return service.read(
        lambda connection: batches.line_of(service.store, connection, held.id, number)
    )


async def _single(request: Request, service: Service, held: BatchState) -> Response:
    found = await run_in_threadpool(_line, service, held, 1)
    if found.answer is not None or held.state == "stopped":
        return await run_in_threadpool(_page_of, request, service, held, found)
    split = Markup(_SPLIT)  # noqa: S704 - our own mark
    whole = render(request, "single.html.j2", check=held, line=found, split=split, panel="")
    head, _, foot = whole.partition(_SPLIT)

    async def learning() -> AsyncIterator[str]:
        yield head
        seen, waits = 0, ""
        async with aclosing(service.runner.watch(held.id, least_pause=0, silence=1.0)) as watching:
            async for progress in watching:
                if progress is None:
                    waited = await run_in_threadpool(_waits_for, service)
                    if waited and waited != waits:
                        waits = waited
                        yield str(Markup("<li>{}</li>").format(waited))
                    continue
                for record in progress.heard[seen:]:
                    if record.kind in ("dns", "rdap", "whois", "page"):
                        yield f"<li>{escape(_heard(record))}</li>\n"
                seen = len(progress.heard)
                if progress.counts:
                    break
        now = await run_in_threadpool(_kept, service, held.id)
        last = await run_in_threadpool(_line, service, now, 1)
        panel = await run_in_threadpool(_panel, request, service, now, last)
        yield f"</ol>\n{panel}\n{foot.replace('</ol>', '', 1)}"

    return StreamingResponse(
        learning(), media_type="text/html; charset=utf-8", headers={"X-Accel-Buffering": "no"}
    )


def _page_of(request: Request, service: Service, held: BatchState, found: Line) -> Response:
    panel = Markup(_panel(request, service, held, found))  # noqa: S704 - rendered from a template
    return page(request, "single.html.j2", check=held, line=found, split="", panel=panel)


def _panel(request: Request, service: Service, held: BatchState, found: Line) -> str:
    if found.answer is None or found.evidence is None:
        return render(request, "unfinished.html.j2", check=held)
    answer = found.answer
    steps = [step for step in _decided_again(found.evidence).steps if step.rule in SHOWN_RULES]
    known = None if answer.primary is None else _known(service, answer)
    report = (
        None
        if found.report is None
        else service.read(lambda connection: _case_of(connection, found.report))
    )
    return render(
        request,
        "panel.html.j2",
        check=held,
        line=found,
        answer=answer,
        steps=steps,
        known=known,
        case=report,
        asks=answer.write_order[0].ask if answer.fronted and answer.write_order else "",
    )


def _known(service: Service, answer: Attribution) -> Known | None:
    assert answer.primary is not None
    key = answer.primary.provider.id
    mailbox = (answer.primary.abuse_contact.email or "").lower()
    look = service.patterns.known()
    assessed = look.of(key) if look else None

    def read(connection: Connection) -> Known | None:
        row = connection.execute(select(providers.c.id).where(providers.c.key == key)).first()
        if row is None:
            return None
        approval = approvals(connection, row.id).get(mailbox)
        return Known(
            key,
            approval.who if approval else None,
            approval.at if approval else None,
            case_counts(connection, row.id),
            look.row(assessed) if look and assessed else None,
            look.median_days(assessed) if look and assessed else None,
        )

    return service.read(read)


def _case_of(connection: Connection, report: str | None) -> str | None:
    return connection.execute(
        select(cases.c.key)
        .join(reports, reports.c.case_id == cases.c.id)
        .where(reports.c.key == report)
    ).scalar()


def _groups(service: Service, connection: Connection, held: BatchState) -> list[dict[str, Any]]:
    """Return a batch's lines by company, the biggest first; those without a company last."""
    groups = []
    for provider, count in batches.companies_of(connection, held.id):
        lines = batches.lines_at(service.store, connection, held.id, provider, _SHOWN_A_COMPANY)
        first = next((one.answer for one in lines if one.answer), None)
        party = first.primary if first else None
        groups.append(
            {
                "provider": provider,
                "count": count,
                "lines": lines,
                "name": party.provider.name if party else "",
                "mailboxes": sorted(
                    {
                        one.answer.primary.abuse_contact.email or ""
                        for one in lines
                        if one.answer and one.answer.primary
                    }
                ),
            }
        )
    return groups


def _lines_after(service: Service, check: str, after: int, connection: Connection) -> list[Line]:
    return batches.lines_of(service.store, connection, check, after, 500)


def _all_lines(service: Service, held: BatchState) -> Iterator[Line]:
    after = 0
    while True:
        read = partial(_lines_after, service, held.id, after)
        lines = service.read(read)
        yield from lines
        if len(lines) < 500:
            return
        after = lines[-1].line


def _as_lines(service: Service, held: BatchState) -> Iterator[str]:
    for one in _all_lines(service, held):
        if one.answer:
            yield escaped_json(one.answer.model_dump_json()) + "\n"


def _as_csv(service: Service, held: BatchState) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV)
    for one in _all_lines(service, held):
        if one.answer:
            party = one.answer.primary
            writer.writerow(
                map(
                    csv_cell,
                    (
                        one.target,
                        one.status,
                        party.provider.name if party else "",
                        party.abuse_contact.email if party else "",
                        party.role if party else "",
                        party.provider.country if party else "",
                    ),
                )
            )
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _heard(record: Record) -> str:
    """Say what was learnt, in a line."""
    if record.kind == "dns":
        return f"{record.question.text}: {record.note or 'answered'}"
    return (
        f"{record.server}: "
        f"{record.note or record.outcome if record.outcome in UNANSWERED else 'answered'}"
    )


def _waits_for(service: Service) -> str:
    """Say which registries are being waited for."""
    closed = [row for row in registry_rows(service.settings.cache_path) if row["closed_until"]]
    return "; ".join(
        f"{row['service']} asks us to wait until {row['closed_until'][11:16]} UTC"
        for row in closed[:3]
    )


def _download(body: bytes, kind: str, name: str) -> Response:
    return Response(body, media_type=kind, headers=_attachment(name))


def _attachment(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
