"""What went wrong, as RFC 9457 has it: one table says which error is which problem."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from attribution.codes import Problem, Refusal
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
_TYPE = "urn:attribution:problem:"
_PROBLEMS: tuple[tuple[type[AttributionError], Problem], ...] = (
    (NotFound, Problem.NOT_FOUND),
    (Refused, Problem.REFUSED),
    (NotInStoreError, Problem.NOT_FOUND),
    (StoreUnavailableError, Problem.STORE_UNAVAILABLE),
    (KeyFileError, Problem.STORE_UNAVAILABLE),
    (StoreError, Problem.REFUSED),
    (InvalidTarget, Problem.INVALID_TARGET),
    (EvidenceError, Problem.INVALID_EVIDENCE),
    (AttributionError, Problem.FAILED),
)
"""The first row that an error is an instance of says what it is to a client."""
_INTERNAL = frozenset([Problem.STORE_UNAVAILABLE, Problem.FAILED])
"""Problems of which the error's message is for the log: it names files and servers."""


class ProblemError(AttributionError):
    """A request that is not carried out."""

    def __init__(
        self,
        kind: Problem,
        detail: str,
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail
        self.status = status or kind.status
        """The HTTP status: the kind's own, but where another one is given."""
        self.headers = headers or {}
        self.more = more
        """Further members of the document, such as `errors`."""


def problem_of(error: AttributionError) -> ProblemError:
    """Return what an error of the library is to a client."""
    if isinstance(error, ProblemError):
        return error
    kind = next(kind for error_type, kind in _PROBLEMS if isinstance(error, error_type))
    problem = ProblemError(kind, kind.line if kind in _INTERNAL else str(error))
    if kind is Problem.REFUSED and isinstance(error, Refused):
        problem.more = {"code": error.code, "field": error.field}
        if error.code is Refusal.NOT_FOUND:
            problem.status = HTTPStatus.NOT_FOUND
    elif isinstance(error, InvalidTarget):
        problem.more = {"code": error.code}
        if error.suggestion:
            problem.more["suggestion"] = defanged(error.suggestion)
    return problem


def problem_bytes(problem: ProblemError) -> bytes:
    """Return the body of a problem."""
    values = {
        "type": _TYPE + problem.kind,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": shown(problem.detail),
        **problem.more,
    }
    return json.dumps(values, ensure_ascii=True).encode("ascii")


def problem_response(problem: ProblemError) -> Response:
    """Return a problem as a response."""
    return Response(problem_bytes(problem), problem.status, problem.headers, MEDIA_TYPE)
