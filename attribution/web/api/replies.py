"""What replies of the interface have in common: JSON, entity tags, documented problems."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from attribution.client.models import Problem as ProblemDocument
from attribution.codes import Problem
from attribution.store.times import moment
from attribution.web.http.problems import MEDIA_TYPE, ProblemError

JSON = "application/json"
_EVERYWHERE = (401, 403, 422, 429, 503)
"""Statuses that any route may reply."""
_DESCRIPTIONS = {
    401: "No key was given, or it is unknown or disabled.",
    403: "The key lacks the scope.",
    404: "What the request names is not here.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    422: "The request cannot be used.",
    429: "Too many requests.",
    503: "The store cannot be used now.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a route's problems, with those that any route has."""
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "model": ProblemDocument,
            "content": {MEDIA_TYPE: {}},
        }
        for status in sorted({*statuses, *_EVERYWHERE})
    }


def reply(
    request: Request, value: Any, kind: Any = None, *, status: int = 200, media_type: str = JSON
) -> Response:
    """Return a value with its entity tag; 304 where the client has it already (RFC 9110, 13).

    `value` is ready bytes, a model, or something of the type `kind`.
    """
    body = value if isinstance(value, bytes) else json_of(value, kind)
    tag = etag(body)
    cached = request.headers.get("if-none-match")
    if cached and request.method in ("GET", "HEAD") and tag in _tags(cached):
        return Response(None, 304, {"ETag": tag})
    return Response(body, status, {"ETag": tag}, media_type)


def json_of(value: Any, kind: Any = None) -> bytes:
    """Return a value's JSON; `kind` is its type where it is no model itself."""
    if isinstance(value, BaseModel):
        return value.model_dump_json().encode("utf-8")
    return _adapter(kind).dump_json(value)


def etag(body: bytes) -> str:
    """Return the strong entity tag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def check_unchanged(request: Request, current: bytes) -> None:
    """Check a request's `If-Match`, where it has one, against the body that a GET would have now.

    Raises ProblemError (412).
    """
    expected = request.headers.get("if-match")
    if expected and expected.strip() != "*" and etag(current) not in _tags(expected):
        raise ProblemError(
            Problem.CHANGED, "this has changed since you read it: read it again, and decide anew."
        )


def reply_time(at: int | None) -> datetime | None:
    """Return a time of the store as a reply has it."""
    return None if at is None else moment(at)


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
