"""What every route of the interface stands on: who asks, whether they may, and answers that can be
kept and compared.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from attribution.client.models import Problem
from attribution.store.times import micros, moment
from attribution.web.access.roles import Principal, Scope
from attribution.web.http.problems import ProblemError
from attribution.web.service import Service

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key that an administrator made: `attribution api-key make NAME`.",
)
ROOT = "/api/v1"
"""Where the interface is; a form that breaks clients gets another number."""
JSON = "application/json"
_Model = TypeVar("_Model", bound=BaseModel)
_TITLES = {
    401: "No key was given, or it opens nothing.",
    403: "The key does not open this.",
    404: "There is no such thing.",
    409: "Something else has been there before.",
    412: "The thing has changed since it was read.",
    413: "The body is too large.",
    422: "The request cannot be used.",
    429: "Too many requests.",
    503: "The store cannot be used now.",
}


async def service_of(request: Request) -> Service:
    """Return the service that the application runs. A coroutine, since what is none the framework
    runs in a thread.
    """
    return request.app.state.service  # type: ignore[no-any-return]


def may(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets in who has a key that opens `scope`, and counts what they
    ask.
    """

    async def check(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
    ) -> Principal:
        return await let_in(request, scope)

    return check


async def let_in(request: Request, scope: Scope) -> Principal:
    """Return who asks, counted, if its key opens `scope`. Raises ProblemError (401, 403, 429)."""
    service: Service = request.app.state.service
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    principal = await service.principal_of_key(key.strip()) if kind.lower() == "bearer" else None
    if principal is None:
        client = request.client.host if request.client else "unknown"
        service.limiter.take(f"stranger {client}")
        problem = ProblemError(
            401, "no-key", "give a key that is not disabled: Authorization: Bearer KEY."
        )
        problem.headers = {"WWW-Authenticate": "Bearer"}
        raise problem
    request.scope["principal"] = principal
    service.limiter.take(principal.who)
    if not principal.may(scope):
        raise ProblemError(403, "not-open", f"this key does not open {scope!r}.")
    return principal


async def body_of(request: Request, kind: type[_Model]) -> _Model:
    """Read a request's body. Raises RequestValidationError."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        faults = [
            {**one, "loc": ("body", *one["loc"])}
            for one in error.errors(include_url=False, include_context=False)
        ]
        raise RequestValidationError(faults) from None


TheService = Annotated[Service, Depends(service_of)]
Attributing = Annotated[Principal, Depends(may("attribute"))]
Reading = Annotated[Principal, Depends(may("read"))]
Writing = Annotated[Principal, Depends(may("write"))]
Auditing = Annotated[Principal, Depends(may("audit"))]
Measuring = Annotated[Principal, Depends(may("metrics"))]
Cursor = Annotated[
    str | None,
    Query(
        max_length=400,
        description="Where the last page ended: its `next`. Left out for the first page.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Items at most.")]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of what may go wrong, beside what may everywhere."""
    return {
        status: {
            "description": _TITLES[status],
            "model": Problem,
            "content": {"application/problem+json": {}},
        }
        for status in sorted({*statuses, 401, 403, 422, 429, 503})
    }


def answer(
    request: Request, body: bytes, status: int = 200, media_type: str = JSON, **headers: str
) -> Response:
    """Return a body with its ETag; 304 and nothing where the client has it already (RFC 9110,
    section 13).
    """
    tag = etag(body)
    given = request.headers.get("if-none-match")
    if given and request.method in ("GET", "HEAD") and tag in _tags(given):
        return Response(None, 304, {"ETag": tag, **headers})
    return Response(body, status, {"ETag": tag, **headers}, media_type)


def json_of(value: Any, kind: Any = None) -> bytes:
    """Return a reply's JSON; `kind` is its type where it is no model itself."""
    if isinstance(value, BaseModel):
        return value.model_dump_json().encode("utf-8")
    return _adapter(kind or type(value)).dump_json(value)


def etag(body: bytes) -> str:
    """Return the strong tag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def check_unchanged(request: Request, current: bytes) -> None:
    """See to it that who writes has read what is there: `If-Match`, where it is given. Raises
    ProblemError (412).
    """
    given = request.headers.get("if-match")
    if given and given.strip() != "*" and etag(current) not in _tags(given):
        raise ProblemError(
            412, "changed", "this has changed since you read it: read it again, and decide anew."
        )


def encode_cursor(key: str | int) -> str:
    """Return the cursor of a place in a list."""
    return base64.urlsafe_b64encode(str(key).encode("utf-8")).decode("ascii").rstrip("=")


def cursor_after(items: Sequence[Any], limit: int, key: str) -> str | None:
    """Return the cursor for what follows a page: the place of its last item, by that attribute;
    None after a page that was not full.
    """
    return encode_cursor(getattr(items[-1], key)) if len(items) == limit else None


def decode_cursor(cursor: str | None) -> str | None:
    """Return the place that a cursor tells. Raises ProblemError (422)."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(
            cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        ).decode("utf-8")
    except ValueError:
        raw = ""
    if not raw or not raw.isprintable():
        raise ProblemError(
            422, "bad-cursor", "the cursor is none of this service: leave it out, and begin anew."
        )
    return raw


def decode_number(cursor: str | None) -> int | None:
    """Return the number that a cursor tells. Raises ProblemError (422)."""
    raw = decode_cursor(cursor)
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) < 18):
        raise ProblemError(
            422, "bad-cursor", "the cursor is none of this service: leave it out, and begin anew."
        )
    return int(raw)


def told_time(at: int | None) -> datetime | None:
    """Return a time of the store as a reply tells it."""
    return None if at is None else moment(at)


def given_time(at: datetime | None) -> int | None:
    """Return a request's time as the store counts it; UTC where it says no offset. Raises
    ProblemError (422).
    """
    if at is None:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not 1990 <= at.year <= 2200:
        raise ProblemError(
            422, "bad-time", f"the time {at.isoformat()} is none that a report or notice has."
        )
    return micros(at)


def _tags(header: str) -> list[str]:
    return [one.strip().removeprefix("W/") for one in header.split(",")]


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    found = _ADAPTERS.get(kind)
    if found is None:
        found = _ADAPTERS[kind] = TypeAdapter(kind)
    return found
