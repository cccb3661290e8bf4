"""Noting what happened: to a case, to one of its URLs, or to a provider,
with what is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from attribution.casework.providers import provider_named
from attribution.casework.recording_events import KINDS, note_event
from attribution.codes import EventKind, Refusal
from attribution.errors import Refused, StoreError
from attribution.history.rows import EVENT_FIELDS, BadRow, check_event_fields
from attribution.store.log import Writer
from attribution.store.queries.history import ACCUSING, signed_since
from attribution.store.queries.notices import known_cases

_FLAGS = frozenset(["automatic", "believed"])
_LISTS = frozenset(["resolved_to", "notices"])
_OF_KINDS: Mapping[str, frozenset[str]] = {
    "automatic": frozenset([EventKind.ACK]),
    "believed": frozenset([EventKind.BOUNCE]),
    "served_by": frozenset([EventKind.STILL_ONLINE, EventKind.REAPPEARED]),
    "resolved_to": frozenset([EventKind.STILL_ONLINE, EventKind.REAPPEARED]),
    "compared": frozenset([EventKind.STILL_ONLINE, EventKind.REAPPEARED]),
    "by": frozenset([EventKind.CONTACT_CORRECTED]),
    "to": frozenset([EventKind.MOVED_TO_OTHER_HOST]),
    "channel": frozenset([EventKind.CHANNEL_FAILED, EventKind.CONTACT_CONFIRMED]),
    "legal_ground": frozenset([EventKind.REFUSED]),
    "by_whom": frozenset([EventKind.ILLEGALITY_CONFIRMED]),
    "notices": frozenset([EventKind.LETTER_DELIVERED]),
}
"""Which kinds of events a field belongs to; others belong to all."""
_TOLD_BY_SIGNATURES = frozenset(["unsigned"])
"""Fields that an export writes, and nobody else."""


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """Note that something happened."""

    kind: str
    at: int
    """When, in microseconds since 1970."""
    case: str | None = None
    report: str | None = None
    """Which URL it happened to, by its report."""
    provider: str | None = None
    """The provider, for what concerns it as a whole: its key, or a name that is its alone."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What else is known: the fields of `attribution.history.rows.EVENT_FIELDS`, `note`,
    `last_online`.
    """


def note(writer: Writer, command: NoteEvent) -> list[int]:
    """Note the event; return the numbers of what was written. Raises Refused, StoreError."""
    if command.kind not in KINDS:
        raise Refused(Refusal.INVALID, "kind", command.kind, f"use one of {', '.join(KINDS)}")
    detail = dict(command.fields)
    for name in sorted(detail.keys() & EVENT_FIELDS.keys()):
        _check_field(command.kind, name, detail[name])
    if "notices" in detail:
        _check_notices(writer.connection, detail["notices"])
    if command.kind == EventKind.STILL_ONLINE and isinstance(detail.get("served_by"), str):
        detail["served_by"] = _known(writer.connection, "served_by", detail["served_by"])
    if "to" in detail:
        detail["to"] = _named(writer.connection, str(detail["to"]))
    if "resolved_to" in detail:
        detail["resolved_to"] = [_named(writer.connection, name) for name in detail["resolved_to"]]
    return note_event(
        writer,
        command.kind,
        command.at,
        case=command.case,
        report=command.report,
        provider=command.provider,
        detail=detail,
    )


def counts_for_nothing(connection: Connection, kind: str) -> bool:
    """Say whether an event of this kind, noted without a signature, counts for nothing now.

    So it is with checks that see content online, once a checker's key is registered.
    """
    return kind in ACCUSING and signed_since(connection) is not None


def read_fields(given: list[str]) -> dict[str, Any]:
    """Read fields written `name=value`; `true`, `false`, `null` and lists with commas as the field
    wants. Raises Refused.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in EVENT_FIELDS or name in _TOLD_BY_SIGNATURES:
            known = ", ".join(name for name in EVENT_FIELDS if name not in _TOLD_BY_SIGNATURES)
            raise Refused(Refusal.INVALID, "with", text, f"write NAME=VALUE with one of {known}")
        if name in _FLAGS:
            if value not in ("true", "false"):
                raise Refused(Refusal.INVALID, name, value, "write true or false")
            found[name] = value == "true"
        elif name in _LISTS:
            found[name] = [part.strip() for part in value.split(",") if part.strip()]
        else:
            found[name] = None if name == "served_by" and value == "null" else value
    return found


def _check_field(kind: str, name: str, value: Any) -> None:
    """Check one field that a person or program gives. Raises Refused."""
    if name in _TOLD_BY_SIGNATURES:
        remedy = "checks' signatures tell it; leave it out"
        raise Refused(Refusal.INVALID, name, str(value), remedy)
    kinds = _OF_KINDS.get(name)
    if kinds is not None and kind not in kinds:
        remedy = f"it belongs to {', '.join(sorted(kinds))}; leave it out"
        raise Refused(Refusal.INVALID, name, str(value), remedy)
    if isinstance(value, str) and not value.strip():
        raise Refused(Refusal.MISSING, name, value, "say what it is, or leave it out")
    try:
        check_event_fields({name: value})
    except BadRow as bad:
        remedy = str(bad).rpartition(": ")[2]
        raise Refused(Refusal.INVALID, name, str(value)[:60], remedy) from None


def _check_notices(connection: Connection, named: list[str]) -> None:
    """Check that what a letter lists are cases of the store. Raises Refused."""
    known = known_cases(connection, named)
    for case in named:
        if case not in known:
            remedy = "it is no case of the store; `attribution case list` shows those that are"
            raise Refused(Refusal.NOT_FOUND, "notices", case[:60], remedy)


def _known(connection: Connection, name: str, value: str) -> str:
    try:
        return provider_named(connection, value)[1]
    except StoreError:
        remedy = "name a provider that the store knows, or null where the checker could not tell"
        raise Refused(Refusal.NOT_FOUND, name, value, remedy) from None


def _named(connection: Connection, value: str) -> str:
    """Return a provider's key where the store knows it; the name as it stands where not."""
    try:
        return provider_named(connection, value)[1]
    except StoreError:
        return value
