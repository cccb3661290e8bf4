"""Tables of the service: accounts, sessions, keys, batches and kept replies.

They stand beside the log, which notes what people did; a history is read without them. Secrets are
kept as hashes, or sealed under the key file. Times are microseconds since 1970, UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from attribution.store.tables import Id, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("person", Text, nullable=False, unique=True),
    Column("mailbox", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("password", Text),
    Column("totp_sealed", LargeBinary),
    Column("totp_seal", LargeBinary),
    Column("totp_used", BigInteger, nullable=False),
    Column("oidc", Text, unique=True),
    Column("signing_key", LargeBinary),
    Column("made_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)
"""A person. `person` is the mailbox in the one form that all its spellings share; `oidc` is issuer
and subject at an identity provider; `signing_key` is sealed under the person's own passphrase,
which is kept nowhere.
"""

sessions = Table(
    "sessions",
    metadata,
    Column("token", Text, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""A person who is signed in; `token` is the hash of the token in the browser's cookie."""

tickets = Table(
    "tickets",
    metadata,
    Column("token", Text, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id")),
    Column("until", BigInteger, nullable=False),
    Column("draft_sealed", LargeBinary),
    Column("draft_seal", LargeBinary),
)
"""A one-time link to set an account up; without an account, the first administrator's. The draft is
what was filled in so far.
"""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("token", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)
"""A key of a program; `token` is the key's hash, `scopes` are separated by spaces."""

failures = Table(
    "failures",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Failed sign-ins in a row of a mailbox (hashed), whether it has an account or not, and until when
another one is delayed.
"""

replies = Table(
    "replies",
    metadata,
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
"""The reply to a request with an idempotency key; `request` is a keyed hash of its body."""

batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("lease", BigInteger, nullable=False),
)
"""A list to look up. `state` is `running`, `done` or `stopped`; `kept` says that evidence is kept
too; `lease` is until when the process that works on it has it for itself.
"""

batch_lines = Table(
    "batch_lines",
    metadata,
    Column("batch", Text, ForeignKey("batches.id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("target_sealed", LargeBinary, nullable=False),
    Column("target_seal", LargeBinary, nullable=False),
    Column("status", Text),
    Column("provider", Text),
    Column("answer", Text),
    Column("evidence", LargeBinary),
    Column("report", Text),
)
"""One target of a batch, sealed, and its answer, without the target. `report` is the key of the
report that was made of it.
"""

Index("batches_of_owner", batches.c.owner, batches.c.made_at)
Index("batch_lines_open", batch_lines.c.batch, batch_lines.c.status)
Index("batch_lines_by_report", batch_lines.c.report)
