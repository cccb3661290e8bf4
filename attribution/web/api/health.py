"""Whether the process lives, whether the store can be used, and the counters."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from attribution._version import __version__
from attribution.client.models import Health
from attribution.store.queries.service_log import check_readable
from attribution.web.api.replies import problems
from attribution.web.api.requests import Measuring
from attribution.web.http.metrics import MEDIA_TYPE
from attribution.web.service import TheService

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health)
async def healthz() -> Health:
    """Say that the process lives; nothing else is asked."""
    return Health(status="ok", version=__version__)


@router.get(
    "/readyz",
    response_model=Health,
    responses={503: {"description": "The store cannot be used now."}},
)
def readyz(service: TheService) -> Health:
    """Say whether the store can be read: what a proxy asks before it sends somebody here."""
    service.read(check_readable)
    return Health(status="ok", version=__version__)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **problems(),
        200: {"description": "Prometheus text.", "content": {"text/plain": {}}},
    },
)
def metrics(service: TheService, principal: Measuring) -> Response:
    """Return what was counted. Needs a key with the scope `metrics`."""
    return Response(service.metrics.text(), media_type=MEDIA_TYPE)
