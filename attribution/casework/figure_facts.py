"""What of the store is counted: reports, notices, and what checkers saw of their URLs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from attribution.casework.figures import Company, CountedNotice, CountedReport, UrlOutcome
from attribution.casework.linking import Link, links, one_history
from attribution.codes import ContentKind, EventKind
from attribution.history.rows import ENDS, JOINING
from attribution.pattern.dossier.publication import company_name
from attribution.store import Reader
from attribution.store.queries import figures as counted
from attribution.store.queries import history as stored
from attribution.store.queries.history import ACCUSING
from attribution.store.queries.providers import Provider, all_identifiers, all_providers
from attribution.store.times import DAY, micros

_ANSWERS = frozenset([EventKind.REFUSED, EventKind.NOT_OURS])
_KINDS = frozenset([*ENDS, *ACCUSING, *_ANSWERS])
_Check = tuple[int, int, str, int | None]
"""(when it was seen, number of the event, kind, when last seen online) of a URL."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is counted, of all times."""

    reports: tuple[CountedReport, ...]
    notices: tuple[CountedNotice, ...]


@dataclass(slots=True)
class _Case:
    """A case while its rows are read."""

    company: Company
    urls: int
    sent_at: int | None = None
    candidates: int = 1
    baseline: bool = False
    reports: list[counted.ReportedUrl] = field(default_factory=list)
    answers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Finding:
    """What lookups found of a report, as far as it is counted."""

    role: str | None = None
    several: bool = False
    moved_here: bool = False
    """Whether it is the URL of an older report, at the company that it moved to."""


def facts_of(reader: Reader, until: int | None = None) -> Facts:
    """Read what is counted, with nothing that became known after a time (microseconds).

    What a correction took back is left out, and so are checks that count for nothing.
    """
    corrected = stored.corrected_events(reader)
    cases = _cases(reader, corrected, until)
    findings = _findings(reader, until)
    # Of each reported URL the report at the company written to first, or at the first of several.
    main: dict[tuple[str, int] | int, CountedReport] = {}
    main_ids: dict[tuple[str, int] | int, int] = {}
    for report in counted.all_reports(reader):
        if until is not None and report.reported_at > until:
            continue
        case = None if report.case_id is None else cases[report.case_id]
        if case is not None:
            case.reports.append(report)
        finding = findings.get(report.id, _Finding())
        row = _report(report, finding, case)
        submitted = _submitted(report, finding)
        if submitted not in main or (main[submitted].several and not row.several):
            main[submitted], main_ids[submitted] = row, report.id
    moved_here = {number for number, finding in findings.items() if finding.moved_here}
    reports = [row for place, row in main.items() if main_ids[place] not in moved_here]
    checks = _checks(reader, corrected, cases, until)
    main_reports = frozenset(main_ids.values())
    notices = []
    for case in cases.values():
        if case.sent_at is not None:
            notice = _notice(case, findings, checks, main_reports)
            notices.append(notice)
            if notice.urls > len(case.reports):
                reports.append(_imported(notice, notice.urls - len(case.reports)))
    return Facts(tuple(reports), tuple(notices))


def _submitted(report: counted.ReportedUrl, finding: _Finding) -> tuple[str, int] | int:
    """Return what the reports of one reported URL, at several companies, have in common."""
    if report.url_hash is None or finding.moved_here:
        return report.id
    return report.url_hash, report.reported_at


def _report(report: counted.ReportedUrl, finding: _Finding, case: _Case | None) -> CountedReport:
    several = finding.several or (case is not None and case.candidates > 1)
    return CountedReport(
        at=report.reported_at,
        company=None if case is None or several else case.company,
        role=None if several else finding.role,
        several=several,
    )


def publishable_companies(facts: Facts) -> Iterator[CountedNotice]:
    """Yield the notices with names of companies that lead to no site, as a published list has them.

    A name that does not pass is held back, with the AS numbers.
    """
    for notice in facts.notices:
        company = notice.company
        name = company_name(company.name, list(company.systems))
        yield replace(notice, company=replace(company, name=name))


def _cases(reader: Reader, corrected: set[int], until: int | None) -> dict[int, _Case]:
    companies = _companies(reader)
    cases = {
        row.id: _Case(companies[row.provider_id], row.urls) for row in stored.case_rows(reader)
    }
    for event in stored.history_events(reader, ["sent"], until):
        if event.seq in corrected or event.case_id is None:
            continue
        case = cases[event.case_id]
        if case.sent_at is None or event.at < case.sent_at:
            detail = _detail(event.detail)
            case.sent_at = event.at
            case.candidates = int(detail.get("candidates", 1))
            case.baseline = bool(detail.get("baseline", False))
    return cases


