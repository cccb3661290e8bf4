"""Cursors: where the next page of a list begins, as programs give them back."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from attribution.codes import Problem
from attribution.web.http.problems import ProblemError

Cursor = Annotated[
    str | None,
    Query(
        max_length=400,
        description="Where the last page ended: its `next`. Left out for the first page.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Items at most.")]


def encode_cursor(key: str | int) -> str:
    """Return the cursor of a place in a list."""
    return base64.urlsafe_b64encode(str(key).encode("utf-8")).decode("ascii").rstrip("=")


def cursor_after(items: Sequence[Any], limit: int, key: str) -> str | None:
    """Return the cursor after a page: its last item's attribute `key`; None after the last page."""
    return encode_cursor(getattr(items[-1], key)) if len(items) == limit else None


def decode_cursor(cursor: str | None) -> str | None:
    """Return the place that a cursor names. Raises ProblemError (422)."""
    if cursor is None:
        return None
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        key = base64.b64decode(padded, altchars=b"-_", validate=True).decode("utf-8")
    except ValueError:
        key = ""
    if not key or not key.isprintable():
        raise _bad_cursor()
    return key


def decode_number(cursor: str | None) -> int | None:
    """Return the number that a cursor names. Raises ProblemError (422)."""
    key = decode_cursor(cursor)
    if key is None:
        return None
    if not (key.isascii() and key.isdigit() and len(key) < 18):
        raise _bad_cursor()
    return int(key)


def _bad_cursor() -> ProblemError:
    return ProblemError(
        Problem.BAD_CURSOR, "the cursor is none of this service: leave it out, and begin anew."
    )
