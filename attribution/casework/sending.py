"""Notices: what is due, what stands in the way, and what was sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, FromClause, and_, literal, or_, select

from attribution.casework.mailboxes import approvals
from attribution.casework.reporting import last_checks, last_found
from attribution.codes import Refusal
from attribution.data.hotlines import hotlines
from attribution.data.ways_out import way_out
from attribution.errors import NotInStoreError, Refused
from attribution.history.rows import ENDS
from attribution.settings import Settings
from attribution.store.log import Writer
from attribution.store.tables import cases, events, providers, reports
from attribution.store.times import moment

_HOUR = 3_600_000_000
FRESH_HOURS = 24
"""A look older than this is made again before a notice goes out: sites move."""
MOST_CANDIDATES = 2
"""To so many companies a notice may go where DNS alone
leads to them: the site's owner chooses who is listed.
"""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


_MAILBOX = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
_MESSAGE_ID = re.compile(r"<[^\s<>]{1,996}>|[^\s<>]{1,996}")


class Channel(StrEnum):
    """How a notice went to the provider."""

    MAIL = "mail"
    """To a mailbox."""
    FORM = "form"
    """Entered in a web form."""
    LETTER = "letter"
    """On paper."""
    TELEPHONE = "telephone"
    """By word of mouth."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a hotline writes to one provider."""

    grouping_hours: float
    reminder_hours: float
    quiet_days: tuple[str, ...] = ()
    """Days on which nothing is sent: `sat`, `sun`, `2026-12-25`."""

    @classmethod
    def usual(cls, settings: Settings) -> Terms:
        """Return how a provider is written to where nothing else was agreed."""
        return cls(settings.grouping_hours, settings.reminder_hours)

    def is_quiet(self, at: int) -> bool:
        """Say whether a time (UTC) is on a quiet day."""
        day = moment(at)
        return _DAYS[day.weekday()] in self.quiet_days or f"{day:%Y-%m-%d}" in self.quiet_days


@dataclass(frozen=True, slots=True)
class Due:
    """A notice or reminder that is due, and what has to be done before it may go out."""

    case: str
    provider: str
    what: str
    """`notice` or `reminder`."""
    since: int
    to: str | None
    """The mailbox, as it was last found."""
    reports: tuple[str, ...]
    in_the_way: tuple[str, ...] = ()
    """Why it may not go out yet; empty when it may."""
    route_to: str | None = None
    """The hotlines of the provider's country, where that is another one: the notice is theirs to
    send.
    """


def terms_of(connection: Connection, provider_id: int, usual: Terms) -> Terms:
    """Return how to write to a provider: what was last agreed for it, else the usual."""
    row = connection.execute(
        select(events.c.detail)
        .where(events.c.provider_id == provider_id, events.c.kind == "terms")
        .order_by(events.c.seq.desc())
    ).first()
    held = json.loads(row.detail) if row else {}
    return Terms(
        held.get("grouping_hours", usual.grouping_hours),
        held.get("reminder_hours", usual.reminder_hours),
        tuple(held.get("quiet_days", usual.quiet_days)),
    )


def set_terms(writer: Writer, provider_id: int, terms: Terms) -> None:
    """Note how to write to a provider from now on. Raises StoreError."""
    for day in terms.quiet_days:
        if day not in _DAYS and not _is_date(day):
            remedy = f"use {', '.join(_DAYS)} or a date such as 2026-12-25"
            raise Refused(Refusal.INVALID, "quiet day", day, remedy)
    detail = {
        "grouping_hours": terms.grouping_hours,
        "reminder_hours": terms.reminder_hours,
        "quiet_days": list(terms.quiet_days),
    }
    writer.add_event("terms", writer.now, provider_id=provider_id, detail=detail)


