"""The store's history for `attribution.pattern`: what an export writes, read without the detour
over rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, select

from attribution.casework.exporting import alias_rows
from attribution.casework.providers import links, one_history
from attribution.codes import EventKind
from attribution.history.rows import ABOUT_NOTICE, ABOUT_PROVIDER, NoticeRow, read_alias
from attribution.pattern.builder import Builder, Happening
from attribution.pattern.history import History
from attribution.pattern.times import MICROS_OF_A_DAY, NEVER, Micros, day_of, days
from attribution.store.heads import days_head
from attribution.store.past import (
    any_detail,
    case_rows,
    corrected_events,
    event_rows,
    provider_names,
    providers_with_notices,
    report_rows,
    sent_notices,
)
from attribution.store.tables import providers
from attribution.store.times import micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Progress = Callable[[str, int], None]
_TOLD_EVERY = 20_000


def history_of(
    connection: Connection,
    at: datetime | None = None,
    progress: Progress = lambda what, done: None,
) -> History:
    """Return the store's history, with nothing in it that became known after `at`."""
    return _read(connection, at, None, progress)


def history_of_provider(
    connection: Connection, provider: int, at: datetime | None = None
) -> History:
    """Return the history of one provider alone, and of those that are one with it.

    Where checkers have names, whether a week of theirs was bad is told by all other providers:
    then everything is read.
    """
    if any_detail(connection, EventKind.STILL_ONLINE, '"checker":"'):
        return _read(connection, at, None, lambda what, done: None)
    group = one_history(links(connection), provider, None if at is None else micros(at))
    made = _read(connection, at, group, lambda what, done: None)
    names = provider_names(connection)
    noticed = providers_with_notices(connection, None if at is None else micros(at))
    made.watched = frozenset(names[number][0] for number in noticed)
    if not made.says_who_served():
        made.tells_server = any(
            any_detail(connection, EventKind.STILL_ONLINE, text)
            for text in ('"served_by":"', '"resolved_to":[')
        )
    return made


def countries(connection: Connection) -> dict[str, str]:
    """Return the country of each provider that has one, by key."""
    rows = connection.execute(
        select(providers.c.key, providers.c.country).where(providers.c.country.is_not(None))
    )
    return {row.key: row.country for row in rows}


def _read(
    connection: Connection, at: datetime | None, only: Collection[int] | None, progress: Progress
) -> History:
    until = None if at is None else micros(at)
    names = provider_names(connection)
    made = Builder(NEVER if at is None else days(at))
    for key, _ in (names[number] for number in sorted(names)):
        made.provider(key)
    keys = _notices(connection, made, names, only)
    for row in report_rows(connection, only):
        if row.case_id in keys:
            made.add_url(row.id, row.case_id, "", NEVER)
    corrected = corrected_events(connection, only)
    cases = {key: number for number, key in keys.items()}
    for count, row in enumerate(
        event_rows(connection, ABOUT_NOTICE | ABOUT_PROVIDER, until, only), start=1
    ):
        gathering = row.case_id is not None and row.case_id not in keys
        if row.seq not in corrected and not gathering:
            _event(made, row, names, cases)
        if not count % _TOLD_EVERY:
            progress("events", count)
    history = made.build(map(read_alias, alias_rows(connection)))
    history.titles = dict(names.values())
    look = micros(at) if at is not None else int(ceil(history.last_known) * MICROS_OF_A_DAY)
    history.log = days_head(connection, look).as_json()
    return history


def _notices(
    connection: Connection,
    made: Builder,
    names: dict[int, tuple[str, str]],
    only: Collection[int] | None,
) -> dict[int, str]:
    """Add the cases whose first notice was sent; return their keys by number. What gathers still is
    nobody's notice.
    """
    sent: dict[int, tuple[int, str]] = {}
    for row in sent_notices(connection, only):
        sent.setdefault(row.case_id, (row.at, row.detail))
    keys: dict[int, str] = {}
    for row in case_rows(connection, only):
        if row.id not in sent:
            continue
        when, text = sent[row.id]
        detail = _detail(text)
        notice = NoticeRow(
            row.key,
            names[row.provider_id][0],
            row.site_key,
            _EPOCH + timedelta(microseconds=when),
            max(row.urls, 1),
            row.reseller,
            int(detail.get("candidates", 1)),
            bool(detail.get("baseline", False)),
        )
        made.add_notice(row.id, notice)
        keys[row.id] = row.key
    return keys


def _event(
    made: Builder, row: Any, names: dict[int, tuple[str, str]], cases: dict[str, int]
) -> None:
    detail = _detail(row.detail)
    last = detail.get("last_online")
    if row.kind == EventKind.LETTER_DELIVERED and detail.get("notices"):
        detail["notices"] = [cases[key] for key in detail["notices"] if key in cases]
    happened = Happening(
        kind=row.kind,
        at=day_of(Micros(row.at)),
        known=day_of(Micros(row.known_at)),
        providers=(names[row.provider_id][0],)
        if row.case_id is None and row.provider_id is not None
        else (),
        last_online=None if last is None else days(datetime.fromisoformat(last)),
        at_least_days=detail.get("at_least_days"),
        more=detail,
    )
    made.add_event(happened, row.case_id, row.report_id)


def _detail(text: str) -> dict[str, Any]:
    return {} if text == "{}" else dict(json.loads(text))
