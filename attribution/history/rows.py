"""The rows of a history and how they are read: pure, with the reason where a row cannot be read.

A row is a JSON object. Times are ISO 8601 with an offset (RFC 3339); without one they are UTC.
Names of notices, sites, URLs and providers are texts that the sender chose; they are compared as
they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from attribution.codes import Code, EventKind


class Compared(Code):
    """How a checker knew that what it saw is the reported content."""

    PERSON = "person", "A person compared it."
    CONTENT = "content", "Its bytes, or a fingerprint of them, are the same."
    STATUS = "status", "The server answered that there is something."


class CorrectedBy(Code):
    """Who asked for another address of a provider."""

    HOTLINE = "hotline", "The hotline: the address was not the provider's."
    PROVIDER = "provider", "The provider."


class AliasKind(Code):
    """How two names of providers are linked."""

    RENAMED_TO = "renamed_to", "The old name goes on under the new one."
    SAME_OPERATOR = "same_operator", "Both are names of one operator."


ABOUT_URL = frozenset[str](
    [
        EventKind.STILL_ONLINE,
        EventKind.OFFLINE,
        EventKind.MOVED_TO_OTHER_HOST,
        EventKind.REAPPEARED,
        EventKind.REMOVED_AFTER_COURT_ORDER,
    ]
)
ABOUT_PROVIDER = frozenset[str](
    [
        EventKind.CONTACT_CONFIRMED,
        EventKind.CONTACT_CORRECTED,
        EventKind.REPLY,
        EventKind.CHANNEL_FAILED,
        EventKind.LETTER_DELIVERED,
    ]
)
"""What can happen to a provider as a whole."""
ABOUT_NOTICE = frozenset[str](
    [kind for kind in EventKind if kind not in ABOUT_PROVIDER]
    + [EventKind.REPLY, EventKind.LETTER_DELIVERED]
)
"""What can happen to a notice, or to one URL of it."""
ENDS = frozenset[str](
    [EventKind.OFFLINE, EventKind.MOVED_TO_OTHER_HOST, EventKind.REMOVED_AFTER_COURT_ORDER]
)
"""After these a URL is no longer at the provider."""
JOINING = frozenset[str](AliasKind)
"""Links that make one history of two: only a person sets them. Other kinds are kept."""
_LONGEST = 500
"""Characters of a text field at most."""
_MOST_NAMES = 10_000
"""Names in a list at most: a letter lists so many notices."""
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class BadRow(Exception):  # noqa: N818 - it is data about the row
    """A row cannot be taken; the message says which field, its value and what it should be."""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice about one site to one provider."""

    notice: str
    provider: str
    site: str
    sent_at: datetime
    urls: int = 1
    """How many URLs it holds."""
    reseller: str | None = None
    """Whose customer the site is, where that is known: the case is then the reseller's."""
    candidates: int = 1
    """At how many providers the site's name pointed when the notice was sent, by our own lookup."""
    baseline: bool = False
    """Whether it is of INHOPE's baseline categories, whose illegality needs no confirmation."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One reported URL, by a name that stands for it."""

    url: str
    site: str
    provider: str
    at: datetime
    notice: str | None = None
    host: str | None = None
    page: str | None = None
    """The URL itself, where the sender gives it."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened: to a notice, to one of its URLs, or to a provider as a whole."""

    kind: str
    at: datetime
    known_at: datetime
    """When the hotline knew; `at` where the row does not say."""
    notice: str | None = None
    url: str | None = None
    providers: tuple[str, ...] = ()
    last_online: datetime | None = None
    at_least_days: float | None = None
    """Of `still_online`: days after the notice at which it was seen online, at least."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """The other fields: those of `EVENT_FIELDS` were checked, unknown ones are kept as they are."""


@dataclass(frozen=True, slots=True)
class AliasRow:
    """Two names of providers are linked, known since a time."""

    new: str
    old: str
    known_at: datetime
    kind: str = AliasKind.RENAMED_TO
    """An `AliasKind`, or a kind that joins nothing."""
    source: str | None = None
    """By what it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRows:
    """The rows of a whole history, in any order."""

    notices: Iterable[NoticeRow] = ()
    reports: Iterable[ReportRow] = ()
    events: Iterable[EventRow] = ()
    aliases: Iterable[AliasRow] = ()


