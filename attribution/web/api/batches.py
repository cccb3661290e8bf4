"""Many URLs: a batch is looked up in the background, watched as a stream of events, read page by
page, stopped and resumed.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from attribution.client.models import Batch, BatchRequest, BatchResult, Page
from attribution.store import Writer
from attribution.store.queries.service_batches import BatchState, State, batch_state, batch_states
from attribution.web.api import examples
from attribution.web.api.cursors import (
    Cursor,
    Limit,
    cursor_after,
    decode_cursor,
    decode_number,
    encode_cursor,
)
from attribution.web.api.idempotency import Once
from attribution.web.api.replies import problems, reply
from attribution.web.api.requests import ROOT, Attributing
from attribution.web.lookups import batches
from attribution.web.progress import batch_reply, progress_response
from attribution.web.service import TheService

router = APIRouter(prefix=ROOT, tags=["batches"])


def own_batch(batch: str, service: TheService, principal: Attributing) -> BatchState:
    """Return a batch of the key that asks. Raises NotInStoreError."""
    return service.read(lambda reader: batch_state(reader, batch, principal.who))


OwnBatch = Annotated[BatchState, Depends(own_batch)]


@router.post(
    "/batches",
    status_code=202,
    response_model=Batch,
    responses={**problems(413), 202: examples.reply("The batch runs.", "BATCH")},
    openapi_extra=examples.request("BATCH_REQUEST"),
)
async def submit(
    body: BatchRequest, service: TheService, principal: Attributing, once: Once
) -> Response:
    """Look up a list of up to 10,000 URLs. Answers are kept for a week, the URLs sealed."""
    added: list[str] = []

    def add(writer: Writer) -> Batch:
        added.append(batches.add_batch(writer, principal.who, body.targets, kept=False))
        return batch_reply(batch_state(writer.connection, added[0]))

    response = await run_in_threadpool(once.run, "batches", body, add, status=202)
    for batch_id in added:
        service.runner.work_on(batch_id)
        response.headers["Location"] = f"{ROOT}/batches/{batch_id}"
    return response


@router.get("/batches", response_model=Page[Batch], responses=problems(404))
def list_batches(
    request: Request,
    service: TheService,
    principal: Attributing,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the batches of this key, the newest first."""
    before = decode_cursor(cursor)
    states = service.read(lambda reader: batch_states(reader, principal.who, before, limit))
    items = [batch_reply(state) for state in states]
    return reply(request, Page[Batch](items=items, next=cursor_after(states, limit, "id")))


@router.get("/batches/{batch}", response_model=Batch, responses=problems(404))
def show_batch(request: Request, state: OwnBatch) -> Response:
    """Tell how far a batch is."""
    return reply(request, batch_reply(state))


@router.get("/batches/{batch}/results", response_model=Page[BatchResult], responses=problems(404))
def results(
    request: Request,
    service: TheService,
    state: OwnBatch,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Return answers in the order of the request. While the batch runs, a page ends before the
    first line that has none yet.
    """
    after = decode_number(cursor) or 0
    lines = service.read(
        lambda reader: batches.lines_after(service.store, reader, state.id, after, limit)
    )
    items: list[BatchResult] = []
    for line in lines:
        if line.answer is None:
            break
        items.append(BatchResult(line=line.line, attribution=line.answer))
    last = items[-1].line if items else after
    is_stopped_here = state.state is State.STOPPED and len(items) < len(lines)
    more = None if last >= state.total or is_stopped_here else encode_cursor(last)
    return reply(request, Page[BatchResult](items=items, next=more))


@router.get(
    "/batches/{batch}/events",
    response_class=Response,
    responses={
        **problems(404),
        200: {
            "description": "`progress` events, each a `Batch`, until it has ended.",
            "content": {"text/event-stream": {}},
        },
    },
)
async def events(
    service: TheService,
    state: OwnBatch,
    last: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=20,
            description="Where a stream was cut off; each event says all anew.",
        ),
    ] = None,
) -> Response:
    """Watch a batch: server-sent events. A stream that was cut off is taken up by asking again;
    nothing is missed, each event tells how far it is.
    """
    return progress_response(service, state)


@router.post("/batches/{batch}/stop", response_model=Batch, responses=problems(404))
async def stop(service: TheService, principal: Attributing, state: OwnBatch) -> Batch:
    """Stop a batch; what was found is kept, and it may be resumed."""
    await run_in_threadpool(batches.release, service.store, state.id, State.STOPPED)
    service.runner.stop(state.id)
    return batch_reply(await run_in_threadpool(own_batch, state.id, service, principal))


@router.post("/batches/{batch}/resume", response_model=Batch, responses=problems(404))
async def resume(service: TheService, principal: Attributing, state: OwnBatch) -> Batch:
    """Go on with a stopped batch, with the lines that have no answer yet."""
    await run_in_threadpool(batches.resume, service.store, state.id)
    resumed = await run_in_threadpool(own_batch, state.id, service, principal)
    if resumed.state is State.RUNNING:
        service.runner.work_on(state.id)
    return batch_reply(resumed)
