"""The store's history for `attribution.pattern`: what an export writes, read without the detour
over rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from math import ceil
from typing import Any

from attribution.casework.linking import links, one_history
from attribution.codes import EventKind
from attribution.history.rows import ABOUT_NOTICE, ABOUT_PROVIDER, AliasRow, NoticeRow
from attribution.pattern.builder import Builder, Happening
from attribution.pattern.history import History
from attribution.pattern.times import NEVER, Day, days
from attribution.store import Reader
from attribution.store.heads import days_head
from attribution.store.queries import history as stored
from attribution.store.times import DAY, micros, moment

Progress = Callable[[str, int], None]
_PROGRESS_EVERY = 20_000
"""Events after which progress is reported."""
_Names = dict[int, tuple[str, str]]
"""(key, name) of providers, by id."""


def history_of(
    reader: Reader,
    at: datetime | None = None,
    progress: Progress = lambda what, done: None,
) -> History:
    """Return the store's history, with nothing in it that became known after `at`."""
    return _read(reader, at, None, progress)


def history_of_provider(reader: Reader, provider: int, at: datetime | None = None) -> History:
    """Return the history of one provider alone, and of those that are one with it.

    Where checkers have names, whether a week of theirs was bad depends on all other providers: then
    everything is read.
    """
    if stored.any_detail(reader, EventKind.STILL_ONLINE, '"checker":"'):
        return history_of(reader, at)
    until = None if at is None else micros(at)
    group = one_history(links(reader), provider, until)
    history = _read(reader, at, group, lambda what, done: None)
    names = stored.provider_names(reader)
    noticed = stored.providers_with_notices(reader, until)
    history.watched = frozenset(names[number][0] for number in noticed)
    if not history.says_who_served():
        history.tells_server = stored.any_detail(
            reader, EventKind.STILL_ONLINE, '"served_by":"', '"resolved_to":['
        )
    return history


def countries(reader: Reader) -> dict[str, str]:
    """Return the country of each provider that has one, by key."""
    return stored.provider_countries(reader)


def _read(
    reader: Reader, at: datetime | None, only: Collection[int] | None, progress: Progress
) -> History:
    until = None if at is None else micros(at)
    names = stored.provider_names(reader)
    builder = Builder(NEVER if at is None else days(at))
    for number in sorted(names):
        builder.provider(names[number][0])
    keys = _add_notices(reader, builder, names, only)
    for url in stored.url_rows(reader, only):
        if url.case_id in keys:
            builder.add_url(url.id, url.case_id, "", NEVER)
    corrected = stored.corrected_events(reader, only)
    cases = {key: number for number, key in keys.items()}
    kinds = ABOUT_NOTICE | ABOUT_PROVIDER
    for count, row in enumerate(stored.history_events(reader, kinds, until, only), start=1):
        gathering = row.case_id is not None and row.case_id not in keys
        if row.seq not in corrected and not gathering:
            _add_event(builder, row, names, cases)
        if not count % _PROGRESS_EVERY:
            progress("events", count)
    history = builder.build(_aliases(reader, names))
    history.titles = dict(names.values())
    head_at = micros(at) if at is not None else int(ceil(history.last_known) * DAY)
    history.log = days_head(reader, head_at).as_json()
    return history


def _aliases(reader: Reader, names: _Names) -> Iterator[AliasRow]:
    """Yield the links between providers that hold."""
    for link in links(reader):
        if link.undone_at is None:
            new, old = names[link.new][0], names[link.old][0]
            yield AliasRow(new, old, moment(link.known_at), link.kind, link.source or None)


def _add_notices(
    reader: Reader, builder: Builder, names: _Names, only: Collection[int] | None
) -> dict[int, str]:
    """Add the cases whose first notice was sent; return their keys by number. What gathers still is
    nobody's notice.
    """
    first: dict[int, stored.SentRow] = {}
    for sent in stored.sent_rows(reader, only):
        first.setdefault(sent.case_id, sent)
    keys: dict[int, str] = {}
    for case in stored.case_rows(reader, only):
        if case.id not in first:
            continue
        detail = _detail(first[case.id].detail)
        notice = NoticeRow(
            case.key,
            names[case.provider_id][0],
            case.site_key,
            moment(first[case.id].at),
            max(case.urls, 1),
            case.reseller,
            int(detail.get("candidates", 1)),
            bool(detail.get("baseline", False)),
        )
        builder.add_notice(case.id, notice)
        keys[case.id] = case.key
    return keys


def _add_event(
    builder: Builder, row: stored.HistoryEvent, names: _Names, cases: dict[str, int]
) -> None:
    detail = _detail(row.detail)
    last = detail.get("last_online")
    if row.kind == EventKind.LETTER_DELIVERED and detail.get("notices"):
        detail["notices"] = [cases[key] for key in detail["notices"] if key in cases]
    happened = Happening(
        kind=row.kind,
        at=Day(row.at / DAY),
        known=Day(row.known_at / DAY),
        providers=(names[row.provider_id][0],)
        if row.case_id is None and row.provider_id is not None
        else (),
        last_online=None if last is None else days(datetime.fromisoformat(last)),
        at_least_days=detail.get("at_least_days"),
        more=detail,
    )
    builder.add_event(happened, row.case_id, row.report_id)


def _detail(text: str) -> dict[str, Any]:
    return {} if text == "{}" else dict(json.loads(text))
