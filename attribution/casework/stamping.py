"""Stamping the log's head at a time-stamp authority, so that nobody can rewrite the log unnoticed.

A head is stamped once a day at most: of a log without news there is nothing to stamp.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.lookup.protocols.time_stamps import ask_authority
from attribution.lookup.transport import TransportError
from attribution.settings import Settings
from attribution.store.heads import Head, current_head
from attribution.store.stamps import Stamp, message_of, name_of, read_roots, verified_time
from attribution.store.store import Store

_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class StampHead:
    """Stamp the end that the log has now, once:
    of one head the earlier stamp is the better proof.
    """


@dataclass(frozen=True, slots=True)
class Stamped:
    """A head and its stamp."""

    head: Head
    path: Path
    at: datetime | None
    """The authority's time; None where this head was stamped before."""


def stamp_head(store: Store, settings: Settings, command: StampHead) -> Stamped:
    """Have the log's head stamped, check the token, and keep it. Raises Refused or StoreError."""
    if not settings.time_stamp_url:
        remedy = "name a time-stamp authority (RFC 3161), and its roots with time_stamp_roots"
        raise Refused(Refusal.MISSING, "time_stamp_url", "", remedy)
    if settings.time_stamp_roots is None:
        remedy = "name a file with the authority's root certificate, PEM"
        raise Refused(Refusal.MISSING, "time_stamp_roots", "", remedy)
    roots = read_roots(settings.time_stamp_roots)
    with store.read() as connection:
        head = current_head(connection)
    newest = settings.stamps_path / name_of(head)
    if newest.exists():
        return Stamped(head, newest, None)
    salt = secrets.token_bytes(_SALT_BYTES)
    message = message_of(head, salt)
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        token = asyncio.run(ask_authority(settings, request.as_bytes()))
    except (TransportError, TimeoutError) as error:
        said = str(error) or "no answer within the time limit"
        raise StoreError(
            f"time_stamp_url {settings.time_stamp_url!r} gave no stamp: {said}. Nothing is lost: "
            "the next try stamps everything up to then."
        ) from None
    stamp = Stamp(head, salt, token, settings.time_stamp_url)
    try:
        at = verified_time(stamp, roots)
    except StoreError as error:
        raise StoreError(
            f"time_stamp_url {settings.time_stamp_url!r} gave a stamp that is not kept: {error}. "
            "Compare time_stamp_roots with the authority's own certificate."
        ) from None
    return Stamped(head, stamp.save(settings.stamps_path), at)
