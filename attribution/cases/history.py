"""The store's history as rows, for `attribution.pattern`: the same that an export writes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from attribution.cases.exporting import alias_rows, event_rows, notice_rows, report_rows
from attribution.history.rows import read_alias, read_event, read_notice, read_report
from attribution.pattern.history import History
from attribution.store.tables import providers


def history_of(connection: Connection, at: datetime | None = None) -> History:
    """Return the store's history, with nothing in it that became known after `at`."""
    return History.of(
        map(read_notice, notice_rows(connection)),
        map(read_report, report_rows(connection)),
        map(read_event, event_rows(connection)),
        map(read_alias, alias_rows(connection)),
        at,
    )


def countries(connection: Connection) -> dict[str, str]:
    """Return the country of each provider that has one, by key."""
    rows = connection.execute(
        select(providers.c.key, providers.c.country).where(providers.c.country.is_not(None))
    )
    return {row.key: row.country for row in rows}
