"""Evidence that the store keeps, taken out again: bundles of reports, and URLs that were looked up this week."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from sqlalchemy import Connection, select

from attribution.attributor import Investigation
from attribution.cases.log import Writer
from attribution.cases.store import Store
from attribution.cases.tables import reports
from attribution.decide import decide
from attribution.errors import NotInStoreError
from attribution.evidence import Evidence
from attribution.web.batches import targets_of_reports


def of_report(writer: Writer, report: str) -> bytes:
    """Return the bundle of a report, and note that it was taken. Raises NotInStoreError."""
    row = writer.connection.execute(
        select(reports.c.id, reports.c.case_id, reports.c.evidence).where(reports.c.key == report)
    ).first()
    if row is None or row.evidence is None:
        raise NotInStoreError(f"report {report!r} is not in the store, or has no evidence of its own.")
    writer.add_event("evidence_taken", writer.now, case_id=row.case_id, report_id=row.id)
    return zlib.decompress(row.evidence)


def decided_again(raw: bytes) -> Investigation:
    """Return the answer that a bundle gives, decided anew from its bytes alone."""
    evidence = Evidence.from_bytes(raw)
    decision = decide(evidence)
    return Investigation(decision.attribution, decision.steps, evidence)


def kept_targets(store: Store, connection: Connection, names: Iterable[str]) -> list[str]:
    """Return the URLs of reports that this service looked up within the week, for a notice about them."""
    return targets_of_reports(store, connection, names)
