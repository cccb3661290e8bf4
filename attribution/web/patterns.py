"""Assessments for those who look: made once for a day, and again when the past that they rest on
was added to.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, or_, select

from attribution.casework.notice_history import countries, history_of
from attribution.casework.providers import provider_named
from attribution.errors import AttributionError, NotInStoreError
from attribution.pattern.assess import assess
from attribution.pattern.dossier.dossier import dossier_of
from attribution.pattern.dossier.removal import median_removal, removal_of_others
from attribution.pattern.history import History
from attribution.pattern.report import as_row
from attribution.pattern.verdict import Assessment
from attribution.store.store import Store
from attribution.store.tables import IS_NEWS, events
from attribution.store.times import micros

_LOG = logging.getLogger("attribution.web")
_KEPT = 4
_Made = TypeVar("_Made")


@dataclass(slots=True)
class Look:
    """Everybody, as of a day's beginning (UTC)."""

    day: date
    history: History
    assessed: list[Assessment]
    countries: dict[str, str]
    seq: int
    """The last entry of the log that was there."""
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Dossiers and curves that somebody asked for, by what they are and whose."""

    def of(self, name: str) -> Assessment | None:
        """Return the assessment of a provider under any of its names; None where it had no notice
        by then.
        """
        return next((one for one in self.assessed if name in one.names), None)

    def row(self, one: Assessment) -> dict[str, Any]:
        """Return an assessment as plain values."""
        return as_row(one, self.countries.get(one.names[0]))

    def dossier(self, one: Assessment) -> dict[str, Any]:
        """Return a provider's dossier. Takes up to a second when it is made."""
        return self._once(
            "dossier", one, lambda: dossier_of(one, self.history, self.countries.get(one.names[0]))
        )

    def median_days(self, one: Assessment) -> list[float] | None:
        """Return within how many days half of a provider's URLs were gone: the interval that is
        known.
        """
        found = self._once("median", one, lambda: median_removal(one))
        return None if found is None else [round(day, 2) for day in found]

    def others(self, one: Assessment) -> list[dict[str, Any]]:
        """Return how long content stays at all others together: the curve of removal at chosen
        days.
        """
        rest = [other for other in self.assessed if other is not one]
        return self._once("others", one, lambda: removal_of_others(rest))

    def _once(self, what: str, one: Assessment, make: Callable[[], _Made]) -> _Made:
        key = what, one.names[0]
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]  # type: ignore[no-any-return]


class Patterns:
    """Makes looks, each once at a time, and keeps the last few."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looks: OrderedDict[date, Look] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, day: date | None = None) -> Look:
        """Return the look of a day, today's where none is named. Takes seconds for a large store,
        when it is made.
        """
        day = day or self._store.now.date()
        with self._lock:
            with self._store.read() as connection:
                held = self._looks.get(day)
                newest = _newest(connection)
                if held is not None and _nothing_older(connection, held, newest):
                    held.seq = newest
                else:
                    at = _beginning(day)
                    history = history_of(connection, at)
                    held = Look(day, history, assess(history, at), countries(connection), newest)
            self._looks[day] = held
            self._looks.move_to_end(day)
            while len(self._looks) > _KEPT:
                self._looks.popitem(last=False)
            return held

    def known(self) -> Look | None:
        """Return today's look where it was made already; where not, begin to make it, for who will
        not wait.
        """
        found = self._looks.get(self._store.now.date())
        if found is None and not self._lock.locked():
            threading.Thread(target=self._try, name="attribution-look", daemon=True).start()
        return found

    def _try(self) -> None:
        try:
            self.look()
        except AttributionError as error:
            _LOG.warning("today's look could not be made: %s", type(error).__name__)

    def assessed(self, name: str, day: date | None = None) -> tuple[Look, Assessment]:
        """Return the look and a provider's assessment, by its key or any name. Raises
        NotInStoreError where it had no notice by then.
        """
        look = self.look(day)
        found = look.of(name)
        if found is None:
            with self._store.read() as connection:
                _, key = provider_named(connection, name)
            found = look.of(key)
        if found is None:
            raise NotInStoreError(
                f"provider {name!r} had no notice by the beginning of {look.day}."
            )
        return look, found


def _beginning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _newest(connection: Connection) -> int:
    return (
        connection.execute(
            select(events.c.seq).where(IS_NEWS).order_by(events.c.seq.desc()).limit(1)
        ).scalar()
        or 0
    )


def _nothing_older(connection: Connection, held: Look, newest: int) -> bool:
    """Say whether nothing was added to what was known by a look's day: an import, a link, or a
    correction of it.
    """
    if newest == held.seq:
        return True
    older = or_(
        events.c.known_at <= micros(_beginning(held.day)),
        events.c.kind.in_(["correction", "unlinked"]),
    )
    added = select(events.c.seq).where(IS_NEWS, events.c.seq > held.seq, older).limit(1)
    return connection.execute(added).first() is None
