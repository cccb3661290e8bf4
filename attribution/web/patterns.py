"""Assessments of every provider: computed once for a day, and again when its past changed."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from attribution.casework.notice_history import countries, history_of
from attribution.casework.providers import provider_named
from attribution.errors import AttributionError, NotInStoreError
from attribution.pattern.assess import assess
from attribution.pattern.dossier.dossier import dossier_of
from attribution.pattern.dossier.removal import median_removal, removal_of_others
from attribution.pattern.history import History
from attribution.pattern.report import as_row
from attribution.pattern.verdict import Assessment
from attribution.store import Reader, Store
from attribution.store.queries.service_log import last_entry, past_changed
from attribution.store.times import micros

_LOG = logging.getLogger("attribution.web")
_MOST_DAYS = 4
"""Days whose assessments are kept: those asked for last."""
_Value = TypeVar("_Value")


@dataclass(slots=True)
class Assessments:
    """The assessment of every provider as of a day's beginning (UTC)."""

    day: date
    history: History
    assessed: list[Assessment]
    countries: dict[str, str]
    """By provider."""
    last_entry: int
    """The number of the log's last entry that was read."""
    _computed: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Dossiers and curves that were asked for, by what they are and whose."""

    def of(self, name: str) -> Assessment | None:
        """Return the assessment of a provider under any of its names.

        None where it had no notice by then.
        """
        return next((row for row in self.assessed if name in row.names), None)

    def row(self, assessment: Assessment) -> dict[str, Any]:
        """Return an assessment as plain values."""
        return as_row(assessment, self.countries.get(assessment.names[0]))

    def dossier(self, assessment: Assessment) -> dict[str, Any]:
        """Return a provider's dossier. The first time, it takes up to a second."""
        country = self.countries.get(assessment.names[0])
        return self._once(
            "dossier", assessment, lambda: dossier_of(assessment, self.history, country)
        )

    def median_days(self, assessment: Assessment) -> list[float] | None:
        """Return the bounds of the days within which half of a provider's URLs were gone."""
        bounds = self._once("median", assessment, lambda: median_removal(assessment))
        return None if bounds is None else [round(day, 2) for day in bounds]

    def others(self, assessment: Assessment) -> list[dict[str, Any]]:
        """Return the curve of removal of all other providers together."""
        others = [other for other in self.assessed if other is not assessment]
        return self._once("others", assessment, lambda: removal_of_others(others))

    def _once(self, what: str, assessment: Assessment, compute: Callable[[], _Value]) -> _Value:
        key = what, assessment.names[0]
        if key not in self._computed:
            self._computed[key] = compute()
        return self._computed[key]  # type: ignore[no-any-return]


class Patterns:
    """Computes assessments, those of a day once at a time, and keeps the last few days."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_day: OrderedDict[date, Assessments] = OrderedDict()
        self._lock = threading.Lock()

    def assessments(self, day: date | None = None) -> Assessments:
        """Return everybody as of a day's beginning, today's where none is named.

        The first time, it takes seconds for a large store.
        """
        day = day or self._store.now.date()
        with self._lock:
            with self._store.read() as reader:
                self._by_day[day] = self._up_to_date(reader, day)
            self._by_day.move_to_end(day)
            while len(self._by_day) > _MOST_DAYS:
                self._by_day.popitem(last=False)
            return self._by_day[day]

    def _up_to_date(self, reader: Reader, day: date) -> Assessments:
        last, at = last_entry(reader), datetime(day.year, day.month, day.day, tzinfo=UTC)
        before = self._by_day.get(day)
        if before and (
            last == before.last_entry or not past_changed(reader, before.last_entry, micros(at))
        ):
            before.last_entry = last
            return before
        history = history_of(reader, at)
        return Assessments(day, history, assess(history, at), countries(reader), last)

    def ready(self) -> Assessments | None:
        """Return today's assessments where they are computed; where not, begin to compute them."""
        ready = self._by_day.get(self._store.now.date())
        if ready is None and not self._lock.locked():
            threading.Thread(target=self._try, name="attribution-assess", daemon=True).start()
        return ready

    def _try(self) -> None:
        try:
            self.assessments()
        except AttributionError as error:
            _LOG.warning("today's assessments failed: %s", type(error).__name__)

    def of_provider(self, name: str, day: date | None = None) -> tuple[Assessments, Assessment]:
        """Return everybody as of a day, and a provider's assessment by its key or any name.

        Raises NotInStoreError where it had no notice by then.
        """
        assessments = self.assessments(day)
        assessment = assessments.of(name)
        if assessment is None:
            with self._store.read() as reader:
                _, key = provider_named(reader, name)
            assessment = assessments.of(key)
        if assessment is None:
            raise NotInStoreError(
                f"provider {name!r} had no notice by the beginning of {assessments.day}."
            )
        return assessments, assessment
