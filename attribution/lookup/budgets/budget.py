"""The rate limit of one registry: a token bucket that adapts to refusals and failures. Pure; times
are seconds.

The bucket fills at the rate, up to the burst; turns taken ahead of time make it negative, which is
the queue. A refusal leaves one token in it, halves the rate, and closes the budget for as long as
the registry says, or for twice as long each time when it says nothing. Three failures in a row
close it for 15 seconds, then twice as long after each probe that fails.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from attribution.data.budgets import Limits

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0
_FAILURES_TO_REST = 3
_REFUSALS_TO_DOUBT = 3
_FIRST_REST, _LONGEST_REST = 15.0, 300.0
_PROBE = 2.0
"""Seconds between probes of a registry that did not answer before its rest."""
_SLOWEST = 0.2
"""Questions a second below which no refusal brings the rate."""
_FASTER = 0.02
"""By which part of the limit the rate grows back with each answer."""
_SANE = 2 * 86400.0
"""A time further ahead than this was written by a clock that ran ahead, and does not count."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The registry is to be left alone."""

    until: float
    kind: str
    """`rate_limited`, `unreachable` or `quota`."""
    note: str


@dataclass(frozen=True, slots=True)
class Budget:
    """The state of one registry's rate limit. Times are seconds since 1970."""

    rate: float
    tokens: float = 0.0
    filled_at: float = 0.0
    """When `tokens` was right; 0 for a registry that was never asked, whose bucket is full."""
    not_before: float = 0.0
    kind: str = "rate_limited"
    note: str = ""
    """Message of the last refusal or failure; questions turned away after it repeat it."""
    paused_at: float = 0.0
    refusals: int = 0
    """In a row."""
    failures: int = 0
    """In a row."""
    asked: int = 0
    refused: int = 0
    failed: int = 0
    """In all, since the ledger began."""
    last_asked: float = 0.0
    personal: int = 0
    """Records of persons that answers held on `day`."""
    day: str = ""
    """The day that `personal` counts for."""
    flights: dict[str, float] = field(default_factory=dict)
    """Questions in flight, of every process, with the time after which each counts as lost."""

    @classmethod
    def new(cls, limits: Limits) -> Budget:
        """Return the budget of a registry that was never asked."""
        return cls(limits.rate)

    @classmethod
    def from_json(cls, values: Any, limits: Limits) -> Budget:
        """Read what `to_json` wrote; anything else gives a new budget."""
        try:
            return cls(
                **{
                    item.name: type(getattr(cls(1.0), item.name))(values[item.name])
                    for item in fields(cls)
                }
            )
        except (KeyError, TypeError, ValueError):
            return cls.new(limits)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    def closed(self, now: float) -> Closed | None:
        """Return until when the registry is to be left alone, or None."""
        if now < self.not_before <= now + _SANE:
            return Closed(self.not_before, self.kind, self.note)
        return None

    def in_flight(self, now: float) -> int:
        """Count the questions in flight, of every process."""
        return sum(lost > now for lost in self.flights.values())

    def turn(
        self, limits: Limits, now: float, flight: str, lost: float, longest: float
    ) -> tuple[Budget, float]:
        """Take the next turn; return the budget after it and how long to wait for it.

        `flight` names the question, which counts as in flight until it has landed or until `lost`.
        A turn that is more than `longest` seconds off is not taken: the budget comes back
        unchanged, with the wait.
        """
        rate = min(max(self.rate, _SLOWEST), limits.rate)
        passed = now - self.filled_at
        tokens = (
            min(self.tokens + max(passed, 0.0) * rate, limits.burst) if passed > -_SANE else 0.0
        )
        if self.filled_at == 0.0:
            tokens = limits.burst
        wait = max((1 - tokens) / rate, 0.0)
        if wait > longest:
            return self, wait
        flights = {name: ends for name, ends in self.flights.items() if ends > now} | {
            flight: lost + wait
        }
        changed = replace(
            self,
            tokens=tokens - 1,
            filled_at=max(now, self.filled_at) if passed > -_SANE else now,
            flights=flights,
            asked=self.asked + 1,
            last_asked=now + wait,
        )
        # A probe: other questions wait for its result.
        if self.failures >= _FAILURES_TO_REST:
            changed = replace(changed, not_before=now + _PROBE, kind="unreachable")
        return changed, wait

    def landed(self, flight: str) -> Budget:
        """Return the budget after a question of this name has ended."""
        return replace(
            self, flights={name: lost for name, lost in self.flights.items() if name != flight}
        )

    def after_refusal(
        self, limits: Limits, now: float, asked_at: float, wait: float | None, note: str
    ) -> Budget:
        """Return the budget after a refusal; one to a question asked before the pause is ignored.

        `wait` is the registry's Retry-After in seconds, None where it gave none.
        """
        if asked_at < self.paused_at <= now:
            return replace(self, refused=self.refused + 1)
        own_pause = min(_FIRST_PAUSE * 2**self.refusals, _LONGEST_PAUSE)
        # A registry that goes on refusing after the time that it named is not believed any more.
        trusted = wait is not None and self.refusals < _REFUSALS_TO_DOUBT
        until = now + max(wait or 0.0, 0.05 if trusted else own_pause)
        rate = max(min(self.rate, limits.rate) / 2, _SLOWEST)
        return replace(
            self,
            rate=rate,
            tokens=1.0,
            filled_at=until,
            not_before=until,
            kind="rate_limited",
            note=note,
            paused_at=now,
            refusals=self.refusals + 1,
            refused=self.refused + 1,
        )

    def after_failure(self, now: float, asked_at: float, note: str) -> Budget:
        """Return the budget after a failure; one of a question asked before the rest is ignored."""
        if asked_at < self.paused_at <= now:
            return replace(self, failed=self.failed + 1)
        failures = self.failures + 1
        changed = replace(self, failures=failures, failed=self.failed + 1)
        if failures < _FAILURES_TO_REST:
            return changed
        rest = min(_FIRST_REST * 2 ** (failures - _FAILURES_TO_REST), _LONGEST_REST)
        return replace(changed, not_before=now + rest, kind="unreachable", note=note, paused_at=now)

    def after_answer(self, limits: Limits, now: float, persons: int) -> Budget:
        """Return the budget after an answer that holds the records of so many persons."""
        rate = min(self.rate + limits.rate * _FASTER, limits.rate)
        open_again = self.kind == "unreachable" and self.failures >= _FAILURES_TO_REST
        changed = replace(
            self,
            rate=rate,
            refusals=0,
            failures=0,
            not_before=0.0 if open_again else self.not_before,
        )
        if not limits.personal:
            return changed
        today = datetime.fromtimestamp(now, UTC).date()
        counted = (self.personal if self.day == today.isoformat() else 0) + persons
        changed = replace(changed, personal=counted, day=today.isoformat())
        if counted < limits.personal:
            return changed
        midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), UTC).timestamp()
        note = (
            f"{counted} records of persons were received today, of {limits.personal}: the registry "
            "bans whoever takes more"
        )
        return replace(changed, not_before=midnight, kind="quota", note=note)
