"""Importing XARF reports of content: reported URLs, whose provider the next `recheck` finds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from attribution.casework.importing_rows import CLOCK_TOLERANCE, Count, Import
from attribution.casework.row_faults import fault_of
from attribution.formats.xarf import XarfReport, read_reports
from attribution.history.rows import BadRow
from attribution.net.sites import site_of
from attribution.store.queries.exchange import known_reports
from attribution.store.store import Store
from attribution.store.times import micros
from attribution.target import parse_target, plain_url


def import_xarf(store: Store, path: Path, command: Import) -> dict[str, Count]:
    """Import a file with one report, a list of them, or one a line; return how they fared.

    Raises HistoryError where the file cannot be read.
    """
    count = Count()
    # Reports carry the time of the machine that wrote them, not the store's.
    latest = max(store.now, datetime.now(UTC)) + CLOCK_TOLERANCE
    for line, report in read_reports(path, command.encoding):
        fault = str(report) if isinstance(report, BadRow) else fault_of(report, latest)
        if isinstance(report, BadRow) or fault is not None:
            count.rejected += 1
            command.reject(path.name, line, str(fault), None)
        elif _add_report(store, report, command):
            count.added += 1
        else:
            count.known += 1
    return {"reports": count}


def _add_report(store: Store, report: XarfReport, command: Import) -> bool:
    """Add a report without a case; return False where it is in the store already."""
    key = f"{command.source or 'xarf'}:{report.report_id}"
    with store.write(command.who) as writer:
        if known_reports(writer.connection, [key]):
            return False
        whole, canonical = plain_url(report.url)
        host = parse_target(report.url).host
        writer.add_report(
            writer.keys.hash_of(f"site {site_of(host)}"),
            micros(report.at),
            case_id=None,
            provider_id=None,
            key=key,
            host=host,
            url_hash=writer.keys.hash_of(canonical),
            kept_url=whole if command.keep_urls else None,
            detail={"xarf": report.report_id, "reporter": report.reporter},
        )
    return True
