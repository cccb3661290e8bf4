"""Indexes that views of one provider stand on: measured at 100,000 cases and 1,000,000 events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("events_of_provider", "events", ["provider_id", "kind", "at"])
    op.create_index("cases_of_provider", "cases", ["provider_id", "opened_at"])
    links = sa.text("kind IN ('linked', 'unlinked')")
    op.create_index(
        "events_of_links", "events", ["seq"], sqlite_where=links, postgresql_where=links
    )