def read_notice(row: Any) -> NoticeRow:
    """Read a row of notices.jsonl. Raises BadRow."""
    values = _object(row)
    return NoticeRow(
        name_in(values, "notice"),
        name_in(values, "provider"),
        name_in(values, "site"),
        time_in(values, "sent_at"),
        _count(values, "urls"),
        _name_or_none(values, "reseller"),
        _count(values, "candidates"),
        _flag(values, "baseline") or False,
    )


def read_report(row: Any) -> ReportRow:
    """Read a row of reports.jsonl. Raises BadRow."""
    values = _object(row)
    return ReportRow(
        name_in(values, "url"),
        name_in(values, "site"),
        name_in(values, "provider"),
        time_in(values, "at"),
        _name_or_none(values, "notice"),
        _name_or_none(values, "host"),
        _page(values),
    )


def read_event(row: Any) -> EventRow:
    """Read a row of events.jsonl. Raises BadRow."""
    values = _object(row)
    kind, at = name_in(values, "kind"), time_in(values, "at")
    notice, url = _name_or_none(values, "notice"), _name_or_none(values, "url")
    providers = _providers(values)
    _check_subject(kind, notice, url, providers)
    last_online = _time_or_none(values, "last_online")
    if last_online and last_online > at:
        raise BadRow(f"last_online {values['last_online']!r} is after at {values['at']!r}")
    days = values.get("at_least_days")
    if days is not None and not (isinstance(days, int | float) and 0 <= days < 10000):
        raise BadRow(f"at_least_days {days!r}: give a number of days")
    known_at = _time_or_none(values, "known_at") or at
    if known_at < at:
        raise BadRow(
            f"known_at {values['known_at']!r} is before at {values['at']!r}: nothing "
            f"is known before it happens"
        )
    more = {key: value for key, value in values.items() if key not in _EVENT_COLUMNS}
    check_event_fields(more)
    return EventRow(kind, at, known_at, notice, url, providers, last_online, days, more)


def _providers(values: Mapping[str, Any]) -> tuple[str, ...]:
    value = values.get("provider")
    names = tuple(value) if isinstance(value, list) else () if value is None else (value,)
    if any(not isinstance(name, str) or not name for name in names):
        raise BadRow(f"provider {value!r}: give a name, or a list of names")
    return names


def _check_subject(
    kind: str, notice: str | None, url: str | None, providers: tuple[str, ...]
) -> None:
    """Check that an event says what it happened to: a notice, its URL, or a provider."""
    if kind in ABOUT_NOTICE:
        if notice is None and not (kind in ABOUT_PROVIDER and providers):
            raise BadRow(f"notice is missing: {kind!r} happens to a notice")
        if kind in ABOUT_URL and url is None:
            raise BadRow(f"url is missing: {kind!r} happens to one URL of a notice")
    elif kind in ABOUT_PROVIDER:
        if not providers:
            raise BadRow(f"provider is missing: {kind!r} happens to a provider")
    else:
        raise BadRow(
            f"kind {kind!r} is unknown; known are "
            f"{', '.join(sorted(ABOUT_NOTICE | ABOUT_PROVIDER))}"
        )


def read_alias(row: Any) -> AliasRow:
    """Read a row of aliases.jsonl. Raises BadRow."""
    values = _object(row)
    new, old = name_in(values, "new"), name_in(values, "old")
    if new == old:
        raise BadRow(f"new {new!r} is the same as old")
    kind = _name_or_none(values, "kind") or AliasKind.RENAMED_TO
    return AliasRow(new, old, time_in(values, "known_at"), kind, _name_or_none(values, "source"))


READERS = {
    "notices": read_notice,
    "reports": read_report,
    "events": read_event,
    "aliases": read_alias,
}
"""How a row of each file of a history folder is read; each file names rows of those before it."""
_EVENT_COLUMNS = frozenset(
    ["kind", "at", "known_at", "notice", "url", "provider", "last_online", "at_least_days"]
)


