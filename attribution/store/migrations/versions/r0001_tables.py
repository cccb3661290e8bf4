"""The tables, as the first revision made them. A released revision is never changed: what comes
later is another one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "heads",
        sa.Column("id", number, sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("key_check", sa.Text, nullable=False),
    )
    op.create_table(
        "providers",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("country", sa.Text),
        sa.Column("known_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("provider_id", sa.BigInteger, sa.ForeignKey("providers.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.UniqueConstraint("provider_id", "kind", "value"),
    )
    op.create_table(
        "cases",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("provider_id", sa.BigInteger, sa.ForeignKey("providers.id"), nullable=False),
        sa.Column("site_key", sa.Text, nullable=False),
        sa.Column("site", sa.Text),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("urls", sa.Integer, nullable=False),
        sa.Column("reseller", sa.Text),
        sa.Column("token", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "reports",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id")),
        sa.Column("site_key", sa.Text, nullable=False),
        sa.Column("reported_at", sa.BigInteger, nullable=False),
        sa.Column("host", sa.Text),
        sa.Column("url_hash", sa.Text),
        sa.Column("url_sealed", sa.LargeBinary),
        sa.Column("seal", sa.LargeBinary),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("evidence", sa.LargeBinary),
    )
    op.create_table(
        "events",
        sa.Column("seq", number, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("provider_id", sa.BigInteger, sa.ForeignKey("providers.id")),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id")),
        sa.Column("report_id", sa.BigInteger, sa.ForeignKey("reports.id")),
        sa.Column("corrects", sa.BigInteger, sa.ForeignKey("events.seq")),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, unique=True),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("events_of_case", "events", ["case_id", "kind", "at"])
    op.create_index("cases_of_site", "cases", ["site_key"])
    op.create_index("reports_of_case", "reports", ["case_id"])
    op.create_index("reports_of_url", "reports", ["url_hash"])
    op.create_index("marks_by_value", "marks", ["kind", "value"])
