"""Many URLs: a batch is looked up in the background, watched as a stream of events, read page by
page, stopped and resumed.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from attribution.client.models import Batch, BatchRequest, BatchResult, Page
from attribution.web.api import examples
from attribution.web.api.idempotency import Once, OnceKey
from attribution.web.api.requests import (
    ROOT,
    Attributing,
    Cursor,
    Limit,
    TheService,
    answer,
    cursor_after,
    decode_cursor,
    decode_number,
    encode_cursor,
    json_of,
    problems,
)
from attribution.web.lookups import batches
from attribution.web.lookups.batches import BatchState
from attribution.web.progress import EVENTS, stream_of, told
from attribution.web.service import Service

router = APIRouter(prefix=ROOT, tags=["batches"])


@router.post(
    "/batches",
    status_code=202,
    response_model=Batch,
    responses={**problems(413), 202: examples.reply("The batch runs.", "BATCH")},
    openapi_extra=examples.request("BATCH_REQUEST"),
)
async def submit(
    body: BatchRequest, service: TheService, principal: Attributing, key: OnceKey = None
) -> Response:
    """Look up a list of up to 10,000 URLs. Answers are kept for a week, the URLs sealed."""

    def keep() -> tuple[Response, str]:
        once = Once(service, principal, "batches", key, body.model_dump())
        made = ""

        def work() -> tuple[int, bytes]:
            nonlocal made
            made = batches.add_batch(
                writer.connection, service.store, principal.who, body.targets, kept=False
            )
            return 202, json_of(told(batches.batch_state(writer.connection, made)))

        with service.store.write(principal.who) as writer:
            return once.do(writer, work), made

    response, made = await run_in_threadpool(keep)
    if made:
        service.runner.work_on(made)
        response.headers["Location"] = f"/api/v1/batches/{made}"
    return response


@router.get("/batches", response_model=Page[Batch], responses=problems(404))
def listed(
    request: Request,
    service: TheService,
    principal: Attributing,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the batches of this key, the newest first."""
    before = decode_cursor(cursor)
    found = service.read(
        lambda connection: batches.batch_states(connection, principal.who, before, limit)
    )
    more = cursor_after(found, limit, "id")
    return answer(request, json_of(Page[Batch](items=[told(one) for one in found], next=more)))


@router.get("/batches/{batch}", response_model=Batch, responses=problems(404))
def state(batch: str, request: Request, service: TheService, principal: Attributing) -> Response:
    """Tell how far a batch is."""
    return answer(request, json_of(told(_own(service, batch, principal.who))))


@router.get("/batches/{batch}/results", response_model=Page[BatchResult], responses=problems(404))
def results(
    batch: str,
    request: Request,
    service: TheService,
    principal: Attributing,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Return answers in the order of the request. While the batch runs, a page ends before the
    first line that has none yet.
    """
    after = decode_number(cursor) or 0
    held = _own(service, batch, principal.who)
    lines = service.read(
        lambda connection: batches.lines_of(service.store, connection, batch, after, limit)
    )
    items: list[BatchResult] = []
    for line in lines:
        if line.answer is None:
            break
        items.append(BatchResult(line=line.line, attribution=line.answer))
    last = items[-1].line if items else after
    ended = last >= held.total or (held.state == "stopped" and len(items) < len(lines))
    return answer(
        request,
        json_of(Page[BatchResult](items=items, next=None if ended else encode_cursor(last))),
    )


@router.get(
    "/batches/{batch}/events",
    response_class=StreamingResponse,
    responses={
        **problems(404),
        200: {
            "description": "`progress` events, each a `Batch`, until it has ended.",
            "content": {EVENTS: {}},
        },
    },
)
async def events(
    batch: str,
    service: TheService,
    principal: Attributing,
    last: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=20,
            description="Where a stream was cut off; each event says all anew.",
        ),
    ] = None,
) -> StreamingResponse:
    """Watch a batch: server-sent events. A stream that was cut off is taken up by asking again;
    nothing is missed, each event tells how far it is.
    """
    held = await run_in_threadpool(_own, service, batch, principal.who)
    return StreamingResponse(
        stream_of(service, held),
        media_type=EVENTS,
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


@router.post("/batches/{batch}/stop", response_model=Batch, responses=problems(404))
async def stop(batch: str, service: TheService, principal: Attributing) -> Batch:
    """Stop a batch; what was found is kept, and it may be resumed."""
    await run_in_threadpool(_own, service, batch, principal.who)
    await run_in_threadpool(batches.release, service.store, batch, "stopped")
    service.runner.stop(batch)
    return told(await run_in_threadpool(_own, service, batch, principal.who))


@router.post("/batches/{batch}/resume", response_model=Batch, responses=problems(404))
async def resume(batch: str, service: TheService, principal: Attributing) -> Batch:
    """Go on with a stopped batch, with the lines that have no answer yet."""
    await run_in_threadpool(_own, service, batch, principal.who)
    await run_in_threadpool(batches.go_on, service.store, batch)
    held = await run_in_threadpool(_own, service, batch, principal.who)
    if held.state == "running":
        service.runner.work_on(batch)
    return told(held)


def _own(service: Service, batch: str, owner: str) -> BatchState:
    return service.read(lambda connection: batches.batch_state(connection, batch, owner))
