"""One URL at a time: the answer, and the answer with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from attribution.client.models import EvidenceRequest, RegistryItem, TargetRequest
from attribution.codes import Problem
from attribution.lookup.budgets.health import registry_rows
from attribution.lookup.protocols.origin import DisclosedOrigin
from attribution.models import Attribution
from attribution.web.access.roles import Scope
from attribution.web.api import examples
from attribution.web.api.replies import JSON, problems, reply
from attribution.web.api.requests import ROOT, Attributing, body_of, let_in
from attribution.web.http.problems import ProblemError
from attribution.web.service import Service, TheService

router = APIRouter(prefix=ROOT, tags=["attributions"])
_EVIDENCE_TYPE = "application/vnd.attribution.evidence+json"


class _RawRoute(APIRoute):
    """A route whose endpoint reads the request itself.

    The framework would take longer to find its arguments than the answer takes.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint as it is."""
        return self.endpoint


async def attribute(request: Request) -> Response:
    """Find the company that can take a URL's content down, and its abuse mailbox.

    A URL that cannot be read is answered too, with the status `invalid_input`: see the answer's
    `status`. The URL is in the body, never in an address: addresses stand in the logs of proxies.
    """
    await let_in(request, Scope.ATTRIBUTE)
    service: Service = request.app.state.service
    target = (await body_of(request, TargetRequest)).target
    recalled = service.attributor.recall(target)
    if recalled:
        service.metrics.answer(recalled.status)
        return Response(recalled.as_json(target, service.store.now), media_type=JSON)
    answer = await service.attributor.attribute(target)
    service.metrics.answer(answer.status)
    return Response(answer.model_dump_json(), media_type=JSON)


router.add_api_route(
    "/attributions",
    attribute,
    methods=["POST"],
    response_model=Attribution,
    responses={**problems(413), 200: examples.reply("Who can take the content down.", "ANSWER")},
    openapi_extra={**examples.body(TargetRequest, "TARGET"), "security": [{"key": []}]},
    route_class_override=_RawRoute,
)


@router.post(
    "/evidence",
    response_class=Response,
    responses={
        **problems(413),
        200: {
            "description": "The bundle, as `attribution replay` reads it.",
            "content": {_EVIDENCE_TYPE: {}},
        },
    },
    openapi_extra=examples.request("TARGET"),
)
async def evidence(body: EvidenceRequest, service: TheService, principal: Attributing) -> Response:
    """Look a URL up and return every answer of resolvers and registries that was got: whoever has
    the library decides again from it.
    """
    try:
        origins = [
            DisclosedOrigin(origin.address, origin.source, origin.told_at)
            for origin in body.origins
        ]
    except ValueError as error:
        raise ProblemError(Problem.BAD_ORIGIN, str(error)) from None
    investigation = await service.attributor.investigate(body.target, origins=origins)
    service.metrics.answer(investigation.attribution.status)
    return Response(investigation.evidence.to_bytes(), media_type=_EVIDENCE_TYPE)


@router.get("/registries", response_model=list[RegistryItem], responses=problems())
def registries(request: Request, service: TheService, principal: Attributing) -> Response:
    """Tell how each registry is asked, how it answers, and until when it is left alone."""
    rows = [RegistryItem(**row) for row in registry_rows(service.settings.cache_path)]
    return reply(request, rows, list[RegistryItem])
