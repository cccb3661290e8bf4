"""Erasing a reported URL: for good, while its case stays and the log still verifies."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.casework.cases import report_named
from attribution.casework.fields import required
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store import Writer
from attribution.store.queries.cases import forget_site
from attribution.store.queries.reports import erase_url, reports_of_cases


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseReport:
    """Make everything that tells of a reported URL unreadable."""

    report: str
    why: str
    """The request that it rests on."""


def erase_report(writer: Writer, command: EraseReport) -> None:
    """Erase the URL, and the site's name with the last URL of its case. Raises Refused."""
    connection = writer.connection
    report = report_named(connection, command.report)
    if report.erased:
        raise Refused(Refusal.CONFLICT, "report", report.key, "it is erased already")
    why = required(command.why, "why", "say why with --why: the request that it rests on")
    erase_url(connection, report)
    if report.case_id is not None:
        left = reports_of_cases(connection, [report.case_id])[report.case_id]
        if all(other.erased for other in left):
            forget_site(connection, report.case_id)
    writer.add_event(
        "erased", writer.now, case_id=report.case_id, report_id=report.id, detail={"why": why}
    )
