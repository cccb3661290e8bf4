"""Taking in a reported URL: whose it is, whether it was reported before, and which case it belongs
to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attribution.attributor import Investigation
from attribution.casework.cases import case_for
from attribution.casework.fields import check_happened
from attribution.casework.findings import addresses_of, detail_of, host_evidence, keep_party
from attribution.casework.known_urls import KnownUrl, known_urls
from attribution.casework.url_state import open_reports
from attribution.models import Party
from attribution.net.sites import site_of
from attribution.store import Writer
from attribution.store.queries.cases import cases_of_site
from attribution.store.queries.reports import (
    Report,
    assign_report,
    keep_addresses,
    report_with_id,
    reports_of_url,
)
from attribution.store.times import Micros
from attribution.target import plain_url


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUrl:
    """Keep a reported URL with what a lookup of it found."""

    url: str
    investigation: Investigation
    reported_at: Micros | None = None
    """None for now."""
    keep_url: bool = False
    """Keep the URL itself, sealed, beside what recognises it."""


@dataclass(frozen=True, slots=True)
class ReportedUrl:
    """What became of a reported URL."""

    report: str
    case: str | None
    """None while nobody is known to be responsible: `attribution recheck` asks again."""
    provider: str | None
    duplicate: bool
    """The same URL was reported before and is open: nothing new was made."""
    same_site: tuple[str, ...]
    """Other cases of the same site, at whichever provider, open or not."""
    candidate_cases: tuple[str, ...] = ()
    """The cases at every company, where DNS alone leads to several."""
    known: KnownUrl | None = None
    """What was known of the URL before: it is in an open case, or it was gone and may have
    reappeared.
    """


def report_url(writer: Writer, command: ReportUrl) -> ReportedUrl:
    """Add a reported URL with what was found of it. Raises InvalidTarget and Refused."""
    investigation = command.investigation
    whole, canonical = plain_url(command.url)
    url_hash = writer.keys.hash_of(canonical)
    host = investigation.attribution.host or canonical.partition("/")[0]
    at = writer.now if command.reported_at is None else command.reported_at
    check_happened(at, writer.now, "give the time at which it was reported")
    site_key = writer.keys.hash_of(f"site {site_of(host)}")
    earlier_cases = cases_of_site(writer.connection, site_key)
    known = known_urls(writer.connection, writer.keys, [command.url]).get(command.url)
    still_open = open_reports(writer.connection, reports_of_url(writer.connection, url_hash))
    if still_open:
        report = still_open[-1]
        known_at = max(at, writer.now)
        writer.add_event("reported_again", at, known_at, **_about(report))
        note_served_from(writer, still_open, investigation)
        return ReportedUrl(
            report=report.key,
            case=report.case,
            provider=report.provider,
            duplicate=True,
            same_site=tuple(earlier_cases),
            known=known,
        )
    evidence = host_evidence(investigation.evidence, host).to_bytes()
    report_ids = []
    parties: list[Party | None] = [*parties_to_notify(investigation)]
    for party in parties or [None]:
        provider_id = case_id = None
        if party is not None:
            provider_id = keep_party(writer, investigation, party)
            case_id = case_for(writer, provider_id, site_key, site_of(host), at)
        report_id = writer.add_report(
            site_key,
            at,
            case_id=case_id,
            provider_id=provider_id,
            host=host,
            url_hash=url_hash,
            kept_url=whole if command.keep_url else None,
            evidence=evidence,
            detail=detail_of(investigation, party),
        )
        report_ids.append(report_id)
    for report_id in report_ids:
        keep_addresses(writer.connection, report_id, addresses_of(investigation))
    added = [report_with_id(writer.connection, report_id) for report_id in report_ids]
    own_cases = tuple(report.case for report in added if report.case)
    return ReportedUrl(
        report=added[0].key,
        case=added[0].case,
        provider=added[0].provider,
        duplicate=False,
        same_site=tuple(case for case in earlier_cases if case not in own_cases),
        candidate_cases=own_cases if len(added) > 1 else (),
        known=known,
    )


def parties_to_notify(investigation: Investigation) -> list[Party]:
    """Return whose case a reported URL belongs to: the primary's, or each candidate's where DNS
    leads to several.

    Who may lease the space from the primary has a case of its own: it may be the one that can act.
    """
    answer = investigation.attribution
    if answer.primary:
        leased = any(doubt.code == "perhaps_leased" for doubt in answer.doubts)
        lessees = [
            party
            for party in answer.parties
            if leased and party.role == "network" and party.addressee
        ]
        return [answer.primary, *lessees]
    by_id = {party.provider.id: party for party in reversed(answer.parties) if party.addressee}
    return [by_id[candidate.id] for candidate in answer.candidates if candidate.id in by_id]


def note_served_from(
    writer: Writer, still_open: list[Report], investigation: Investigation
) -> None:
    """Note for each open report of a URL who was seen to serve it, where that is known now."""
    party = investigation.attribution.primary
    if party is None or investigation.attribution.served_from is None:
        return
    for report in still_open:
        if report.case_id is None:
            continue
        detail = {**detail_of(investigation, party), "outcome": "served_from"}
        if report.provider != party.provider.id:
            detail["served_elsewhere"] = party.provider.id
        writer.add_event("rechecked", writer.now, detail=detail, **_about(report))


def assign_to_provider(writer: Writer, report: Report, provider_id: int) -> None:
    """Take a report of which nobody was known to be responsible to a provider's case."""
    site = site_of(report.host) if report.host else None
    case_id = case_for(writer, provider_id, report.site_key, site, report.reported_at)
    assign_report(writer.connection, report.id, case_id)
    writer.add_event(
        "assigned", writer.now, provider_id=provider_id, case_id=case_id, report_id=report.id
    )


def report_at_new_provider(
    writer: Writer, report: Report, provider_id: int, detail: dict[str, object]
) -> None:
    """Report the URL of a report that moved at its new provider, as a new report."""
    site = site_of(report.host) if report.host else None
    kept_url = None
    if report.url_sealed is not None and report.seal is not None:
        kept_url = writer.keys.open(report.url_sealed, report.seal)
    writer.add_report(
        report.site_key,
        writer.now,
        case_id=case_for(writer, provider_id, report.site_key, site, writer.now),
        provider_id=provider_id,
        host=report.host,
        url_hash=report.url_hash,
        kept_url=kept_url,
        detail={**detail, "moved_from": report.key},
    )


def _about(report: Report) -> dict[str, Any]:
    return {
        "provider_id": report.provider_id,
        "case_id": report.case_id,
        "report_id": report.id,
    }
