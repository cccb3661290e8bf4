"""Whether reported URLs are still online, as far as checkers said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from attribution.history.rows import ENDS
from attribution.store import Reader
from attribution.store.queries.history import ACCUSING
from attribution.store.queries.reports import Report, checks_of_cases

CHECKS = frozenset([*ENDS, *ACCUSING])
"""What a checker says of one URL; the last of them says whether it is there."""


@dataclass(frozen=True, slots=True)
class LastCheck:
    """What a checker said last of a URL."""

    kind: str
    at: int
    """Microseconds since 1970."""
    case_id: int

    @property
    def over(self) -> bool:
        """Whether the URL is no longer at the provider."""
        return self.kind in ENDS


def last_checks(reader: Reader, case_ids: Collection[int]) -> dict[int, LastCheck]:
    """Return what a checker said last of each URL of some cases, by report.

    URLs that nobody checked are left out, and checks that a correction took back do not count.
    """
    rows = checks_of_cases(reader, case_ids, CHECKS)
    corrected = {row.corrects for row in rows if row.kind == "correction"}
    return {
        row.report_id: LastCheck(row.kind, row.at, row.case_id)
        for row in rows
        if row.report_id is not None and row.kind != "correction" and row.seq not in corrected
    }


def open_reports(reader: Reader, reports: Collection[Report]) -> list[Report]:
    """Return those of some reports whose URL is still there, as far as a checker said."""
    checks = last_checks(reader, {report.case_id for report in reports if report.case_id})
    return [report for report in reports if report.id not in checks or not checks[report.id].over]
