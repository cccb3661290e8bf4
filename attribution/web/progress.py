"""Progress of batches as server-sent events, for programs and for the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from sse_starlette import EventSourceResponse, ServerSentEvent

from attribution.client.models import Batch
from attribution.store.queries.service_batches import BatchState
from attribution.store.times import moment
from attribution.web.service import Service

_PING_SECONDS = 15


def batch_reply(state: BatchState) -> Batch:
    """Return a batch as the interface shows it."""
    return Batch(
        id=state.id,
        state=state.state.value,
        total=state.total,
        done=state.done,
        counts=dict(sorted(state.counts.items())),
        made_at=moment(state.made_at),
    )


def progress_response(service: Service, state: BatchState) -> EventSourceResponse:
    """Return a stream of `progress` events until the batch has ended.

    A comment now and then shows that the stream is alive. It ends when the client goes away, and
    when the service ends.
    """
    return EventSourceResponse(
        _events(service, state),
        sep="\n",
        ping=_PING_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="alive", sep="\n"),
    )


async def _events(service: Service, state: BatchState) -> AsyncIterator[ServerSentEvent]:
    service.metrics.streams.inc()
    try:
        number = 0
        async with aclosing(service.runner.watch(state.id)) as watching:
            async for progress in watching:
                if progress is None:
                    continue
                number += 1
                now = replace(state, state=progress.state, counts=dict(progress.counts))
                data = batch_reply(now).model_dump_json()
                yield ServerSentEvent(data, event="progress", id=str(number), sep="\n")
    finally:
        service.metrics.streams.dec()
