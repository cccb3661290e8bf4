"""Requests that are done once, however often they are sent: `Idempotency-Key`, kept for a day.

The reply is written in the same transaction as what the request did; so it is either all there, or
nothing is, and two requests at once are one. Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header
from sqlalchemy import Connection, select
from starlette.responses import Response

from attribution.store.log import Writer
from attribution.store.service_tables import replies
from attribution.web.access.roles import Principal
from attribution.web.api.requests import JSON, etag
from attribution.web.http.problems import ProblemError
from attribution.web.service import Service

_DAY = 86_400_000_000
OnceKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A name of your own for this request: sent again within a day, it is "
        "answered as the first time and done once.",
    ),
]


class Once:
    """One request under its key, or a request without one."""

    def __init__(
        self, service: Service, principal: Principal, route: str, key: str | None, body: Any
    ) -> None:
        self._service, self._key = service, None
        if key is not None:
            keys = service.store.keys
            self._key = keys.hash_of(f"once {principal.who} {route} {key}")
            self._request = keys.hash_of(f"request {json.dumps(body, sort_keys=True, default=str)}")

    def earlier(self) -> Response | None:
        """Return what was answered before; None for a request that is new. Raises ProblemError
        (422) where the key was another request's.
        """
        return None if self._key is None else self._service.read(self._earlier)

    def do(self, writer: Writer, work: Callable[[], tuple[int, bytes]]) -> Response:
        """Do the work in a transaction that is open, and keep what is answered; or return what was
        answered before.
        """
        earlier = None if self._key is None else self._earlier(writer.connection)
        if earlier is not None:
            return earlier
        status, body = work()
        if self._key is not None:
            connection = writer.connection
            connection.execute(replies.delete().where(replies.c.made_at < writer.now - _DAY))
            connection.execute(
                replies.insert().values(
                    key=self._key,
                    request=self._request,
                    status=status,
                    body=body.decode("utf-8"),
                    made_at=writer.now,
                )
            )
        return _response(status, body)

    def _earlier(self, connection: Connection) -> Response | None:
        row = connection.execute(select(replies).where(replies.c.key == self._key)).first()
        if row is None or row.made_at < self._service.now - _DAY:
            return None
        if row.request != self._request:
            raise ProblemError(
                422, "key-used", "this Idempotency-Key was used for another request: use a new one."
            )
        response = _response(row.status, row.body.encode("utf-8"))
        response.headers["Idempotency-Replayed"] = "true"
        return response


def _response(status: int, body: bytes) -> Response:
    return Response(body, status, {"ETag": etag(body)}, JSON)
