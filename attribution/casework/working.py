"""Working on cases, one or many at once: who works on them, when to look again, notes, what came
back, closing and opening again; and taking back what was noted wrongly.

A report of which nobody is known to be responsible is worked on by its own key.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from attribution.casework.fields import required
from attribution.casework.noting import KINDS
from attribution.codes import Refusal, WorkKind
from attribution.errors import NotFound, Refused
from attribution.store import Reader, Writer
from attribution.store.queries.cases import Subject, subjects_with_keys
from attribution.store.queries.events import Event, corrected_among, events_numbered
from attribution.store.queries.notices import notices_after
from attribution.store.times import DAY, Micros, iso

TAKEN_BACK = frozenset(
    [*KINDS, *WorkKind, "sent", "reminder", "contact_approved", "contact_changed", "terms"]
)
"""Kinds of events that can be taken back."""
MOST_CASES = 5000
"""Cases that are worked on at once."""
_LONGEST_NOTE = 4000
_LONGEST_NAME = 200
_LATEST = 3660 * DAY
"""How far ahead a follow-up date may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCases:
    """Say who works on cases from now on."""

    cases: tuple[str, ...]
    assignee: str | None
    """A person; None for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFollowUp:
    """Say when to look at cases again."""

    cases: tuple[str, ...]
    at: Micros | None
    """None to forget the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    """Write a note on cases."""

    cases: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkHandled:
    """Say that what came back about cases is dealt with: they wait again."""

    cases: tuple[str, ...]
    note: str = ""
    """What was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCases:
    """Say that nothing more is to be done with cases."""

    cases: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCases:
    """Open cases again that were closed."""

    cases: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedOn:
    """What was noted: an event a case."""

    cases: tuple[str, ...]
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Take back events that were noted wrongly; also that a notice was sent."""

    events: tuple[int, ...]
    """Their numbers in the log."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """An event that counts no more."""

    event: int
    """The number of the event that takes it back."""
    corrects: int
    kind: str
    """Of the event that was taken back."""

    @property
    def is_notice(self) -> bool:
        """Whether a notice or reminder counts as never sent; the mail is not taken back."""
        return self.kind in ("sent", "reminder")


def assign_cases(writer: Writer, command: AssignCases) -> WorkedOn:
    """Note who works on cases. Raises Refused, and NotFound for a case that is not there."""
    name = None if command.assignee is None else " ".join(command.assignee.split())
    if name is not None:
        name = _text(name, "assignee", "name the person", _LONGEST_NAME)
    return _note(writer, command.cases, WorkKind.ASSIGNED, {"to": name})


def set_follow_up(writer: Writer, command: SetFollowUp) -> WorkedOn:
    """Note when to look at cases again. Raises Refused and NotFound."""
    if command.at is not None and command.at > writer.now + _LATEST:
        remedy = "give a date within ten years"
        raise Refused(Refusal.INVALID, "at", str(iso(command.at)), remedy)
    return _note(writer, command.cases, WorkKind.FOLLOW_UP, {"on": iso(command.at)})


def add_note(writer: Writer, command: AddNote) -> WorkedOn:
    """Write a note on cases. Raises Refused and NotFound."""
    text = _text(command.text, "text", "write the note", _LONGEST_NOTE)
    return _note(writer, command.cases, WorkKind.NOTE, {"text": text})


def mark_handled(writer: Writer, command: MarkHandled) -> WorkedOn:
    """Note that what came back is dealt with. Raises Refused and NotFound."""
    detail = {"note": command.note.strip()[:_LONGEST_NOTE]} if command.note.strip() else {}
    return _note(writer, command.cases, WorkKind.HANDLED, detail)


def close_cases(writer: Writer, command: CloseCases) -> WorkedOn:
    """Note that nothing more is to be done. Raises Refused and NotFound.

    A case is open again by itself when its URL is reported anew, reappears, or mail comes back.
    """
    why = _text(command.why, "why", "say why nothing more is to be done", _LONGEST_NOTE)
    return _note(writer, command.cases, WorkKind.DONE, {"why": why})


def reopen_cases(writer: Writer, command: ReopenCases) -> WorkedOn:
    """Open cases again that a person closed. Raises Refused and NotFound."""
    why = _text(command.why, "why", "say why the case is opened again", _LONGEST_NOTE)
    return _note(writer, command.cases, WorkKind.REOPENED, {"why": why})


def take_back(writer: Writer, command: TakeBack) -> list[TakenBack]:
    """Take events back, each by another one; all of them or none. Raises Refused and NotFound.

    A case whose notice is taken back is as if that notice had never been sent.
    """
    why = required(command.why, "why", "say why with --why")
    connection = writer.connection
    events = _events(connection, command.events)
    for event in events:
        _check_taken_back(connection, event, command.events)
    return [
        TakenBack(
            event=writer.add_event(
                "correction",
                writer.now,
                provider_id=event.provider_id,
                case_id=event.case_id,
                report_id=event.report_id,
                corrects=event.seq,
                detail={"why": why},
            ),
            corrects=event.seq,
            kind=event.kind,
        )
        for event in events
    ]


def _events(reader: Reader, numbers: Collection[int]) -> list[Event]:
    """Return events by their numbers. Raises NotFound, and Refused for one taken back already."""
    events = {event.seq: event for event in events_numbered(reader, numbers)}
    for number in numbers:
        if number not in events:
            remedy = "`attribution case show` and `provider show` list the events that are"
            raise NotFound("event", number, remedy)
    for number in sorted(corrected_among(reader, numbers)):
        raise Refused(Refusal.CONFLICT, "event", str(number), "it was taken back already")
    return [events[number] for number in dict.fromkeys(numbers)]


def _check_taken_back(reader: Reader, event: Event, together: Collection[int]) -> None:
    """Raise Refused for an event that cannot be taken back."""
    if event.kind not in TAKEN_BACK:
        remedy = f"it is of the kind {event.kind!r}, which is not taken back this way"
        raise Refused(Refusal.INVALID, "event", str(event.seq), remedy)
    if event.kind == "sent" and event.case_id is not None:
        later = set(notices_after(reader, event.case_id, event.at, event.seq)) - set(together)
        if later:
            remedy = (
                "reminders were sent after this notice: take them back first, events "
                f"{', '.join(map(str, sorted(later)))}"
            )
            raise Refused(Refusal.CONFLICT, "event", str(event.seq), remedy)


def _note(
    writer: Writer, keys: tuple[str, ...], kind: WorkKind, detail: dict[str, Any]
) -> WorkedOn:
    """Note the same of each case. Raises Refused and NotFound."""
    subjects = _subjects(writer.connection, keys)
    events = [
        writer.add_event(
            kind.value,
            writer.now,
            provider_id=subject.provider_id,
            case_id=subject.case_id,
            report_id=subject.report_id,
            detail=detail or None,
        )
        for subject in subjects
    ]
    return WorkedOn(cases=tuple(subject.key for subject in subjects), events=tuple(events))


def _subjects(reader: Reader, keys: tuple[str, ...]) -> list[Subject]:
    """Return what is worked on, once each. Raises Refused and NotFound."""
    if not keys or len(keys) > MOST_CASES:
        remedy = f"name 1 to {MOST_CASES} cases at once"
        raise Refused(Refusal.INVALID, "case", str(len(keys)), remedy)
    subjects = subjects_with_keys(reader, keys)
    for key in keys:
        if key not in subjects:
            raise NotFound("case", key, "`attribution case list` shows those that are")
    return list(dict.fromkeys(subjects[key] for key in keys))


def _text(given: str, field: str, remedy: str, longest: int) -> str:
    """Return a text that is there and not too long. Raises Refused."""
    text = required(given, field, remedy)
    if len(text) > longest:
        raise Refused(
            Refusal.INVALID, field, f"{text[:40]}…", f"write at most {longest} characters"
        )
    return text
