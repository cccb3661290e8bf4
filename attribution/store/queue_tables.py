"""Tables derived from the log, so that the queue and the search read few rows; and where a lookup
saw a reported URL.

`case_states` and `case_terms` are filled from the log alone and can be emptied and filled again at
any time. Times are microseconds since 1970, UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from attribution.store.tables import metadata

case_states = Table(
    "case_states",
    metadata,
    Column("subject", Text, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("waits_from", BigInteger, nullable=False),
    Column("waits_for", BigInteger),
    Column("progress", Text, nullable=False),
    Column("urls", Integer, nullable=False),
    Column("online", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("follow_up_at", BigInteger),
    Column("assignee", Text),
    Column("provider_id", BigInteger),
    Column("country", Text),
    Column("mailbox", Text),
    PrimaryKeyConstraint("subject", "subject_id"),
)
"""Where each case stands, and each report without a case: `subject` is `case` or `report`,
`subject_id` its id. The next step is due `waits_for` after `waits_from`; where that is null, after
the hours of the settings. `progress` is what proves that the notice was received.
"""

Index("case_states_in_queue", case_states.c.state, case_states.c.country)
Index("case_states_of_provider", case_states.c.provider_id, case_states.c.opened_at)
Index("case_states_of_assignee", case_states.c.assignee, case_states.c.state)
Index(
    "case_states_by_age",
    case_states.c.subject,
    case_states.c.opened_at,
    case_states.c.subject_id,
)

case_terms = Table(
    "case_terms",
    metadata,
    Column("value", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("value", "subject", "subject_id"),
)
"""By which mailboxes and Message-IDs, in lower case and without brackets, a case is searched."""

Index("case_terms_of_subject", case_terms.c.subject, case_terms.c.subject_id)

projections = Table(
    "projections",
    metadata,
    Column("name", Text, primary_key=True),
    Column("rule", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
"""Up to which event of the log a derived table was filled, and by which version of its rule."""

report_addresses = Table(
    "report_addresses",
    metadata,
    Column("report_id", BigInteger, primary_key=True, autoincrement=False),
    Column("address", Text, primary_key=True),
)
"""The addresses that lookups of a report's host found; erasing the report removes them."""

Index("report_addresses_by_address", report_addresses.c.address)
