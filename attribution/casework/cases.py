"""Cases and reports by their keys, and the case in which a site's reports gather."""

from __future__ import annotations

from attribution.errors import NotFound
from attribution.store import Reader, Writer
from attribution.store.queries.cases import Case, case_with_key, unsent_case
from attribution.store.queries.reports import Report, report_with_key


def case_named(reader: Reader, key: str) -> Case:
    """Return the case of a key. Raises NotFound."""
    case = case_with_key(reader, key)
    if case is None:
        raise NotFound("case", key, "`attribution case list` shows those that are")
    return case


def report_named(reader: Reader, key: str) -> Report:
    """Return the report of a key. Raises NotFound."""
    report = report_with_key(reader, key)
    if report is None:
        raise NotFound("report", key, "`attribution case show` lists a case's reports")
    return report


def case_for(writer: Writer, provider_id: int, site_key: str, site: str | None, at: int) -> int:
    """Return the id of the case in which a site's reports gather for its next notice.

    A new one is opened where the notice of the last was sent.
    """
    case_id = unsent_case(writer.connection, provider_id, site_key)
    return case_id or writer.open_case(provider_id, site_key, site, at)
