"""What is taken out of the house, and noted: evidence bundles of reports, and dossiers."""

from __future__ import annotations

import zlib

from sqlalchemy import select

from attribution.casework.providers import provider_named
from attribution.errors import NotInStoreError
from attribution.pattern.verdict import Assessment
from attribution.store.log import Writer
from attribution.store.tables import reports
from attribution.web.patterns import Look


def of_report(writer: Writer, report: str) -> bytes:
    """Return the bundle of a report, and note that it was taken. Raises NotInStoreError."""
    row = writer.connection.execute(
        select(reports.c.id, reports.c.case_id, reports.c.evidence).where(reports.c.key == report)
    ).first()
    if row is None or row.evidence is None:
        raise NotInStoreError(
            f"report {report!r} is not in the store, or has no evidence of its own."
        )
    writer.add_event("evidence_taken", writer.now, case_id=row.case_id, report_id=row.id)
    return zlib.decompress(row.evidence)


def note_dossier(writer: Writer, look: Look, one: Assessment) -> None:
    """Note that a provider's dossier was taken."""
    identity, _ = provider_named(writer.connection, one.names[0])
    writer.add_event(
        "dossier_taken", writer.now, provider_id=identity, detail={"as_of": look.day.isoformat()}
    )