def record_notice(
    writer: Writer,
    case: str,
    at: int,
    *,
    to: str,
    message_id: str | None = None,
    channel: str = "mail",
) -> str:
    """Note that a notice was sent, the first of a case or a reminder; return which. Raises
    StoreError.
    """
    row = _case(writer.connection, case)
    _check_sending(to.strip(), (message_id or "").strip(), channel)
    if at > writer.now + _HOUR:
        remedy = "it is in the future: note a notice when it was sent"
        raise Refused(Refusal.INVALID, "at", moment(at).isoformat(), remedy)
    last = last_sent(writer.connection, row.id)
    what = "sent" if last is None else "reminder"
    if last is not None and at < last:
        remedy = "a reminder is not older than the notice before it"
        raise Refused(Refusal.CONFLICT, "at", moment(at).isoformat(), remedy)
    held = writer.connection.execute(
        select(reports.c.key).where(reports.c.case_id == row.id).order_by(reports.c.id)
    ).scalars()
    detail: dict[str, Any] = {"to": to.strip().lower(), "channel": channel, "reports": list(held)}
    if message_id:
        detail["message_id"] = message_id.strip()
    origin = f"notice {case} {at}"
    if writer.connection.execute(select(events.c.seq).where(events.c.origin == origin)).first():
        remedy = "a notice of this case at this very time is noted already"
        raise Refused(Refusal.CONFLICT, "at", moment(at).isoformat(), remedy)
    writer.add_event(
        what,
        at,
        max(at, writer.now),
        provider_id=row.provider_id,
        case_id=row.id,
        detail=detail,
        origin=origin,
    )
    return what


def _check_sending(to: str, message_id: str, channel: str) -> None:
    """Check where and how a notice went. Raises Refused."""
    if channel not in list(Channel):
        raise Refused(Refusal.INVALID, "channel", channel[:60], f"use one of {', '.join(Channel)}")
    if not to or not to.isprintable():
        remedy = "say which mailbox, form or person it went to"
        raise Refused(Refusal.MISSING, "to", to[:60], remedy)
    if channel == Channel.MAIL and not _MAILBOX.fullmatch(to):
        remedy = "give a mailbox, or name another channel"
        raise Refused(Refusal.INVALID, "to", to[:60], remedy)
    if message_id and not _MESSAGE_ID.fullmatch(message_id):
        remedy = "give it as it stands in the mail's head, such as <1@hotline.example>"
        raise Refused(Refusal.INVALID, "message_id", message_id[:60], remedy)


def last_sent(connection: Connection, case_id: int) -> int | None:
    """Return when the last notice or reminder of a case was sent; None before the first."""
    return connection.execute(
        select(events.c.at)
        .where(events.c.case_id == case_id, events.c.kind.in_(["sent", "reminder"]))
        .order_by(events.c.at.desc())
    ).scalar()


def due(
    connection: Connection, now: int, usual: Terms, hotline_country: str, *, case: str | None = None
) -> list[Due]:
    """Return what is due: first notices whose reports had their time to gather, and reminders while
    a URL is online.

    Of one case, or of all, whatever stands in its way.
    """
    ended = (
        select(events.c.case_id)
        .where(events.c.case_id == cases.c.id, events.c.kind == "closed")
        .exists()
    )
    wanted = (
        select(
            cases.c.id,
            cases.c.key,
            cases.c.opened_at,
            cases.c.provider_id,
            providers.c.key.label("provider"),
            providers.c.country,
        )
        .join(providers, providers.c.id == cases.c.provider_id)
        .where(~ended)
        .order_by(cases.c.opened_at)
    )
    wanted = (
        wanted.where(_may_be_due())
        if case is None
        else wanted.where(cases.c.id == _case(connection, case).id)
    )
    found = []
    for row in connection.execute(wanted).all():
        terms = terms_of(connection, row.provider_id, usual)
        one = _due(connection, row, now, terms, hotline_country, anyway=case is not None)
        if one is not None:
            found.append(one)
    return found


