"""A history made ready: what the examination of one provider needs to know of all others. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from attribution.pattern.checkers import BadWeeks, tally
from attribution.pattern.examination import Examination
from attribution.pattern.failure import served_by_provider
from attribution.pattern.history import History
from attribution.pattern.receipt import Receipt, receipt_of
from attribution.pattern.tests import named_at
from attribution.pattern.times import ALWAYS, Day


@dataclass
class Cohort:
    """All providers of a history, with what is known at a date."""

    history: History
    at: Day
    _receipts: dict[str, Receipt] = field(default_factory=dict)

    @cached_property
    def lenient(self) -> bool:
        """Whether no check in the history says who served."""
        return not self.history.says_who_served()

    @cached_property
    def named_at(self) -> float:
        """E from which on a provider is a candidate."""
        return named_at(self.history.count_watched(self.at))

    @cached_property
    def bad_weeks(self) -> BadWeeks:
        """Return the bad weeks of named checkers."""
        weeks = BadWeeks()
        if self.history.checkers:
            for name in sorted(self.history.providers):
                record = self.history.record([name])
                served = served_by_provider(record, lenient=self.lenient)
                weeks.add(name, tally(record, served, self.receipt(name).clock.start))
        return weeks

    def receipt(self, name: str) -> Receipt:
        """Return what is known of the receipts of one name; its mailbox is its own."""
        if name not in self._receipts:
            self._receipts[name] = receipt_of(self.history.record([name]))
        return self._receipts[name]

    def examine(self, names: tuple[str, ...], linked_at: Day | None = None) -> Examination:
        """Return the examination of a provider under some names.

        `linked_at`: when it was known that they are one; the last link between them by default.
        """
        if linked_at is None:
            linked_at = ALWAYS
            if len(names) > 1:
                past = [day for day in self.history.link_days(names) if day <= self.at]
                linked_at = max(past, default=ALWAYS)
        record = self.history.record(names, linked_at)
        receipt = Receipt.joined([self.receipt(name) for name in record.names])
        return Examination(record, receipt, self.lenient, self.bad_weeks.of(record.names))
