"""The queue and the list of cases: what is to be done, and where everything is found.

Read them from `fresh_queue(store)`, in which the states follow the log.
"""

from __future__ import annotations

from dataclasses import dataclass

from attribution.casework.linking import links, one_history
from attribution.casework.providers import provider_named
from attribution.casework.searching import searched_for
from attribution.casework.terms import Terms
from attribution.codes import QueueState, Refusal
from attribution.errors import Refused
from attribution.settings import Settings
from attribution.store import Reader
from attribution.store.keys import Keys
from attribution.store.queries.queue import (
    CaseSelection,
    CaseSort,
    QueueRow,
    QueueTerms,
    count_in_queue,
    queue_page,
)
from attribution.store.times import DAY, HOUR

FIRST_ROWS = 10
"""Rows of each state that the queue shows first."""
_MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCases:
    """Which cases to list, and in which order."""

    query: str | None = None
    """A URL however it is written, host, address, case, company, mailbox or Message-ID."""
    states: tuple[str, ...] = ()
    """Codes of `QueueState`; empty for every case."""
    company: str | None = None
    """Its key, or a name that is its alone; with all that is one history with it."""
    country: str | None = None
    """The provider's, two letters."""
    assignee: str | None = None
    """Empty for cases that nobody works on."""
    older_than_days: float | None = None
    newer_than_days: float | None = None
    sort: str = CaseSort.NEWEST
    after: str | None = None
    """Cursor: cases after the one of this key."""
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePart:
    """One state of the queue."""

    state: QueueState
    count: int
    rows: tuple[QueueRow, ...]
    """The first ones, the most urgent first."""


def queue_terms(settings: Settings) -> QueueTerms:
    """Return what states depend on beside the log, as the settings say."""
    return terms_for_queue(Terms.usual(settings), settings.hotline_country)


def terms_for_queue(usual: Terms, hotline_country: str) -> QueueTerms:
    """Return what states depend on beside the log."""
    return QueueTerms(
        country=hotline_country,
        gathering=int(usual.grouping_hours * HOUR),
        reminding=int(usual.reminder_hours * HOUR),
    )


def read_queue(reader: Reader, terms: QueueTerms, rows: int = FIRST_ROWS) -> list[QueuePart]:
    """Return how many cases are in each open state, and the first of them."""
    return [
        QueuePart(
            state=state,
            count=count,
            rows=tuple(
                queue_page(
                    reader,
                    terms,
                    CaseSelection(states=[state.value], sort=CaseSort.URGENCY, limit=rows),
                )
                if count and rows
                else ()
            ),
        )
        for state, count in count_in_queue(reader, terms).items()
    ]


def list_cases(
    reader: Reader, keys: Keys, terms: QueueTerms, command: ListCases, now: int
) -> list[QueueRow]:
    """Return a page of cases. Raises Refused, and NotFound for a company that is not known."""
    if command.sort not in list(CaseSort):
        remedy = f"use one of {', '.join(CaseSort)}"
        raise Refused(Refusal.INVALID, "sort", command.sort[:40], remedy)
    provider_ids = None
    if command.company is not None:
        provider_id, _ = provider_named(reader, command.company)
        provider_ids = one_history(links(reader), provider_id)
    selection = CaseSelection(
        states=_checked_states(command.states),
        searched=None if command.query is None else searched_for(keys, command.query),
        provider_ids=provider_ids,
        country=None if command.country is None else command.country.strip().upper(),
        assignee=command.assignee,
        opened_before=_days_ago(command.older_than_days, now),
        opened_after=_days_ago(command.newer_than_days, now),
        sort=CaseSort(command.sort),
        after=command.after,
        limit=command.limit,
    )
    return queue_page(reader, terms, selection)


def _checked_states(states: tuple[str, ...]) -> list[str] | None:
    for state in states:
        if state not in list(QueueState):
            remedy = f"use one of {', '.join(QueueState)}"
            raise Refused(Refusal.INVALID, "state", state[:40], remedy)
    return list(states) or None


def _days_ago(days: float | None, now: int) -> int | None:
    if days is None:
        return None
    if not 0 <= days <= _MOST_DAYS:
        raise Refused(Refusal.INVALID, "days", f"{days:g}", f"give 0 to {_MOST_DAYS} days")
    return now - int(days * DAY)