def _may_be_due() -> ColumnElement[bool]:
    """Return the condition that a case may be due, a little too wide: so that of a large store few
    cases are looked at one by one.

    Some URL's last check does not say that it is over; and nothing was sent yet, or a check after
    the last notice says that a URL is there.
    """
    end, later, taken, seen, notice = (
        events.alias(name) for name in ("end", "later", "taken", "seen", "notice")
    )
    there = ["still_online", "reappeared"]

    def some(table: FromClause, *conditions: ColumnElement[bool]) -> Exists:
        # Named outright what belongs to the queries around it: by itself SQLAlchemy sees only the
        # nearest.
        return (
            select(literal(1))
            .select_from(table)
            .where(*conditions)
            .correlate_except(table)
            .exists()
        )

    reopened = some(
        later,
        later.c.case_id == cases.c.id,
        later.c.kind.in_(there),
        later.c.at >= end.c.at,
        later.c.report_id == reports.c.id,
    )
    over = some(
        end,
        end.c.case_id == cases.c.id,
        end.c.kind.in_(ENDS),
        end.c.report_id == reports.c.id,
        ~reopened,
    )
    corrected = some(taken, taken.c.case_id == cases.c.id, taken.c.kind == "correction")
    held = some(
        reports, reports.c.case_id == cases.c.id, reports.c.salt.is_not(None), or_(~over, corrected)
    )
    was_sent = [notice.c.case_id == cases.c.id, notice.c.kind.in_(["sent", "reminder"])]
    unanswered = ~some(notice, *was_sent, notice.c.at >= seen.c.at)
    online = some(seen, seen.c.case_id == cases.c.id, seen.c.kind.in_(there), unanswered)
    return and_(held, or_(~some(notice, *was_sent), online))


def _due(
    connection: Connection, row: Any, now: int, terms: Terms, hotline_country: str, *, anyway: bool
) -> Due | None:
    held = connection.execute(
        select(reports.c.id, reports.c.key)
        .where(reports.c.case_id == row.id, reports.c.salt.is_not(None))
        .order_by(reports.c.id)
    ).all()
    checks = last_checks(connection, [row.id])
    open_ones = [one for one in held if one.id not in checks or not checks[one.id].over]
    if not open_ones:
        return None
    last = last_sent(connection, row.id)
    if last is None:
        what, since = "notice", row.opened_at + int(terms.grouping_hours * _HOUR)
    else:
        # A reminder while the checker says that a URL is online, and said so after the last notice.
        online = [one for one in open_ones if one.id in checks and checks[one.id].at > last]
        if not online and not anyway:
            return None
        open_ones = online or open_ones
        what, since = "reminder", last + int(terms.reminder_hours * _HOUR)
    if since > now and not anyway:
        return None
    looks = [last_found(connection, one.id) for one in open_ones]
    newest = max(looks, key=lambda one: one[1])[0]
    mailbox = newest.get("mailbox")
    to = str(mailbox) if mailbox else None
    in_the_way = []
    if since > now:
        in_the_way.append(f"not due before {moment(since):%Y-%m-%d %H:%M} UTC")
    if terms.is_quiet(now):
        in_the_way.append("today is a quiet day for this provider")
    if min(one[1] for one in looks) < now - FRESH_HOURS * _HOUR:
        in_the_way.append(f"looked up more than {FRESH_HOURS} hours ago: run `attribution recheck`")
    in_the_way += _who_serves(newest)
    country = str(newest.get("country") or row.country or "")
    route_to = None
    if hotline_country and country and country != hotline_country:
        recipients = hotlines(country) or way_out(country, moment(now).date())
        route_to = f"{'; '.join(row.name for row in recipients)} ({country})"
    elif to is None:
        in_the_way.append("no abuse mailbox is known: look for another way to reach the provider")
    elif to not in approvals(connection, row.provider_id):
        in_the_way.append(
            f"the mailbox {to} is not approved: `attribution provider approve {row.provider} {to}`"
        )
    return Due(
        row.key,
        row.provider,
        what,
        since,
        to,
        tuple(one.key for one in open_ones),
        tuple(in_the_way),
        route_to,
    )


def _who_serves(newest: dict[str, Any]) -> list[str]:
    """Say what stands in the way where it is not known,
    or another's, which company serves the content.
    """
    elsewhere, candidates = newest.get("served_elsewhere"), int(newest.get("candidates") or 0)
    if elsewhere:
        return [f"it was seen served from {elsewhere}: nothing is to be sent to this company"]
    if candidates > MOST_CANDIDATES:
        how = "`attribution report add URL --served-from ADDRESS`"
        return [
            f"DNS leads to {candidates} companies, and the site's owner chooses them: say "
            f"which serves it, {how}"
        ]
    return []


def _case(connection: Connection, key: str) -> Any:
    row = connection.execute(
        select(cases.c.id, cases.c.provider_id).where(cases.c.key == key)
    ).first()
    if row is None:
        raise NotInStoreError(
            f"case {key!r} is not in the store. `attribution case list` shows those that are."
        )
    return row


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
