"""Notices and reminders that are due, and what has to be done before each may go out.

A first notice is due at once. That further reports of the site may gather in it is advice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from attribution.casework.cases import case_named
from attribution.casework.findings import Finding, last_findings
from attribution.casework.mailboxes import Mailboxes, mailboxes_of
from attribution.casework.notice_facts import notice_facts
from attribution.casework.queue_state import CLOSING, is_closed
from attribution.casework.terms import Terms, terms_of
from attribution.casework.url_state import LastCheck, last_checks
from attribution.data.hotlines import hotlines
from attribution.data.ways_out import way_out
from attribution.history.rows import ENDS
from attribution.store import Reader
from attribution.store.queries.cases import (
    Case,
    cases_perhaps_due,
    cases_with_keys,
    standing_events,
)
from attribution.store.queries.events import Event
from attribution.store.queries.notices import last_sent
from attribution.store.queries.reports import Report, reports_of_cases
from attribution.store.queries.rows import in_chunks
from attribution.store.times import HOUR, moment

FRESH_HOURS = 24
"""Age of a lookup after which it is repeated before a notice goes out: sites move."""
MOST_CANDIDATES = 2
"""Companies to which a notice may go where DNS alone leads to them: the site's owner chooses who is
listed.
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A notice or reminder that is due, and what has to be done before it may go out."""

    case: str
    provider: str
    what: str
    """`notice` or `reminder`."""
    since: int
    """Microseconds since 1970."""
    to: str | None
    """The mailbox that it goes to: the one that the last lookup found; where that found none or
    mail to it came back, the one that a person approved last. None where there is none.
    """
    reports: tuple[str, ...]
    in_the_way: tuple[str, ...] = ()
    """Why it may not go out yet; empty when it may."""
    route_to: str | None = None
    """The hotlines of the provider's country, where that is another one: the notice is theirs to
    send.
    """
    may_gather_until: int | None = None
    """Advice: until when more reports of the site may gather in a first notice; a person may send
    it now. Microseconds since 1970; None for a reminder, and when that time is over.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class _NextNotice:
    """The next notice of a case with a URL that is still there."""

    case: Case
    what: str
    since: int
    reports: tuple[Report, ...]
    is_called_for: bool
    """Nothing arrived yet, or a checker saw a URL online since."""
    may_gather_until: int = 0
    """Of a first notice; in microseconds since 1970."""


def due_notices(
    reader: Reader, now: int, usual: Terms, hotline_country: str, case: str | None = None
) -> list[Due]:
    """Return what is due: first notices, notices whose last one came back, and reminders while a
    URL is online.

    With `case`, the next notice of that case, whatever stands in its way. Raises NotFound.
    """
    if case is not None:
        keys = [case_named(reader, case).key]
        return next_notices(reader, now, usual, hotline_country, keys)
    cases = _not_closed(reader, cases_perhaps_due(reader, ENDS))
    return _due_of(reader, cases, _Now(now, usual, hotline_country), only_due=True)


def next_notices(
    reader: Reader, now: int, usual: Terms, hotline_country: str, cases: Collection[str]
) -> list[Due]:
    """Return the next notice of each of some cases with a URL that is still there, whatever stands
    in its way; as many statements for many as for one.
    """
    open_cases = cases_with_keys(reader, cases)
    return _due_of(reader, open_cases, _Now(now, usual, hotline_country), only_due=False)


@dataclass(frozen=True, slots=True)
class _Sending:
    """What is known of the sending of a case's notices."""

    sent_at: int | None
    """When the last went out."""
    bounced_at: int | None
    """When the last came back, if none has gone through."""
    terms: Terms


@dataclass(frozen=True, slots=True)
class _Now:
    """What the store does not say: the time, the usual terms and the hotline's country."""

    at: int
    usual: Terms
    country: str


def _due_of(reader: Reader, cases: list[Case], now: _Now, *, only_due: bool) -> list[Due]:
    case_ids = [row.id for row in cases]
    reports, checks = reports_of_cases(reader, case_ids), last_checks(reader, case_ids)
    sent, facts = last_sent(reader, case_ids), notice_facts(reader, case_ids)
    terms = terms_of(reader, {row.provider_id for row in cases}, now.usual)
    notices = []
    for row in cases:
        there = [
            report
            for report in reports[row.id]
            if not report.erased and not (report.id in checks and checks[report.id].over)
        ]
        if there:
            sending = _Sending(sent.get(row.id), facts[row.id].bounced_at, terms[row.provider_id])
            notice = _next_notice(row, there, checks, sending)
            if not only_due or (notice.is_called_for and notice.since <= now.at):
                notices.append(notice)
    findings = last_findings(reader, [url.id for notice in notices for url in notice.reports])
    mailboxes = mailboxes_of(reader, {notice.case.provider_id for notice in notices})
    due = []
    for notice in notices:
        provider_id = notice.case.provider_id
        lookups = [findings[report.id] for report in notice.reports]
        obstacles = _obstacles(notice, lookups, terms[provider_id], now.at)
        due.append(_due(notice, _newest(lookups), obstacles, mailboxes[provider_id], now))
    return due


