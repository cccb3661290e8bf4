"""The three tests: over which horizon, in which blocks, against which share. Pure data.

refusal finds who removes nothing, or a part; entrenched who keeps a few sites for ever among many
removals; delay who removes, mostly after a week.
"""

from __future__ import annotations

from dataclasses import dataclass

from attribution.codes import Code

ALPHA = 0.05
"""Chance of one or more wrong names among all that are watched, by both tests together."""
FEWEST_WATCHED = 1000
NOTED_AT = 20.0
"""E from which on a provider is `non_responsive` or `delaying`."""
CHECK_DAYS = 1.0
"""Days within which a checker tells what it saw."""


class TestName(Code):
    """Which test; the line is what a dossier calls it."""

    __test__ = False

    REFUSAL = "refusal", "Test of refusal: content stayed 14 days"
    ENTRENCHED = "entrenched", "Test of entrenchment: content stayed 60 days"
    DELAY = "delay", "Test of delay: content stayed 7 days"


NAMING = (TestName.REFUSAL, TestName.ENTRENCHED)
"""The tests by which a provider may be flagged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test."""

    __test__ = False

    name: TestName
    horizon: float
    """Days after receipt at which a URL that is online failed."""
    weeks: int
    """A block is so many calendar weeks in which clocks started."""
    p: float
    """The null hypothesis: given all that was before, a block's expected share is at most this."""
    own_receipt: bool = False
    """Whether a site counts only where receipt is proven by what is about that very site."""


REFUSAL = Test(name=TestName.REFUSAL, horizon=14.0, weeks=1, p=0.10)
ENTRENCHED = Test(name=TestName.ENTRENCHED, horizon=60.0, weeks=4, p=0.02, own_receipt=True)
DELAY = Test(name=TestName.DELAY, horizon=7.0, weeks=1, p=0.40)
TESTS = (REFUSAL, ENTRENCHED, DELAY)


def named_at(watched: int) -> float:
    """Return the E from which a provider is a candidate for the list: 2 M / alpha (Bonferroni)."""
    return 2 * max(watched, FEWEST_WATCHED) / ALPHA
