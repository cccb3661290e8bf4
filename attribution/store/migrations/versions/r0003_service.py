"""Tables of the service: accounts, sessions, links, keys, failed sign-ins, replies, batches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "accounts",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", sa.Text, nullable=False, unique=True),
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("totp_sealed", sa.LargeBinary),
        sa.Column("totp_seal", sa.LargeBinary),
        sa.Column("totp_used", sa.BigInteger, nullable=False),
        sa.Column("oidc", sa.Text, unique=True),
        sa.Column("signing_key", sa.LargeBinary),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tickets",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("draft_sealed", sa.LargeBinary),
        sa.Column("draft_seal", sa.LargeBinary),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("token", sa.Text, nullable=False, unique=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
    )
    op.create_table(
        "failures",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "replies",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False),
        sa.Column("lease", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "batch_lines",
        sa.Column("batch", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("target_sealed", sa.LargeBinary, nullable=False),
        sa.Column("target_seal", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Text),
        sa.Column("provider", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("evidence", sa.LargeBinary),
        sa.Column("report", sa.Text),
    )
    op.create_index("batches_of_owner", "batches", ["owner", "made_at"])
    op.create_index("batch_lines_open", "batch_lines", ["batch", "status"])
    op.create_index("batch_lines_by_report", "batch_lines", ["report"])
    viewed = sa.text("kind <> 'case_viewed'")
    op.create_index(
        "events_but_views", "events", ["seq"], sqlite_where=viewed, postgresql_where=viewed
    )