def check_event_fields(values: Mapping[str, Any]) -> None:
    """Check those fields of an event whose meaning is known (`EVENT_FIELDS`). Raises BadRow."""
    for name, check in EVENT_FIELDS.items():
        if name in values:
            check(values, name)


def name_in(values: Mapping[str, Any], field_name: str) -> str:
    """Return a text field. Raises BadRow."""
    value = values.get(field_name)
    if isinstance(value, str) and 0 < len(value) <= _LONGEST:
        return value
    if value is None or value == "":
        raise BadRow(f"{field_name} is missing")
    raise BadRow(f"{field_name} {value!r:.60}: give a text of at most {_LONGEST} characters")


def time_in(values: Mapping[str, Any], field_name: str) -> datetime:
    """Return a time in UTC. Raises BadRow."""
    value = values.get(field_name)
    if value is None or value == "":
        raise BadRow(f"{field_name} is missing")
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadRow(
            f"{field_name} {value!r:.60}: give a time such as 2026-01-31T12:00:00Z"
        ) from None
    try:
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        raise BadRow(f"{field_name} {value!r:.60}: outside the calendar") from None
    if at < _EARLIEST:
        raise BadRow(f"{field_name} {value!r:.60}: before 1990")
    return at


def _object(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise BadRow("the line is no JSON object")
    return row


def _name_or_none(values: Mapping[str, Any], field_name: str) -> str | None:
    return None if values.get(field_name) in (None, "") else name_in(values, field_name)


def _time_or_none(values: Mapping[str, Any], field_name: str) -> datetime | None:
    return None if values.get(field_name) is None else time_in(values, field_name)


def _page(values: Mapping[str, Any]) -> str | None:
    value = values.get("page")
    if value in (None, ""):
        return None
    if not isinstance(value, str) or len(value) > 8192:
        raise BadRow("page: give the URL as text of at most 8192 characters")
    return value


def _count(values: Mapping[str, Any], field_name: str) -> int:
    value = values.get(field_name, 1)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1_000_000:
        raise BadRow(f"{field_name} {value!r:.60}: give a number from 1 on")
    return value


def _flag(values: Mapping[str, Any], field_name: str) -> bool | None:
    value = values.get(field_name)
    if value is None or isinstance(value, bool):
        return value
    raise BadRow(f"{field_name} {value!r:.60}: give true or false")


def _names(values: Mapping[str, Any], field_name: str) -> tuple[str, ...]:
    value = values.get(field_name)
    if not isinstance(value, list) or len(value) > _MOST_NAMES:
        raise BadRow(f"{field_name} {value!r:.60}: give a list of at most {_MOST_NAMES} names")
    for part in value:
        name_in({field_name: part}, field_name)
    return tuple(value)


def _choice(kind: type[StrEnum]) -> Callable[[Mapping[str, Any], str], Any]:
    def check(values: Mapping[str, Any], field_name: str) -> Any:
        value = values[field_name]
        if value is not None and value not in list(kind):
            raise BadRow(f"{field_name} {value!r:.60}: use one of {', '.join(kind)}")
        return value

    return check


EVENT_FIELDS: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "automatic": _flag,
    "believed": _flag,
    "served_by": _name_or_none,
    "resolved_to": _names,
    "compared": _choice(Compared),
    "checker": _name_or_none,
    "unsigned": _flag,
    "by": _choice(CorrectedBy),
    "to": _name_or_none,
    "channel": _name_or_none,
    "legal_ground": _name_or_none,
    "by_whom": _name_or_none,
    "notices": _names,
}
"""Fields of an event whose meaning is known, and the check of each.

docs/guides/report-and-notify.md has their meaning.

`served_by` is the provider whose address gave the content, null where the checker could not tell.
`unsigned` marks a check that counts for nothing: the hotline has checker keys, and none signed it.
`resolved_to` lists the providers at which our own lookup, within a day of the check, had all of
the name's addresses.
"""
