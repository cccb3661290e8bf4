"""The list for publication as it would be today: who is on it, and of the others why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from attribution.casework.linking import links, one_history
from attribution.casework.notice_history import history_of
from attribution.casework.providers import provider_named
from attribution.casework.replies import last_reply
from attribution.pattern.assess import assess
from attribution.pattern.dossier.dossier import dossier_of
from attribution.pattern.dossier.publication import REPLY_HELD_BACK, Company, entry, refusals
from attribution.pattern.dossier.render import dossier_hash
from attribution.pattern.history import History
from attribution.pattern.verdict import Assessment
from attribution.store import Reader
from attribution.store.heads import days_head
from attribution.store.queries.events import EventFilter, events_by_time
from attribution.store.queries.providers import identifiers_of, provider_with_id
from attribution.store.times import micros, moment

FORMAT = 1
"""Version of the list's form."""
_YEAR = timedelta(days=365)


def build_list(reader: Reader, today: date) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the list as of today, and of every other candidate why it is not on it."""
    at = _midnight(today)
    history = history_of(reader, at)
    return build_list_from(reader, history, assess(history, at), today)


def build_list_from(
    reader: Reader,
    history: History,
    assessed: list[Assessment],
    today: date,
    only: str | None = None,
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the same from what was assessed as of today's beginning; of one provider alone, where
    `only` names it.
    """
    entries, refused = [], {}
    for assessment in assessed:
        listed = only in assessment.names if only else assessment.now == "systematic"
        if not listed:
            continue
        values, why = _entry(reader, history, assessment, today)
        if why:
            refused[assessment.names[0]] = why
        else:
            entries.append(values)
    entries.sort(key=lambda values: values["company"])
    log = days_head(reader, micros(_midnight(today))).as_json()
    return {"format": FORMAT, "as_of": today.isoformat(), "log": log, "entries": entries}, refused


def _entry(
    reader: Reader, history: History, assessment: Assessment, today: date
) -> tuple[dict[str, Any], list[str]]:
    """Return a company's entry, or what stands in the way of it."""
    provider_id, _ = provider_named(reader, assessment.names[0])
    group = one_history(links(reader), provider_id)
    provider = provider_with_id(reader, provider_id)
    dossier = dossier_of(assessment, history, provider.country)
    sent = events_by_time(reader, EventFilter(kinds=["letter"], provider_ids=group))
    letters = [moment(letter.at).date() for letter in sent]
    why = refusals(
        dossier,
        letter_on=letters[0] if letters else None,
        today=today,
        letters_in_a_year=sum(day > today - _YEAR for day in letters),
    )
    if why:
        return {}, why
    reply = last_reply(reader, group)
    company = Company(
        name=provider.name,
        country=provider.country,
        systems=[row.value for row in identifiers_of(reader, group) if row.kind == "asn"],
        reply=None if reply is None else reply.approved or REPLY_HELD_BACK,
    )
    return entry(dossier, company, dossier_hash(dossier)), []


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
