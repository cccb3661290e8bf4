"""Requests that are carried out once, however often they are sent: `Idempotency-Key`.

The reply is kept for a day, written in the transaction of what the request did; so there is either
all of it or nothing, and two requests at once become one. Source:
draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from attribution.codes import Problem
from attribution.store import Reader, Writer
from attribution.store.queries.service_replies import Reply, keep_reply, reply_with_key
from attribution.web.access.roles import Principal
from attribution.web.api.replies import JSON, etag, json_of
from attribution.web.http.problems import ProblemError
from attribution.web.service import TheService

_DAY = 86_400_000_000
_Key = Annotated[
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


class Idempotency:
    """Carries a request out once under its key; a request without a key, each time."""

    def __init__(self, request: Request, service: TheService, key: _Key = None) -> None:
        self._request, self._service, self._key = request, service, key

    def earlier(self, name: str, body: BaseModel) -> Response | None:
        """Return what was replied under the key before; None for a request that is new.

        `name` is the request's kind and what it is about. Raises ProblemError (422) where the key
        was used for another request.
        """
        return self._service.read(lambda reader: self._earlier(reader, name, body))

    def run(
        self,
        name: str,
        body: BaseModel,
        work: Callable[[Writer], BaseModel],
        *,
        status: int = 201,
    ) -> Response:
        """Do the work in a transaction and keep its reply; or return what was replied before."""
        with self._service.store.write(self._principal.who) as writer:
            earlier = self._earlier(writer.connection, name, body)
            if earlier is not None:
                return earlier
            content = json_of(work(writer))
            if self._key is not None:
                now = writer.now
                key, request = self._hashes(name, body)
                reply = Reply(key, request, status, content.decode("utf-8"), now)
                keep_reply(writer.connection, reply, forget_before=now - _DAY)
        return _response(status, content)

    def _earlier(self, reader: Reader, name: str, body: BaseModel) -> Response | None:
        if self._key is None:
            return None
        key, request = self._hashes(name, body)
        reply = reply_with_key(reader, key)
        if reply is None or reply.made_at < self._service.now - _DAY:
            return None
        if reply.request != request:
            raise ProblemError(
                Problem.KEY_USED,
                "this Idempotency-Key was used for another request: use a new one.",
            )
        response = _response(reply.status, reply.body.encode("utf-8"))
        response.headers["Idempotency-Replayed"] = "true"
        return response

    def _hashes(self, name: str, body: BaseModel) -> tuple[str, str]:
        """Return what stands in the store for the key and for the request."""
        keys = self._service.store.keys
        content = json.dumps(body.model_dump(mode="json"), sort_keys=True)
        return (
            keys.hash_of(f"once {self._principal.who} {name} {self._key}"),
            keys.hash_of(f"request {content}"),
        )

    @property
    def _principal(self) -> Principal:
        return self._request.scope["principal"]  # type: ignore[no-any-return]


Once = Annotated[Idempotency, Depends()]


def _response(status: int, body: bytes) -> Response:
    return Response(body, status, {"ETag": etag(body)}, JSON)