def _findings(reader: Reader, until: int | None) -> dict[int, _Finding]:
    """Return what lookups found, by report: the role that was last known, and whether the last
    lookup leads to several companies.
    """
    findings: dict[int, _Finding] = {}
    for row in counted.all_findings(reader, until):
        detail = _detail(row.detail)
        finding = findings.setdefault(row.report_id, _Finding())
        finding.role = detail.get("role") or finding.role
        is_candidate = int(detail.get("candidates") or 0) > 1
        finding.several = is_candidate or "served_elsewhere" in detail
        finding.moved_here = finding.moved_here or "moved_from" in detail
    return findings


def _checks(
    reader: Reader, corrected: set[int], cases: dict[int, _Case], until: int | None
) -> dict[int, list[_Check]]:
    """Return what checkers saw, by report; the answers of companies are put into their cases."""
    checks: dict[int, list[_Check]] = {}
    for event in stored.history_events(reader, _KINDS, until):
        if event.seq in corrected or event.case_id is None:
            continue
        case = cases[event.case_id]
        if event.kind in _ANSWERS:
            case.answers.add(event.kind)
        elif event.report_id is not None:
            detail = _detail(event.detail)
            seen_at, last = event.at, detail.get("last_online")
            if detail.get("at_least_days") is not None and case.sent_at is not None:
                # Noted when it had been online for so many days; it may be gone since.
                seen_at = min(seen_at, case.sent_at + int(detail["at_least_days"] * DAY))
            last_online = None if last is None else micros(datetime.fromisoformat(last))
            check = seen_at, event.seq, event.kind, last_online
            checks.setdefault(event.report_id, []).append(check)
    return checks


def _outcome(checks: Iterable[_Check], *, counts: bool) -> UrlOutcome:
    """Return what became of a URL: it is gone since the first end after which nobody saw it."""
    end, gone_at, last_online = None, None, None
    for seen_at, _, kind, online_before in sorted(checks, key=itemgetter(0, 1)):
        if kind in ACCUSING:
            end, gone_at, last_online = None, None, seen_at
        elif gone_at is None:
            end, gone_at = kind, seen_at
            last_online = max(filter(None, [last_online, online_before]), default=None)
    return UrlOutcome(end, gone_at, last_online, counts)


def _notice(
    case: _Case,
    findings: dict[int, _Finding],
    checks: dict[int, list[_Check]],
    main_reports: frozenset[int],
) -> CountedNotice:
    own = [findings.get(report.id, _Finding()) for report in case.reports]
    return CountedNotice(
        sent_at=case.sent_at or 0,
        company=case.company,
        role=next((finding.role for finding in own if finding.role), None),
        several=case.candidates > 1 or any(finding.several for finding in own),
        kind=ContentKind.BASELINE if case.baseline else ContentKind.NOT_STATED,
        urls=max(len(case.reports), case.urls, 1),
        outcomes=tuple(
            _outcome(checks.get(report.id, ()), counts=report.id in main_reports)
            for report in case.reports
        ),
        refused=EventKind.REFUSED in case.answers,
        not_ours=EventKind.NOT_OURS in case.answers,
    )


def _imported(notice: CountedNotice, urls: int) -> CountedReport:
    """Return the reports behind an imported notice of which only the number is known."""
    return CountedReport(
        at=notice.sent_at,
        urls=urls,
        company=None if notice.several else notice.company,
        role=None if notice.several else notice.role,
        several=notice.several,
    )


def _companies(reader: Reader) -> dict[int, Company]:
    """Return the company of each provider: of several that are one history, the newest name."""
    providers = {row.id: row for row in all_providers(reader)}
    systems: dict[int, list[str]] = {}
    for identifier in all_identifiers(reader):
        if identifier.kind == "asn":
            systems.setdefault(identifier.provider_id, []).append(identifier.value)
    joining = [link for link in links(reader) if link.kind in JOINING and link.holds(None)]
    linked = {end for link in joining for end in (link.new, link.old)}
    companies: dict[int, Company] = {}
    for number in providers:
        group = one_history(joining, number) if number in linked else frozenset([number])
        newest = providers[_newest(group, joining)]
        country = newest.country or _country(group, providers)
        own = [system for member in sorted(group) for system in systems.get(member, ())]
        companies[number] = Company(newest.key, newest.name, country, tuple(own))
    return companies


def _newest(group: frozenset[int], joining: list[Link]) -> int:
    """Return the one of a group that is no older name of another one."""
    older = {link.old for link in joining}
    return min(group - older or group)


def _country(group: frozenset[int], providers: dict[int, Provider]) -> str | None:
    return next(
        (providers[name].country for name in sorted(group) if providers[name].country), None
    )


def _detail(text: str) -> dict[str, Any]:
    return {} if text == "{}" else dict(json.loads(text))
