"""Tables and indexes of the queue and the search; the tables of states are filled from the log when
the queue is first read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and indexes."""
    op.create_table(
        "case_states",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("waits_from", sa.BigInteger, nullable=False),
        sa.Column("waits_for", sa.BigInteger),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("urls", sa.Integer, nullable=False),
        sa.Column("online", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("follow_up_at", sa.BigInteger),
        sa.Column("assignee", sa.Text),
        sa.Column("provider_id", sa.BigInteger),
        sa.Column("country", sa.Text),
        sa.Column("mailbox", sa.Text),
        sa.PrimaryKeyConstraint("subject", "subject_id"),
    )
    op.create_index("case_states_in_queue", "case_states", ["state", "country"])
    op.create_index("case_states_of_provider", "case_states", ["provider_id", "opened_at"])
    op.create_index("case_states_of_assignee", "case_states", ["assignee", "state"])
    op.create_index("case_states_by_age", "case_states", ["subject", "opened_at", "subject_id"])
    op.create_table(
        "case_terms",
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("value", "subject", "subject_id"),
    )
    op.create_index("case_terms_of_subject", "case_terms", ["subject", "subject_id"])
    op.create_table(
        "projections",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("rule", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "report_addresses",
        sa.Column("report_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("address", sa.Text, primary_key=True),
    )
    op.create_index("report_addresses_by_address", "report_addresses", ["address"])
    op.create_index("reports_of_host", "reports", ["host"])
    for name, columns, where in (
        ("corrections", ["corrects"], "corrects IS NOT NULL"),
        ("events_without_case", ["report_id"], "case_id IS NULL AND report_id IS NOT NULL"),
    ):
        op.create_index(
            name,
            "events",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
