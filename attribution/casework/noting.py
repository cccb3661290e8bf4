"""Noting what happened: to a case, to one of its URLs, or to a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from attribution.casework.cases import case_named, report_named
from attribution.casework.event_fields import checked_fields
from attribution.casework.fields import check_happened
from attribution.casework.mailboxes import last_written_to, note_bounce_elsewhere
from attribution.casework.providers import provider_named
from attribution.codes import EventKind, Refusal
from attribution.errors import Refused
from attribution.history.rows import ABOUT_NOTICE, ABOUT_PROVIDER, ABOUT_URL
from attribution.store import Reader, Writer
from attribution.store.queries.cases import Case
from attribution.store.queries.events import is_noted
from attribution.store.queries.history import ACCUSING, signed_since
from attribution.store.queries.notices import first_sent, sent_notices
from attribution.store.queries.reports import Report, reports_of_cases
from attribution.store.times import Micros, iso

KINDS = tuple(sorted((ABOUT_NOTICE | ABOUT_PROVIDER) - {"reminder"}))
"""Kinds of events that are noted by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEvent:
    """Note that something happened."""

    kind: str
    """One of `KINDS`."""
    at: Micros | None = None
    """When; None for now."""
    case: str | None = None
    report: str | None = None
    """Which URL it happened to, by its report."""
    provider: str | None = None
    """The provider, for what concerns it as a whole: its key, or a name that is its alone."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What else is known: the fields of `attribution.history.rows.EVENT_FIELDS`, `note`,
    `last_online`.
    """


def note_event(writer: Writer, command: NoteEvent) -> list[int]:
    """Note what a person or program says that happened; return the numbers of the events.

    What happens to a URL, noted for a case without naming one, is noted for each of its URLs.
    Raises Refused.
    """
    _check_kind(command.kind)
    detail = checked_fields(writer.connection, command.kind, command.fields)
    return write_event(writer, command, detail)


def write_event(
    writer: Writer, command: NoteEvent, detail: Mapping[str, Any], origin: str | None = None
) -> list[int]:
    """Write an event with a detail that the caller vouches for; return the numbers of the events,
    none where an event of this origin was written before. Raises Refused.
    """
    kind, at = command.kind, writer.now if command.at is None else command.at
    _check_kind(kind)
    check_happened(at, writer.now, "note what has happened")
    if origin is not None and is_noted(writer.connection, origin):
        return []
    known_at, values = max(at, writer.now), dict(detail) or None
    if command.provider is not None:
        if kind not in ABOUT_PROVIDER:
            remedy = "it happens to a case: name it with --case"
            raise Refused(Refusal.INVALID, "kind", kind, remedy)
        provider_id, _ = provider_named(writer.connection, command.provider)
        return [
            writer.add_event(
                kind, at, known_at, provider_id=provider_id, detail=values, origin=origin
            )
        ]
    if kind not in ABOUT_NOTICE:
        remedy = "it happens to a provider: name it with --provider"
        raise Refused(Refusal.INVALID, "kind", kind, remedy)
    case, report = _subject(writer.connection, command)
    about = {"provider_id": case.provider_id, "case_id": case.id}
    if kind not in ABOUT_URL:
        _check_notice_was_sent(writer.connection, case, kind, at)
        bounced = (
            _bounced_mailbox(writer.connection, case, at, detail)
            if kind == EventKind.BOUNCE
            else ""
        )
        if bounced:
            values = {**detail, "to": bounced}
        report_id = report.id if report else None
        event = writer.add_event(
            kind, at, known_at, report_id=report_id, detail=values, origin=origin, **about
        )
        if bounced and detail.get("believed") is not False:
            note_bounce_elsewhere(writer, event, bounced, case.provider_id)
        return [event]
    urls = [report] if report else reports_of_cases(writer.connection, [case.id])[case.id]
    if not urls:
        raise Refused(Refusal.CONFLICT, "case", case.key, "it holds no URLs of its own")
    if at < min(url.reported_at for url in urls):
        remedy = "it is before the URL was reported: nobody could have looked at it then"
        raise Refused(Refusal.CONFLICT, "at", str(iso(at)), remedy)
    return [
        writer.add_event(
            kind,
            at,
            known_at,
            report_id=url.id,
            detail=values,
            origin=f"{origin} {number}" if origin else None,
            **about,
        )
        for number, url in enumerate(urls)
    ]


def counts_for_nothing(reader: Reader, kind: str) -> bool:
    """Say whether an event of this kind, noted without a signature, counts for nothing now.

    So it is with checks that see content online, once a checker's key is registered.
    """
    return kind in ACCUSING and signed_since(reader) is not None


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        remedy = f"it is unknown; use one of {', '.join(KINDS)}"
        raise Refused(Refusal.INVALID, "kind", kind, remedy)


def _check_notice_was_sent(reader: Reader, case: Case, kind: str, at: int) -> None:
    """Raise Refused for what cannot happen before a case's first notice."""
    sent = first_sent(reader, case.id)
    if sent is None:
        remedy = (
            f"it has no notice yet, so {kind!r} cannot have happened: note it with `attribution "
            "notice record`"
        )
        raise Refused(Refusal.CONFLICT, "case", case.key, remedy)
    if at < sent:
        remedy = f"it is before the notice, sent {iso(sent)}"
        raise Refused(Refusal.CONFLICT, "at", str(iso(at)), remedy)


def _bounced_mailbox(reader: Reader, case: Case, at: int, detail: Mapping[str, Any]) -> str:
    """Return the mailbox that a bounce is of: the one that it names, else that of the last notice
    of its case before it; empty where that is not known.
    """
    named = str(detail.get("to") or "")
    return named or last_written_to(sent_notices(reader, [case.id]), at)


def _subject(reader: Reader, command: NoteEvent) -> tuple[Case, Report | None]:
    """Return the case that something happened to, and the report where it was one URL of it."""
    if command.report is None:
        if command.case is None:
            remedy = "say what it happened to: --case, --report or --provider"
            raise Refused(Refusal.MISSING, "case", "", remedy)
        return case_named(reader, command.case), None
    report = report_named(reader, command.report)
    if report.case is None:
        remedy = "nobody is known to be responsible yet; run `attribution recheck`"
        raise Refused(Refusal.CONFLICT, "report", report.key, remedy)
    if command.case is not None and report.case != command.case:
        remedy = f"it is one of case {report.case}, not of {command.case}"
        raise Refused(Refusal.CONFLICT, "report", report.key, remedy)
    return case_named(reader, report.case), report
