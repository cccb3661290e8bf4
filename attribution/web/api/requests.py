"""What requests to the interface have in common: keys, scopes, bodies and times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from attribution.codes import Problem
from attribution.store.times import Micros, micros
from attribution.web.access.roles import Principal, Scope
from attribution.web.http.problems import ProblemError
from attribution.web.service import Service

ROOT = "/api/v1"
"""Where the interface is; a form of it that breaks clients gets another number."""
_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key that an administrator made: `attribution api-key make NAME`.",
)
_YEARS = range(1990, 2201)
"""Years in which a report or notice can be."""
_Model = TypeVar("_Model", bound=BaseModel)


def may(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets in whoever has a key with a scope, within the rate limit."""

    async def check(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
    ) -> Principal:
        return await let_in(request, scope)

    return check


async def let_in(request: Request, scope: Scope) -> Principal:
    """Return who sends a request, if its key has a scope. Raises ProblemError (401, 403, 429)."""
    service: Service = request.app.state.service
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    principal = await service.principal_of_key(key.strip()) if kind.lower() == "bearer" else None
    if principal is None:
        client = request.client.host if request.client else "unknown"
        service.limiter.take(f"stranger {client}")
        raise ProblemError(
            Problem.NO_KEY,
            "give a key that is not disabled: Authorization: Bearer KEY.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    request.scope["principal"] = principal
    service.limiter.take(principal.who)
    if not principal.may(scope):
        raise ProblemError(
            Problem.NOT_OPEN, f"this key lacks the scope {scope.value!r}: use one that has it."
        )
    return principal


Attributing = Annotated[Principal, Depends(may(Scope.ATTRIBUTE))]
Reading = Annotated[Principal, Depends(may(Scope.READ))]
Writing = Annotated[Principal, Depends(may(Scope.WRITE))]
Auditing = Annotated[Principal, Depends(may(Scope.AUDIT))]
Measuring = Annotated[Principal, Depends(may(Scope.METRICS))]


async def body_of(request: Request, kind: type[_Model]) -> _Model:
    """Read a request's body. Raises RequestValidationError."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        faults = [
            {**fault, "loc": ("body", *fault["loc"])}
            for fault in error.errors(include_url=False, include_context=False)
        ]
        raise RequestValidationError(faults) from None


def time_of(at: datetime | None) -> Micros | None:
    """Return a request's time in microseconds since 1970; UTC where it says no offset.

    Raises ProblemError (422).
    """
    if at is None:
        return None
    if at.year not in _YEARS:
        detail = f"the time {at.isoformat()} is none that a report or notice has."
        raise ProblemError(Problem.BAD_TIME, detail)
    return micros(at if at.tzinfo else at.replace(tzinfo=UTC))
