"""Where a case stands in the queue, and what is to be done next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from attribution.casework.progress import RECEIVED, progress_of
from attribution.casework.url_state import CHECKS
from attribution.codes import EventKind, QueueState, QueueTask, WorkKind
from attribution.history.rows import ENDS
from attribution.store.queries.events import Event
from attribution.store.times import micros

RULE = 2
"""Version of this rule and of what is read for it: with another one, every state is made anew."""
_NOTICES = frozenset(["sent", "reminder"])
_ANSWERS = frozenset[str]([EventKind.REPLY, EventKind.REFUSED, EventKind.NOT_OURS])
"""Answers that a person reads."""
_NEWS = frozenset[str](["reported", "assigned", EventKind.REAPPEARED])
"""What opens a closed case again, beside mail that came back."""
CLOSING = frozenset[str]([WorkKind.DONE, WorkKind.REOPENED, EventKind.BOUNCE, *_ANSWERS, *_NEWS])
"""Kinds of events that bear on whether a case is closed."""


class Rank(IntEnum):
    """The order in which mail that came back is dealt with."""

    BOUNCE = 0
    REPLY = 1
    AUTOMATIC_ANSWER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """Mail about a case that nobody has dealt with."""

    rank: Rank
    at: int
    """Microseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the state of a case follows from. Times are microseconds since 1970."""

    since: int
    """When the case was opened, or the report without a case came in."""
    is_provider_known: bool = True
    urls_there: int = 1
    """URLs that are not erased, and of which no check says last that they are gone."""
    sent_at: int | None = None
    """When the last notice or reminder was sent."""
    online_at: int | None = None
    """When one of these URLs was last seen online."""
    came_back: CameBack | None = None
    is_closed: bool = False
    """A person closed it, and nothing new happened since."""
    follow_up_at: int | None = None
    gathering: int | None = None
    """Microseconds for which reports may gather, by the provider's own terms."""
    reminding: int | None = None
    """Microseconds after which a reminder is due, by the provider's own terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """Where a case stands."""

    state: QueueState
    """Never `abroad`: that depends on the hotline's country, and is decided where it is read."""
    what: QueueTask
    waits_from: int
    """The next step is due `waits_for` after this. Microseconds since 1970."""
    waits_for: int | None = 0
    """Microseconds; None for the hours of the settings."""
    rank: int = 0


