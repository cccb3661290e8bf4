"""What leaves the store, and is noted: evidence bundles of reports, and dossiers."""

from __future__ import annotations

import zlib
from datetime import date

from attribution.casework.cases import report_named
from attribution.casework.providers import provider_named
from attribution.errors import NotFound
from attribution.pattern.verdict import Assessment
from attribution.store import Writer
from attribution.store.queries.reports import evidence_of


def evidence_of_report(writer: Writer, key: str) -> bytes:
    """Return the bundle of a report, and note that it was downloaded. Raises NotFound."""
    report = report_named(writer.connection, key)
    evidence = evidence_of(writer.connection, report.id)
    if evidence is None:
        raise NotFound("evidence", key, "the report was imported, or erased")
    case_id = report.case_id
    writer.add_event("evidence_taken", writer.now, case_id=case_id, report_id=report.id)
    return zlib.decompress(evidence)


def note_dossier(writer: Writer, day: date, assessment: Assessment) -> None:
    """Note that a provider's dossier as of a day was downloaded."""
    provider_id, _ = provider_named(writer.connection, assessment.names[0])
    detail = {"as_of": day.isoformat()}
    writer.add_event("dossier_taken", writer.now, provider_id=provider_id, detail=detail)
