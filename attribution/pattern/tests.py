"""The three tests: over which horizon, in which blocks, against which share. Pure data.

refusal finds who removes nothing, or a part; entrenched who keeps a few sites for ever among many
removals; delay who removes, mostly after a week.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ALPHA = 0.05
"""Chance of one or more wrong names among all that are watched, by both tests together."""
FEWEST_WATCHED = 1000
NOTED_AT = 20.0
"""E from which on a provider is `non_responsive` or `delaying`."""
CHECK_DAYS = 1.0
"""Days within which a checker tells what it saw."""


class TestName(StrEnum):
    """Which test."""

    __test__ = False

    REFUSAL = "refusal"
    """Removes nothing, or a part."""
    ENTRENCHED = "entrenched"
    """Keeps a few sites for ever."""
    DELAY = "delay"
    """Removes mostly after a week."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test. A block is so many calendar weeks in which clocks started."""

    __test__ = False

    name: TestName
    horizon: float
    weeks: int
    p: float
    """The null hypothesis: given all that was before, a block's expected share is at most this."""
    own_receipt: bool = False
    """Whether a site counts only where receipt is proven by what is about that very site."""


REFUSAL = Test(TestName.REFUSAL, 14.0, 1, 0.10)
ENTRENCHED = Test(TestName.ENTRENCHED, 60.0, 4, 0.02, own_receipt=True)
DELAY = Test(TestName.DELAY, 7.0, 1, 0.40)
TESTS = (REFUSAL, ENTRENCHED, DELAY)


def named_at(watched: int) -> float:
    """Return the E from which on a provider is a candidate for the list: 2 M / alpha, by
    Bonferroni.
    """
    return 2 * max(watched, FEWEST_WATCHED) / ALPHA
