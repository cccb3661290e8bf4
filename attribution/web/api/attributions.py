"""One URL at a time: the answer, and the answer with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from attribution.client.models import EvidenceRequest, RegistryItem, TargetRequest
from attribution.lookup.protocols.origin import ToldOrigin
from attribution.models import Attribution
from attribution.web.api import examples
from attribution.web.api.requests import (
    JSON,
    ROOT,
    Attributing,
    TheService,
    answer,
    body_of,
    json_of,
    let_in,
    problems,
)
from attribution.web.http.problems import ProblemError
from attribution.web.service import Service

router = APIRouter(prefix=ROOT, tags=["attributions"])


class _OwnReader(APIRoute):
    """A route that reads its request itself: finding its arguments would take the framework longer
    than the answer takes.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers: the endpoint as it is."""
        return self.endpoint


async def attribute(request: Request) -> Response:
    """Find the company that can take a URL's content down, and its abuse mailbox.

    A URL that cannot be read is answered too, with the status `invalid_input`: see the answer's
    `status`. The URL is in the body, never in an address: addresses stand in the logs of proxies.
    """
    await let_in(request, "attribute")
    service: Service = request.app.state.service
    target = (await body_of(request, TargetRequest)).target
    kept = service.attributor.recall(target)
    if kept:
        service.metrics.answer(kept.status)
        return Response(kept.as_json(target, service.store.now), media_type=JSON)
    found = await service.attributor.attribute(target)
    service.metrics.answer(found.status)
    return Response(found.model_dump_json(), media_type=JSON)


router.add_api_route(
    "/attributions",
    attribute,
    methods=["POST"],
    response_model=Attribution,
    responses={**problems(413), 200: examples.reply("Who can take the content down.", "ANSWER")},
    openapi_extra={**examples.body(TargetRequest, "TARGET"), "security": [{"key": []}]},
    route_class_override=_OwnReader,
)


@router.post(
    "/evidence",
    response_class=Response,
    responses={
        **problems(413),
        200: {
            "description": "The bundle, as `attribution replay` reads it.",
            "content": {"application/vnd.attribution.evidence+json": {}},
        },
    },
    openapi_extra=examples.request("TARGET"),
)
async def evidence(body: EvidenceRequest, service: TheService, principal: Attributing) -> Response:
    """Look a URL up and return every answer of resolvers and registries that was got: whoever has
    the library decides again from it.
    """
    try:
        origins = [ToldOrigin(one.address, one.source, one.told_at) for one in body.origins]
    except ValueError as error:
        raise ProblemError(422, "bad-origin", str(error)) from None
    found = await service.attributor.investigate(body.target, origins=origins)
    service.metrics.answer(found.attribution.status)
    return Response(
        found.evidence.to_bytes(), media_type="application/vnd.attribution.evidence+json"
    )


@router.get("/registries", response_model=list[RegistryItem], responses=problems())
def registries(request: Request, service: TheService, principal: Attributing) -> Response:
    """Tell how each registry is asked, how it answers, and until when it is left alone."""
    from attribution.lookup.budgets.health import registry_rows

    rows = [RegistryItem(**row) for row in registry_rows(service.settings.cache_path)]
    return answer(request, json_of(rows, list[RegistryItem]))
