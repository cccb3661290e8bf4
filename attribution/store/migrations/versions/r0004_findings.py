"""Index of what lookups of a report's host found: what is due is asked by report, and without it
every report read the whole log.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    findings = sa.text("kind IN ('reported', 'rechecked')")
    op.create_index(
        "findings_of_report",
        "events",
        ["report_id", "seq"],
        sqlite_where=findings,
        postgresql_where=findings,
    )