def state_of(facts: CaseFacts) -> CaseState:
    """Return where a case stands: the first rule that applies decides."""
    if facts.is_closed:
        return CaseState(state=QueueState.DONE, what=QueueTask.CLOSED, waits_from=facts.since)
    if not facts.urls_there:
        return CaseState(state=QueueState.DONE, what=QueueTask.ALL_GONE, waits_from=facts.since)
    if not facts.is_provider_known:
        return CaseState(
            state=QueueState.NOBODY_KNOWN, what=QueueTask.LOOKUP, waits_from=facts.since
        )
    if facts.sent_at is None:
        return CaseState(
            state=QueueState.TONIGHT,
            what=QueueTask.NOTICE,
            waits_from=facts.since,
            waits_for=facts.gathering,
        )
    if facts.came_back is not None:
        return CaseState(
            state=QueueState.CAME_BACK,
            what=QueueTask[facts.came_back.rank.name],
            waits_from=facts.came_back.at,
            rank=facts.came_back.rank,
        )
    if facts.follow_up_at is not None:
        return CaseState(
            state=QueueState.WAITING, what=QueueTask.FOLLOW_UP, waits_from=facts.follow_up_at
        )
    is_online = facts.online_at is not None and facts.online_at > facts.sent_at
    return CaseState(
        state=QueueState.WAITING,
        what=QueueTask.REMINDER if is_online else QueueTask.CHECK,
        waits_from=facts.sent_at,
        waits_for=facts.reminding,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What the events of a case come to, of those that no correction took back."""

    sent_at: int | None
    online_at: int | None
    urls_there: int
    came_back: CameBack | None
    is_closed: bool
    follow_up_at: int | None
    assignee: str | None
    progress: str
    online: int
    """URLs that were online when they were last checked."""
    terms: frozenset[str]
    """Mailboxes and Message-IDs of the mails about it, folded."""


def happened(events: Collection[Event], there: Collection[int], urls: int) -> Happened:
    """Return what events, as they were written, come to; `there` are the reports of the case that
    were not erased, `urls` how many URLs it has.
    """
    sent_at = max((event.at for event in events if event.kind in _NOTICES), default=None)
    checks = _last_checks(events)
    over = {report for report, check in checks.items() if check.kind in ENDS}
    still_there = [report for report in there if report not in over]
    follow_up_at = _follow_up(events, sent_at)
    assigned = [event for event in events if event.kind == WorkKind.ASSIGNED]
    return Happened(
        sent_at=sent_at,
        online_at=max((checks[url].at for url in still_there if url in checks), default=None),
        urls_there=len(still_there),
        came_back=None if sent_at is None else _came_back(events, sent_at),
        is_closed=is_closed(events),
        follow_up_at=follow_up_at,
        assignee=assigned[-1].detail.get("to") if assigned else None,
        progress=progress_of(_kinds(events), done=bool(urls) and len(over) >= urls),
        online=len(checks) - len(over),
        terms=frozenset(_terms(events)),
    )


def folded(name: str) -> str:
    """Return a mailbox or Message-ID for comparing: in lower case, without brackets."""
    return name.strip().strip("<>").lower()


def _last_checks(events: Iterable[Event]) -> dict[int, Event]:
    """Return what a checker said last, by report."""
    checks = [event for event in events if event.kind in CHECKS and event.report_id is not None]
    return {event.report_id or 0: event for event in sorted(checks, key=lambda check: check.at)}


def _rank(event: Event) -> Rank | None:
    """Return how urgent mail that came back is; None for what needs nobody."""
    if event.kind == EventKind.BOUNCE:
        return Rank.BOUNCE if event.detail.get("believed", True) else Rank.REPLY
    if event.kind in _ANSWERS:
        return Rank.REPLY
    if event.kind == EventKind.ACK and event.detail.get("automatic"):
        return Rank.AUTOMATIC_ANSWER
    return None


def _came_back(events: Iterable[Event], sent_at: int) -> CameBack | None:
    """Return the most urgent mail since the last notice that nobody dealt with."""
    waiting: list[CameBack] = []
    for event in events:
        if event.kind in (WorkKind.HANDLED, WorkKind.DONE):
            waiting.clear()
        elif event.at >= sent_at and (rank := _rank(event)) is not None:
            waiting.append(CameBack(rank=rank, at=event.at))
    return min(waiting, key=lambda mail: (mail.rank, mail.at), default=None)


def is_closed(events: Iterable[Event]) -> bool:
    """Say whether a person closed a case, by its events of `CLOSING` as they were written."""
    closed = False
    for event in events:
        if event.kind == WorkKind.DONE:
            closed = True
        elif closed and _opens_again(event):
            closed = False
    return closed


def _opens_again(event: Event) -> bool:
    is_new = event.kind == WorkKind.REOPENED or event.kind in _NEWS
    return is_new or _rank(event) in (Rank.BOUNCE, Rank.REPLY)


def _follow_up(events: Iterable[Event], sent_at: int | None) -> int | None:
    """Return the day that a person set, unless a notice was sent since that day."""
    days = [event.detail.get("on") for event in events if event.kind == WorkKind.FOLLOW_UP]
    if not days or days[-1] is None:
        return None
    day = micros(datetime.fromisoformat(days[-1]))
    return None if sent_at is not None and sent_at >= day else day


def _kinds(events: Iterable[Event]) -> set[str]:
    return {
        event.kind
        for event in events
        if event.kind in RECEIVED
        or event.kind == "sent"
        or (event.kind == EventKind.BOUNCE and event.detail.get("believed", True))
    }


_WITH_MAIL = _NOTICES | {EventKind.BOUNCE, EventKind.ACK, EventKind.REPLY, EventKind.DELAYED}
_MAIL_FIELDS = ("to", "from", "message_id", "mail")


def _terms(events: Iterable[Event]) -> Iterable[str]:
    for event in events:
        if event.kind in _WITH_MAIL or event.kind in RECEIVED:
            detail: dict[str, Any] = event.detail
            for field in _MAIL_FIELDS:
                value = detail.get(field)
                if isinstance(value, str) and "@" in value:
                    yield folded(value)
