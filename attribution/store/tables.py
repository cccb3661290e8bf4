"""The tables of the store, the same in SQLite and PostgreSQL.

`events` is the log: rows are only ever added, each with a hash over the one before. Every row of
another table that says what somebody did has its event, which holds a digest of it; so a row that
was changed, added or removed beside the log
shows. Times are microseconds since 1970, UTC: exact, ordered, and the same in both databases.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite makes an INTEGER primary key its row number: no index beside it."""

heads = Table(
    "heads",
    metadata,
    Column("id", Id, CheckConstraint("id = 1"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("key_check", Text, nullable=False),
)
"""One row: the end of the log, and what tells whether a key file is this store's."""

providers = Table(
    "providers",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("country", Text),
    Column("known_at", BigInteger, nullable=False),
)

identifiers = Table(
    "marks",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("provider_id", BigInteger, ForeignKey("providers.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("provider_id", "kind", "value"),
)
"""What providers are known by: handle, asn, mailbox, company_number, name or maintainer; each since
a day, with its source.
"""

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("provider_id", BigInteger, ForeignKey("providers.id"), nullable=False),
    Column("site_key", Text, nullable=False),
    Column("site", Text),
    Column("opened_at", BigInteger, nullable=False),
    Column("urls", Integer, nullable=False),
    Column("reseller", Text),
    Column("token", Text, nullable=False, unique=True),
)
"""One site at one provider. `site` is its name, until it is erased; `site_key` stands for it."""

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("case_id", BigInteger, ForeignKey("cases.id")),
    Column("site_key", Text, nullable=False),
    Column("reported_at", BigInteger, nullable=False),
    Column("host", Text),
    Column("url_hash", Text),
    Column("url_sealed", LargeBinary),
    Column("seal", LargeBinary),
    Column("salt", LargeBinary),
    Column("evidence", LargeBinary),
)
"""One reported URL. Without a case while nobody is known to be responsible. `seal` is the URL's own
key, itself sealed; without it and `salt`, which erasing removes, nothing of the rest can be read or
guessed.
"""

TELLING = ("host", "url_hash", "url_sealed", "seal", "salt", "evidence")
"""The columns of a report that tell of its URL: erasing empties them."""

events = Table(
    "events",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("provider_id", BigInteger, ForeignKey("providers.id")),
    Column("case_id", BigInteger, ForeignKey("cases.id")),
    Column("report_id", BigInteger, ForeignKey("reports.id")),
    Column("corrects", BigInteger, ForeignKey("events.seq")),
    Column("detail", Text, nullable=False),
    Column("origin", Text, unique=True),
    Column("hash", Text, nullable=False),
)
"""The log. `at` is when it happened, `known_at` when the hotline knew, `recorded_at` when it was
written here. `origin` stands for the row of a file or the mail that it came from, so that reading
it again changes nothing.
"""

Index("events_of_case", events.c.case_id, events.c.kind, events.c.at)
Index("cases_of_site", cases.c.site_key)
Index("reports_of_case", reports.c.case_id)
Index("reports_of_url", reports.c.url_hash)
Index("reports_of_host", reports.c.host)
Index("marks_by_value", identifiers.c.kind, identifiers.c.value)

IS_LINK = text("kind IN ('linked', 'unlinked')")
"""Written out, since a database uses an index of a part only where it sees the part's own
condition.
"""

VIEW_INDEXES = (
    Index("events_of_provider", events.c.provider_id, events.c.kind, events.c.at),
    Index("cases_of_provider", cases.c.provider_id, cases.c.opened_at),
    Index("events_of_links", events.c.seq, sqlite_where=IS_LINK, postgresql_where=IS_LINK),
)
"""Indexes for showing one provider; they came with the second revision."""

IS_NEWS = text("kind <> 'case_viewed'")
"""That somebody opened a case is in the log, and changes nothing of what is known."""
Index("events_but_views", events.c.seq, sqlite_where=IS_NEWS, postgresql_where=IS_NEWS)

IS_FINDING = text("kind IN ('reported', 'rechecked')")
"""What a lookup of a report's host found."""
Index(
    "findings_of_report",
    events.c.report_id,
    events.c.seq,
    sqlite_where=IS_FINDING,
    postgresql_where=IS_FINDING,
)

IS_CORRECTION = text("corrects IS NOT NULL")
"""Taking another event back."""
Index(
    "corrections",
    events.c.corrects,
    sqlite_where=IS_CORRECTION,
    postgresql_where=IS_CORRECTION,
)

OF_REPORT_ALONE = text("case_id IS NULL AND report_id IS NOT NULL")
"""About a report of which nobody is known to be responsible."""
Index(
    "events_without_case",
    events.c.report_id,
    sqlite_where=OF_REPORT_ALONE,
    postgresql_where=OF_REPORT_ALONE,
)
