"""The further fields of an event (`attribution.history.rows.EVENT_FIELDS`): read as a person writes
them, and checked against the kind of the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attribution.casework.providers import provider_named
from attribution.codes import EventKind, Refusal
from attribution.errors import Refused
from attribution.history.rows import EVENT_FIELDS, BadRow, check_event_fields
from attribution.store import Reader
from attribution.store.queries.cases import known_case_keys

_FLAGS = frozenset(["automatic", "believed"])
_NUMBERS = frozenset(["hours"])
_LISTS = frozenset(["resolved_to", "notices"])
_SEEN = frozenset[str]([EventKind.STILL_ONLINE, EventKind.REAPPEARED])
_KINDS_OF: Mapping[str, frozenset[str]] = {
    "automatic": frozenset([EventKind.ACK, EventKind.RECEIPT_CONFIRMED]),
    "believed": frozenset([EventKind.BOUNCE]),
    "served_by": _SEEN,
    "resolved_to": _SEEN,
    "compared": _SEEN,
    "by": frozenset([EventKind.CONTACT_CORRECTED]),
    "to": frozenset([EventKind.MOVED_TO_OTHER_HOST]),
    "channel": frozenset([EventKind.CHANNEL_FAILED, EventKind.CONTACT_CONFIRMED]),
    "legal_ground": frozenset([EventKind.REFUSED]),
    "by_whom": frozenset(
        [EventKind.ILLEGALITY_CONFIRMED, EventKind.INSTRUCTION, EventKind.COURT_ORDER]
    ),
    "hours": frozenset([EventKind.INSTRUCTION, EventKind.COURT_ORDER]),
    "notices": frozenset([EventKind.LETTER_DELIVERED]),
}
"""Which kinds of events a field belongs to; others belong to all."""
_ONLY_EXPORTED = frozenset(["unsigned"])
"""Fields that an export writes, and nobody else."""


def read_event_fields(given: Iterable[str]) -> dict[str, Any]:
    """Read fields written `name=value`; `true`, `false`, `null` and lists with commas as the field
    wants. Raises Refused.
    """
    fields: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in EVENT_FIELDS or name in _ONLY_EXPORTED:
            known = ", ".join(name for name in EVENT_FIELDS if name not in _ONLY_EXPORTED)
            raise Refused(Refusal.INVALID, "with", text, f"write NAME=VALUE with one of {known}")
        if name in _FLAGS:
            if value not in ("true", "false"):
                raise Refused(Refusal.INVALID, name, value, "write true or false")
            fields[name] = value == "true"
        elif name in _NUMBERS:
            fields[name] = _number(name, value)
        elif name in _LISTS:
            fields[name] = [part.strip() for part in value.split(",") if part.strip()]
        else:
            fields[name] = None if name == "served_by" and value == "null" else value
    return fields


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise Refused(Refusal.INVALID, name, value[:60], "write a number") from None


def checked_fields(reader: Reader, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's further fields with providers by their keys. Raises Refused."""
    checked = dict(fields)
    for name in sorted(checked.keys() & EVENT_FIELDS.keys()):
        _check_field(kind, name, checked[name])
    if "notices" in checked:
        _check_notices(reader, checked["notices"])
    if kind == EventKind.STILL_ONLINE and isinstance(checked.get("served_by"), str):
        checked["served_by"] = _known_provider(reader, "served_by", checked["served_by"])
    if "to" in checked:
        checked["to"] = _provider_or_name(reader, str(checked["to"]))
    if "resolved_to" in checked:
        checked["resolved_to"] = [
            _provider_or_name(reader, name) for name in checked["resolved_to"]
        ]
    return checked


def _check_field(kind: str, name: str, value: Any) -> None:
    """Check one field. Raises Refused."""
    if name in _ONLY_EXPORTED:
        remedy = "it follows from the signatures of checks; leave it out"
        raise Refused(Refusal.INVALID, name, str(value), remedy)
    kinds = _KINDS_OF.get(name)
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


def _check_notices(reader: Reader, keys: list[str]) -> None:
    """Check that what a letter lists are cases of the store. Raises Refused."""
    known = known_case_keys(reader, keys)
    for case in keys:
        if case not in known:
            remedy = "it is no case of the store; `attribution case list` shows those that are"
            raise Refused(Refusal.NOT_FOUND, "notices", case[:60], remedy)


def _known_provider(reader: Reader, field: str, name: str) -> str:
    try:
        return provider_named(reader, name)[1]
    except Refused:
        remedy = "name a provider that the store knows, or null where the checker could not tell"
        raise Refused(Refusal.NOT_FOUND, field, name, remedy) from None


def _provider_or_name(reader: Reader, name: str) -> str:
    """Return a provider's key where the store knows it; the name as it stands where not."""
    try:
        return provider_named(reader, name)[1]
    except Refused:
        return name
