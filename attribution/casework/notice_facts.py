"""What the log has of a case's notices and URLs: all that its next notice may state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from attribution.casework.mailboxes import is_believed
from attribution.casework.url_state import last_checks
from attribution.codes import EventKind
from attribution.history.rows import Compared
from attribution.store import Reader
from attribution.store.queries.cases import standing_events
from attribution.store.queries.events import Event
from attribution.store.queries.history import ACCUSING
from attribution.store.times import iso

_SENT = ("sent", EventKind.REMINDER)
_SPOKEN = "telephone"


@dataclass(frozen=True, slots=True)
class PastNotice:
    """A notice or reminder that was sent, and not taken back."""

    to: str
    """The mailbox, form or person that it went to, in lower case; empty where none was noted."""
    at: int
    """Microseconds since 1970."""
    channel: str
    bounced_at: int | None = None
    """When it came back, where that is believed."""

    @property
    def arrived(self) -> bool:
        """Whether it was written, and nothing is known of its coming back."""
        return self.bounced_at is None and self.channel != _SPOKEN


@dataclass(frozen=True, slots=True)
class OnlineCheck:
    """A check that saw a URL online, the last of that URL."""

    at: int
    """Microseconds since 1970."""
    compared: str | None
    """How the content was recognised (`history.rows.Compared`); None where that is not noted."""


@dataclass(slots=True)
class NoticeFacts:
    """What the log has of the notices and URLs of a case."""

    notices: list[PastNotice] = field(default_factory=list)
    """In the order in which they were sent."""
    online: dict[int, OnlineCheck] = field(default_factory=dict)
    """The last check of each URL that was seen online then, by report."""
    seen_by_person: set[int] = field(default_factory=set)
    """The reports whose content a person saw and compared."""

    def sent_to(self, mailboxes: Collection[str]) -> list[int]:
        """Return when notices went to one of some mailboxes and did not come back."""
        return [notice.at for notice in self.notices if notice.arrived and notice.to in mailboxes]

    @property
    def bounced_at(self) -> int | None:
        """When the last notice came back, if none before it is known to have gone through."""
        if not self.notices or any(notice.bounced_at is None for notice in self.notices):
            return None
        return self.notices[-1].bounced_at


def notice_facts(reader: Reader, case_ids: Collection[int]) -> dict[int, NoticeFacts]:
    """Return what the log has of cases, by case; nothing that a correction took back."""
    facts = {case_id: NoticeFacts() for case_id in case_ids}
    events: dict[int, list[Event]] = {case_id: [] for case_id in case_ids}
    checks: dict[int, Event] = {}
    for event in standing_events(reader, case_ids, [*_SENT, EventKind.BOUNCE, *ACCUSING]):
        if event.kind not in ACCUSING:
            events[event.case_id or 0].append(event)
        elif event.report_id is not None:
            if event.detail.get("compared") == Compared.PERSON:
                facts[event.case_id or 0].seen_by_person.add(event.report_id)
            known = checks.get(event.report_id)
            if known is None or event.at >= known.at:
                checks[event.report_id] = event
    for case_id, happened in events.items():
        facts[case_id].notices = _notices(happened)
    for report_id, last in last_checks(reader, case_ids).items():
        if not last.over and report_id in checks:
            compared = checks[report_id].detail.get("compared")
            facts[last.case_id].online[report_id] = OnlineCheck(last.at, compared)
    return facts


def _notices(events: list[Event]) -> list[PastNotice]:
    """Return the notices of a case, each with the bounce that is of it."""
    sent = sorted((event for event in events if event.kind in _SENT), key=lambda row: row.at)
    bounced: dict[int, int] = {}
    for event in events:
        if event.kind == EventKind.BOUNCE and is_believed(event):
            notice = _notice_of(event, sent)
            if notice is not None:
                bounced.setdefault(notice.seq, event.at)
    return [
        PastNotice(
            to=str(event.detail.get("to", "")).lower(),
            at=event.at,
            channel=str(event.detail.get("channel", "")),
            bounced_at=bounced.get(event.seq),
        )
        for event in sent
    ]


def _notice_of(bounce: Event, sent: list[Event]) -> Event | None:
    """Return the notice that a bounce is of: the one that it names by its time, else the last to
    its mailbox before it, else the last before it.
    """
    named_at, mailbox = bounce.detail.get("notice_sent_at"), bounce.detail.get("to")
    before = [event for event in sent if event.at <= bounce.at]
    for event in before:
        if named_at is not None and iso(event.at) == named_at:
            return event
    to_mailbox = [event for event in before if event.detail.get("to") == mailbox]
    candidates = to_mailbox if mailbox else before
    return candidates[-1] if candidates else None
