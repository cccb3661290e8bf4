"""What whoever made a report may be told of it: no company, no URL, nothing about content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from attribution.casework.url_state import CHECKS
from attribution.codes import EventKind, ReportState
from attribution.store import Reader
from attribution.store.queries.figures import (
    LoggedEvent,
    ReportedUrl,
    all_findings,
    all_reports,
    events_of_kinds,
)
from attribution.store.queries.history import ACCUSING, case_rows
from attribution.store.queries.providers import all_providers
from attribution.store.times import Micros

_OWN_KEY = re.compile(r"r[0-9a-f]{12}")
"""Keys of reports that this program made; others are those of an import."""
_ABOUT_REPORT = frozenset(["reported", "assigned", *CHECKS])
_NOTICES = frozenset(["sent", EventKind.REMINDER])


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFeedback:
    """Ask what has become of reports."""

    hotline_country: str
    """The hotline's own country, two letters; empty: no country is abroad."""
    since: Micros | None = None
    """Only reports of which something changed at this time or later."""
    source: str = ""
    """Only reports that were imported from this source: `origin` is their key there."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What has become of a report."""

    report: str
    """Its key."""
    origin: str | None
    """The key that an import gave it; None where it was not imported."""
    reported_at: int
    """Microseconds since 1970."""
    state: ReportState
    changed_at: int
    """When the last thing that bears on the state was noted, in microseconds since 1970."""
    country: str | None
    """The other country where the content is; None where it is the hotline's own, or not known."""


@dataclass(slots=True)
class _Story:
    """The reports that one reported URL made: at several companies, and where it moved to."""

    reports: list[ReportedUrl] = field(default_factory=list)
    checks: list[LoggedEvent] = field(default_factory=list)
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class _Case:
    """What feedback says of a case."""

    country: str | None
    last_notice: int | None


def feedback_of(reader: Reader, asked: AskFeedback) -> Iterator[Feedback]:
    """Yield what has become of each report, in the order in which they were made.

    A URL that was reported once is in it once, whatever it made: by the key that whoever reported
    it was given.
    """
    corrected = {event.corrects for event in events_of_kinds(reader, ["correction"])}
    stories = _stories(reader, corrected)
    cases, noticed_at = _cases(reader, corrected)
    for story in stories:
        first = story.reports[0]
        origin = _origin(first.key, asked.source)
        noticed = (noticed_at.get(report.case_id or 0, 0) for report in story.reports)
        changed_at = max(story.changed_at, *noticed)
        if (asked.source and origin is None) or (asked.since or 0) > changed_at:
            continue
        state, country = _state(story, cases, asked.hotline_country)
        yield Feedback(first.key, origin, first.reported_at, state, changed_at, country)


def _stories(reader: Reader, corrected: set[int | None]) -> list[_Story]:
    """Return the stories of all reported URLs, in the order in which they were first reported."""
    moved_from = {
        row.report_id: detail["moved_from"]
        for row in all_findings(reader)
        if "moved_from" in (detail := json.loads(row.detail))
    }
    by_key: dict[str, _Story] = {}
    by_submission: dict[tuple[str, int], _Story] = {}
    by_id: dict[int, _Story] = {}
    for report in all_reports(reader):
        story = by_key.get(moved_from.get(report.id, "")) or _Story()
        if report.url_hash is not None and not story.reports:
            story = by_submission.setdefault((report.url_hash, report.reported_at), story)
        story.reports.append(report)
        by_key[report.key] = by_id[report.id] = story
    for event in events_of_kinds(reader, [*_ABOUT_REPORT, "correction"]):
        story_of = by_id.get(event.report_id or 0)
        if story_of is None:
            continue
        story_of.changed_at = max(story_of.changed_at, event.recorded_at)
        if event.kind in CHECKS and event.seq not in corrected:
            story_of.checks.append(event)
    return list({id(story): story for story in by_id.values()}.values())


def _cases(reader: Reader, corrected: set[int | None]) -> tuple[dict[int, _Case], dict[int, int]]:
    """Return cases by id, and when something about a notice of each was last noted."""
    sent: dict[int, int] = {}
    noted_at: dict[int, int] = {}
    for event in events_of_kinds(reader, [*_NOTICES, "correction"]):
        case_id = event.case_id or 0
        noted_at[case_id] = max(noted_at.get(case_id, 0), event.recorded_at)
        if event.kind in _NOTICES and event.seq not in corrected:
            sent[case_id] = event.at
    countries = {row.id: row.country for row in all_providers(reader)}
    cases = {
        row.id: _Case(countries[row.provider_id], sent.get(row.id)) for row in case_rows(reader)
    }
    return cases, noted_at


def _state(
    story: _Story, cases: dict[int, _Case], hotline_country: str
) -> tuple[ReportState, str | None]:
    """Return the state of a reported URL, and the other country where that says where it is."""
    last = {event.report_id: event.kind for event in story.checks}
    here = [
        report
        for report in story.reports
        if last.get(report.id) != EventKind.MOVED_TO_OTHER_HOST and report.case_id is not None
    ]
    own = [cases[report.case_id or 0] for report in here]
    countries = {case.country for case in own if case.country}
    is_abroad = bool(hotline_country and countries) and hotline_country not in countries
    country = min(countries) if is_abroad else None
    checks = [event for event in story.checks if event.kind != EventKind.MOVED_TO_OTHER_HOST]
    if checks and checks[-1].kind not in ACCUSING:
        return ReportState.GONE, None
    noticed = [case.last_notice for case in own if case.last_notice is not None]
    if noticed:
        if checks and checks[-1].at > min(noticed):
            return ReportState.PURSUED, country
        return (ReportState.FORWARDED_ABROAD if country else ReportState.FORWARDED), country
    return (ReportState.ABROAD if country else ReportState.WORKING), country


def _origin(key: str, source: str) -> str | None:
    """Return the key that an import gave a report; None where it is none, or of another source."""
    if source:
        return key.removeprefix(f"{source}:") if key.startswith(f"{source}:") else None
    return None if _OWN_KEY.fullmatch(key) else key
