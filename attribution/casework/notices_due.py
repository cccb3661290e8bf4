"""Notices and reminders that are due, and what has to be done before each may go out."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.casework.cases import case_named
from attribution.casework.findings import Finding, last_findings
from attribution.casework.mailboxes import Approval, approvals_of
from attribution.casework.terms import Terms, terms_of
from attribution.casework.url_state import LastCheck, last_checks
from attribution.data.hotlines import hotlines
from attribution.data.ways_out import way_out
from attribution.history.rows import ENDS
from attribution.store import Reader
from attribution.store.queries.cases import Case, case_if_open, cases_perhaps_due
from attribution.store.queries.notices import last_sent
from attribution.store.queries.reports import Report, reports_of_cases
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
    """The mailbox that the last lookup found."""
    reports: tuple[str, ...]
    in_the_way: tuple[str, ...] = ()
    """Why it may not go out yet; empty when it may."""
    route_to: str | None = None
    """The hotlines of the provider's country, where that is another one: the notice is theirs to
    send.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class _NextNotice:
    """The next notice of a case with a URL that is still there."""

    case: Case
    what: str
    since: int
    reports: tuple[Report, ...]
    is_called_for: bool
    """Nothing was sent yet, or a checker saw a URL online since."""


def due_notices(
    reader: Reader, now: int, usual: Terms, hotline_country: str, case: str | None = None
) -> list[Due]:
    """Return what is due: first notices whose reports had their time to gather, and reminders while
    a URL is online.

    With `case`, the next notice of that case, whatever stands in its way. Raises NotFound.
    """
    if case is None:
        cases = cases_perhaps_due(reader, ENDS)
    else:
        cases = case_if_open(reader, case_named(reader, case).key)
    case_ids = [row.id for row in cases]
    reports, checks = reports_of_cases(reader, case_ids), last_checks(reader, case_ids)
    sent = last_sent(reader, case_ids)
    terms = terms_of(reader, {row.provider_id for row in cases}, usual)
    notices = []
    for row in cases:
        there = [
            report
            for report in reports[row.id]
            if not report.erased and not (report.id in checks and checks[report.id].over)
        ]
        if there:
            notice = _next_notice(row, there, checks, sent.get(row.id), terms[row.provider_id])
            if case is not None or (notice.is_called_for and notice.since <= now):
                notices.append(notice)
    findings = last_findings(reader, [url.id for notice in notices for url in notice.reports])
    approved = approvals_of(reader, {notice.case.provider_id for notice in notices})
    due = []
    for notice in notices:
        provider_id = notice.case.provider_id
        lookups = [findings[report.id] for report in notice.reports]
        obstacles = _obstacles(notice, lookups, terms[provider_id], now)
        due.append(_due(notice, lookups, obstacles, approved[provider_id], hotline_country))
    return due


def _next_notice(
    case: Case, there: list[Report], checks: dict[int, LastCheck], sent_at: int | None, terms: Terms
) -> _NextNotice:
    """Return the next notice of a case about URLs that are still there."""
    if sent_at is None:
        since = case.opened_at + int(terms.grouping_hours * HOUR)
        return _NextNotice(
            case=case, what="notice", since=since, reports=tuple(there), is_called_for=True
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
    lookups: list[Finding],
    obstacles: list[str],
    approved: dict[str, Approval],
    hotline_country: str,
) -> Due:
    """Return a notice with where it goes, and everything that stands in its way."""
    case, newest = notice.case, _newest(lookups)
    to = newest.mailbox or None
    country = str(newest.country or case.country or "")
    route_to = None
    if hotline_country and country and country != hotline_country:
        recipients = hotlines(country) or way_out(country)
        route_to = f"{'; '.join(recipient.name for recipient in recipients)} ({country})"
    elif to is None:
        obstacles.append("no abuse mailbox is known: look for another way to reach the provider")
    elif to not in approved:
        obstacles.append(
            f"the mailbox {to} is not approved: `attribution provider approve {case.provider} {to}`"
        )
    return Due(
        case=case.key,
        provider=case.provider,
        what=notice.what,
        since=notice.since,
        to=to,
        reports=tuple(report.key for report in notice.reports),
        in_the_way=tuple(obstacles),
        route_to=route_to,
    )


def _newest(lookups: list[Finding]) -> Finding:
    return max(lookups, key=lambda lookup: lookup.looked_up_at)
