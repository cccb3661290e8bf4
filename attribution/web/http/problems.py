"""What went wrong, as RFC 9457 has it: one place that says which error is which problem."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from attribution.codes import Refusal
from attribution.errors import (
    AttributionError,
    EvidenceError,
    InvalidTarget,
    KeyFileError,
    NotFound,
    NotInStoreError,
    Refused,
    StoreError,
    StoreUnavailableError,
)
from attribution.files.shown_text import shown
from attribution.target import defanged

MEDIA_TYPE = "application/problem+json"
_KIND = "urn:attribution:problem:"


class ProblemError(AttributionError):
    """A request that is not answered as it was wished."""

    def __init__(self, status: int, kind: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.more = status, kind, detail, more
        self.headers: dict[str, str] = {}


def problem_of(error: AttributionError) -> ProblemError:
    """Return what an error of the library is to a client."""
    if isinstance(error, ProblemError):
        return error
    text = str(error)
    if isinstance(error, NotFound | NotInStoreError):
        return ProblemError(404, "not-found", text)
    if isinstance(error, Refused):
        status = 404 if error.code is Refusal.NOT_FOUND else 422
        return ProblemError(status, "refused", text, code=error.code, field=error.field)
    if isinstance(error, StoreUnavailableError | KeyFileError):
        # What the message names (files, servers) is for the log of who runs the service.
        return ProblemError(
            503,
            "store-unavailable",
            "the store cannot be used now. Nothing was changed; try again.",
        )
    if isinstance(error, InvalidTarget):
        more = {"suggestion": defanged(error.suggestion)} if error.suggestion else {}
        return ProblemError(422, "invalid-target", text, code=error.code, **more)
    if isinstance(error, EvidenceError):
        return ProblemError(422, "invalid-evidence", text)
    if isinstance(error, StoreError):
        return ProblemError(422, "refused", text)
    return ProblemError(500, "failed", "the service failed, and noted why.")


def problem_bytes(problem: ProblemError) -> bytes:
    """Return the body of a problem."""
    values = {
        "type": _KIND + problem.kind,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": shown(problem.detail),
        **problem.more,
    }
    return json.dumps(values, ensure_ascii=True).encode("ascii")


def problem_response(problem: ProblemError) -> Response:
    """Return a problem as a response."""
    return Response(problem_bytes(problem), problem.status, dict(problem.headers), MEDIA_TYPE)
