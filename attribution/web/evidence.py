"""What leaves the store, and is noted: evidence bundles of reports, and dossiers."""

from __future__ import annotations

import zlib
from datetime import date

from attribution.casework.providers import provider_named
from attribution.errors import NotInStoreError
from attribution.pattern.assess import Assessment
from attribution.store import Writer
from attribution.store.queries.service_views import report_evidence


def evidence_of_report(writer: Writer, report: str) -> bytes:
    """Return the bundle of a report, and note that it was downloaded. Raises NotInStoreError."""
    row = report_evidence(writer.connection, report)
    if row is None or row.evidence is None:
        raise NotInStoreError(
            f"report {report!r} is not in the store, or has no evidence of its own."
        )
    writer.add_event("evidence_taken", writer.now, case_id=row.case_id, report_id=row.report_id)
    return zlib.decompress(row.evidence)


def note_dossier(writer: Writer, day: date, assessment: Assessment) -> None:
    """Note that a provider's dossier as of a day was downloaded."""
    provider_id, _ = provider_named(writer.connection, assessment.names[0])
    detail = {"as_of": day.isoformat()}
    writer.add_event("dossier_taken", writer.now, provider_id=provider_id, detail=detail)