def _not_closed(reader: Reader, cases: list[Case]) -> list[Case]:
    """Return those of some cases that no person closed."""
    closing: dict[int, list[Event]] = {}
    for chunk in in_chunks(row.id for row in cases):
        for event in standing_events(reader, chunk, CLOSING):
            closing.setdefault(event.case_id or 0, []).append(event)
    return [row for row in cases if not is_closed(closing.get(row.id, ()))]


def _next_notice(
    case: Case, there: list[Report], checks: dict[int, LastCheck], sending: _Sending
) -> _NextNotice:
    """Return the next notice of a case about URLs that are still there."""
    sent_at, bounced_at, terms = sending.sent_at, sending.bounced_at, sending.terms
    if bounced_at is not None:
        return _NextNotice(
            case=case, what="notice", since=bounced_at, reports=tuple(there), is_called_for=True
        )
    if sent_at is None:
        return _NextNotice(
            case=case,
            what="notice",
            since=case.opened_at,
            reports=tuple(there),
            is_called_for=True,
            may_gather_until=case.opened_at + int(terms.grouping_hours * HOUR),
        )
    online = [url for url in there if url.id in checks and checks[url.id].at > sent_at]
    return _NextNotice(
        case=case,
        what="reminder",
        since=sent_at + int(terms.reminder_hours * HOUR),
        reports=tuple(online or there),
        is_called_for=bool(online),
    )


def _obstacles(notice: _NextNotice, lookups: list[Finding], terms: Terms, now: int) -> list[str]:
    """Return what stands in the way of a notice before it is known where it goes."""
    obstacles = []
    if notice.since > now:
        obstacles.append(f"not due before {moment(notice.since):%Y-%m-%d %H:%M} UTC")
    if terms.is_quiet(now):
        obstacles.append("today is a quiet day for this provider")
    if min(lookup.looked_up_at for lookup in lookups) < now - FRESH_HOURS * HOUR:
        obstacles.append(f"looked up more than {FRESH_HOURS} hours ago: run `attribution recheck`")
    newest = _newest(lookups)
    if newest.served_elsewhere:
        obstacles.append(
            f"it was seen served from {newest.served_elsewhere}: nothing is to be sent to this "
            "company"
        )
    elif newest.candidates > MOST_CANDIDATES:
        obstacles.append(
            f"DNS leads to {newest.candidates} companies, and the site's owner chooses them: say "
            "which serves it, `attribution report add URL --served-from ADDRESS`"
        )
    return obstacles


def _due(
    notice: _NextNotice,
    newest: Finding,
    obstacles: list[str],
    mailboxes: Mailboxes,
    now: _Now,
) -> Due:
    """Return a notice with where it goes, and everything that stands in its way."""
    case, to = notice.case, mailboxes.to_write_to(newest.mailbox)
    route_to = _route_to(case, newest, now)
    if route_to is None and to not in mailboxes.approved:
        obstacles.append(_no_mailbox(case, newest.mailbox, to, mailboxes))
    return Due(
        case=case.key,
        provider=case.provider,
        what=notice.what,
        since=notice.since,
        to=to,
        reports=tuple(report.key for report in notice.reports),
        in_the_way=tuple(obstacles),
        route_to=route_to,
        may_gather_until=notice.may_gather_until if notice.may_gather_until > now.at else None,
    )


def _no_mailbox(case: Case, published: str | None, to: str | None, mailboxes: Mailboxes) -> str:
    """Return why there is no approved mailbox to write to, and what to do."""
    if to is not None:
        return (
            f"the mailbox {to} is not approved: `attribution provider approve {case.provider} {to}`"
        )
    if published is None:
        return "no abuse mailbox is known: look for another way to reach the provider"
    return (
        f"mail to {published} bounced on {moment(mailboxes.bounced[published]):%Y-%m-%d}: approve "
        f"another mailbox (`attribution provider approve {case.provider} MAILBOX`), write to the "
        "next party, or reach the provider by telephone, letter or form"
    )


def _route_to(case: Case, newest: Finding, now: _Now) -> str | None:
    """Return who takes the notice where the provider is in another country than the hotline."""
    country = str(newest.country or case.country or "")
    if not now.country or not country or country == now.country:
        return None
    recipients = hotlines(country) or way_out(country, moment(now.at).date())
    return f"{'; '.join(recipient.name for recipient in recipients)} ({country})"


def _newest(lookups: list[Finding]) -> Finding:
    return max(lookups, key=lambda lookup: lookup.looked_up_at)
