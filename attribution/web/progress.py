"""Progress as server-sent events, for programs and for the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from attribution.client.models import Batch
from attribution.store.times import moment
from attribution.web.lookups.batches import BatchState
from attribution.web.service import Service

EVENTS = "text/event-stream"


def told(held: BatchState) -> Batch:
    """Return a batch as it is told."""
    return Batch(
        id=held.id,
        state=held.state,
        total=held.total,
        done=held.done,
        counts=dict(sorted(held.counts.items())),
        made_at=moment(held.made_at),
    )


async def stream_of(service: Service, held: BatchState) -> AsyncIterator[bytes]:
    """Yield events until the batch has ended; a comment now and then, so that nobody takes silence
    for an end.
    """
    service.metrics.streams.inc()
    try:
        async with aclosing(service.runner.watch(held.id)) as watching:
            number = 0
            async for progress in watching:
                if progress is None:
                    yield b": alive\n\n"
                    continue
                number += 1
                now = told(replace(held, state=progress.state, counts=dict(progress.counts)))
                yield f"id: {number}\nevent: progress\ndata: {now.model_dump_json()}\n\n".encode()
    finally:
        service.metrics.streams.dec()
