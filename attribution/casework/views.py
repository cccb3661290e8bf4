"""What a person sees of providers and cases: lists in order, and one with everything about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from attribution.casework.cases import case_named
from attribution.casework.clocks import clocks_of
from attribution.casework.linking import Link, links, one_history
from attribution.casework.mailboxes import approvals
from attribution.casework.progress import RECEIVED, progress_of
from attribution.casework.terms import Terms, terms_of
from attribution.casework.url_state import LastCheck, last_checks
from attribution.data.escalation import next_step
from attribution.store import Reader
from attribution.store.audit import VIEWED
from attribution.store.keys import Keys
from attribution.store.queries.cases import (
    Case,
    case_page,
    count_cases,
    events_of_case,
    standing_events,
)
from attribution.store.queries.events import EventFilter, event_counts, events_by_time
from attribution.store.queries.notices import first_sent
from attribution.store.queries.providers import (
    ProviderLine,
    identifiers_of,
    provider_keys,
    provider_page,
    provider_with_id,
)
from attribution.store.queries.reports import count_reports, reports_of_cases
from attribution.store.times import HOUR, moment

COUNTED = 1000
"""Cases of a provider that are counted by state: the latest."""
PAGE = 50
"""Rows of a list at once; the cursor of the next ones is the key of the last."""


@dataclass(frozen=True, slots=True)
class ProviderView:
    """Everything about one provider but its cases one by one."""

    key: str
    name: str
    country: str | None
    known_at: int
    one_history_with: tuple[str, ...]
    """Other keys whose cases are its own history, by links that hold now."""
    marks: tuple[dict[str, Any], ...]
    """Its identifiers; the name is that of the JSON field."""
    links: tuple[dict[str, Any], ...]
    approved: tuple[dict[str, Any], ...]
    """Mailboxes that are approved now."""
    terms: Terms
    cases: int
    events: dict[str, int]
    """How many events of each kind."""
    statements: tuple[dict[str, Any], ...]
    """What the provider stated (`reply`), and how its contact was confirmed or corrected."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list."""

    key: str
    provider: str
    site: str | None
    opened_at: int
    state: str
    """`gathering` (nothing sent), `sent`, `received`, `bounced`, `over` (no URL is there any more).
    """
    urls: int
    online: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with its URLs and everything that happened."""

    line: CaseLine
    token: str
    next_step: dict[str, Any] | None
    """What may be done next while the checker says that content is online, and on what ground."""
    reports: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...] = ()
    clocks: tuple[dict[str, Any], ...] = ()
    """What is owed within a time, as `casework.clocks.Clock` has it."""


def provider_lines(reader: Reader, after: str = "", limit: int = PAGE) -> list[ProviderLine]:
    """Return providers by key. `after` is the cursor: providers after that key."""
    return provider_page(reader, after, limit)


def provider_view(reader: Reader, provider_id: int, usual: Terms) -> ProviderView:
    """Return a provider with what is known of it; counts are over its one history."""
    provider = provider_with_id(reader, provider_id)
    all_links = links(reader)
    group = one_history(all_links, provider_id)
    own_links = [link for link in all_links if provider_id in (link.new, link.old)]
    keys = provider_keys(
        reader, {*group, *(end for link in own_links for end in (link.new, link.old))}
    )
    stated = EventFilter(
        kinds=["reply", "contact_confirmed", "contact_corrected"], provider_ids=group
    )
    return ProviderView(
        key=provider.key,
        name=provider.name,
        country=provider.country,
        known_at=provider.known_at,
        one_history_with=tuple(sorted(keys[other] for other in group if other != provider_id)),
        marks=tuple(
            {"kind": row.kind, "value": row.value, "known_at": row.known_at, "source": row.source}
            for row in identifiers_of(reader, [provider_id])
        ),
        links=tuple(_link(link, keys) for link in own_links),
        approved=tuple(asdict(approval) for approval in approvals(reader, provider_id).values()),
        terms=terms_of(reader, [provider_id], usual)[provider_id],
        cases=count_cases(reader, group),
        events=event_counts(reader, group),
        statements=tuple(
            {
                "kind": event.kind,
                "at": event.at,
                "known_at": event.known_at,
                "who": event.who,
                "detail": event.detail,
            }
            for event in events_by_time(reader, stated)
        ),
    )


def case_lines(
    reader: Reader,
    *,
    provider_id: int | None = None,
    after: str | None = None,
    limit: int = PAGE,
    own: bool = False,
) -> list[CaseLine]:
    """Return cases, the latest first; of a provider's one history (its `own` record alone), or of
    all.

    `after` is the cursor: cases after that one. Raises NotFound.
    """
    group = None
    if provider_id is not None:
        group = {provider_id} if own else one_history(links(reader), provider_id)
    last = None if after is None else case_named(reader, after)
    return _lines(reader, case_page(reader, group, last, limit))


def case_counts(reader: Reader, provider_id: int) -> dict[str, int]:
    """Return how many of the last `COUNTED` cases of a provider's one history are in which
    state.
    """
    counts: dict[str, int] = {}
    for line in case_lines(reader, provider_id=provider_id, limit=COUNTED):
        counts[line.state] = counts.get(line.state, 0) + 1
    return counts


def case_view(reader: Reader, key: str, now: int) -> CaseView:
    """Return a case, with what may be done about it now. Raises NotFound."""
    case = case_named(reader, key)
    (line,) = _lines(reader, [case])
    checks = last_checks(reader, [case.id])
    reports = reports_of_cases(reader, [case.id])[case.id]
    names = {report.id: report.key for report in reports}
    sent = first_sent(reader, case.id)
    step = None
    if sent and line.online:
        hours, on = (now - sent) / HOUR, moment(now).date()
        step = next_step("case", case.country, hours=hours, on=on)
    return CaseView(
        line=line,
        token=case.token,
        next_step=None if step is None else step.as_json(),
        reports=tuple(
            {
                "report": report.key,
                "reported_at": report.reported_at,
                "host": report.host,
                "erased": report.erased,
                "url_kept": report.url_sealed is not None,
                "has_evidence": report.has_evidence,
                "last_check": checks[report.id].kind if report.id in checks else None,
                "checked_at": checks[report.id].at if report.id in checks else None,
            }
            for report in reports
        ),
        events=tuple(
            {
                "seq": event.seq,
                "kind": event.kind,
                "at": event.at,
                "known_at": event.known_at,
                "recorded_at": event.recorded_at,
                "who": event.who,
                "report": names.get(event.report_id or 0),
                "corrects": event.corrects,
                "detail": {name: value for name, value in event.detail.items() if name != "digest"},
            }
            for event in events_of_case(reader, case.id, without=VIEWED)
        ),
        clocks=tuple(asdict(clock) for clock in clocks_of(reader, case, now)),
    )


def urls_of_case(reader: Reader, keys: Keys, key: str) -> dict[str, str]:
    """Return the URLs of a case that the store keeps, by report."""
    case = case_named(reader, key)
    return {
        report.key: keys.open(report.url_sealed, report.seal)
        for report in reports_of_cases(reader, [case.id])[case.id]
        if report.url_sealed is not None and report.seal is not None
    }


def _lines(reader: Reader, cases: list[Case]) -> list[CaseLine]:
    case_ids = [case.id for case in cases]
    kinds, counted = _kinds_of_cases(reader, case_ids), count_reports(reader, case_ids)
    checks: dict[int, list[LastCheck]] = {}
    for check in last_checks(reader, case_ids).values():
        checks.setdefault(check.case_id, []).append(check)
    lines = []
    for case in cases:
        checked = checks.get(case.id, [])
        urls = max(counted.get(case.id, 0), case.urls)
        over = sum(check.over for check in checked)
        state = progress_of(kinds[case.id], done=bool(urls) and over >= urls)
        online = len(checked) - over
        lines.append(
            CaseLine(case.key, case.provider, case.site, case.opened_at, state, urls, online)
        )
    return lines


def _kinds_of_cases(reader: Reader, case_ids: list[int]) -> dict[int, set[str]]:
    """Return which kinds of events bear on each case's state, without those that were taken back
    and bounces that nobody vouches for.
    """
    kinds: dict[int, set[str]] = {case_id: set() for case_id in case_ids}
    for event in standing_events(reader, case_ids, [*RECEIVED, "sent", "bounce"]):
        if event.kind != "bounce" or event.detail.get("believed", True):
            kinds[event.case_id or 0].add(event.kind)
    return kinds


def _link(link: Link, keys: dict[int, str]) -> dict[str, Any]:
    return {
        "link": link.seq,
        "new": keys[link.new],
        "old": keys[link.old],
        "kind": link.kind,
        "known_at": link.known_at,
        "source": link.source,
        "undone_at": link.undone_at,
    }
