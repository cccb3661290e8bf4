"""The e-process: how much one would have won by betting, week by week, that a provider fails more than it may. Pure.

H0: the provider's mean share of failures is at most `P0` = 10 %, whatever happened before. Whoever bets a share s of what they have at the
odds of H0 multiplies it by 1 + (s / P0) (X - P0) in a week with share X, which under H0 does not grow on average. So the wealth E exceeds
1/a with a chance of at most a, however often and whenever one looks (Ville's inequality). The stake is averaged over four, and the start of
the bet over the first week and restarts every four weeks, so that a provider that turned bad is found too; an average of such wealths is one.

Sources: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 86 (2024), section 4; Ramdas, Grünwald, Vovk &
Shafer, "Game-theoretic statistics and safe anytime-valid inference", Stat. Sci. 38 (2023); Shin, Ramdas & Rinaldo, "E-detectors" (2023), for restarts.
Assumption: weeks may depend on one another in any way, but given all that was before, a week's expected share is at most P0.
"""

from __future__ import annotations

import numpy as np
from scipy.special import zeta

from attribution.pattern.history import Floats, Ints

P0 = 0.10
STAKES = np.array([0.15, 0.35, 0.60, 0.85])
WATCHED = 1000
"""Providers watched at once: M."""
ALPHA = 0.05
"""Chance of one or more wrong names among them in the whole period."""
NAMED_AT = WATCHED / ALPHA
NOTED_AT = 20.0
_RESTART_WEEKS = 4
_EASING = 5
_ALL_RESTARTS = float(zeta(1.5, _EASING + 1))
"""The sum of (k + 5)^-1.5 over all restarts k = 1, 2, …: Hurwitz's zeta function."""


def e_process(week: Ints, share: Floats) -> Floats:
    """Return E after each week with evidence: `week` are their numbers in order, `share` the shares in [0, 1]."""
    if not len(week):
        return np.array([], float)
    factors = 1 + STAKES[:, None] / P0 * (share[None, :] - P0)
    logs = np.cumsum(np.log(factors), axis=1)
    since = week - week[0]
    wealth = 0.5 * np.exp(logs).mean(axis=0)
    last = int(since[-1]) // _RESTART_WEEKS
    invested = 0.0
    for number in range(1, last + 1):
        weight = _weight(number)
        begin = int(np.searchsorted(since, number * _RESTART_WEEKS))
        before = logs[:, begin - 1 : begin]
        wealth[:begin] += weight
        wealth[begin:] += weight * np.exp(logs[:, begin:] - before).mean(axis=0)
        invested += weight
    return np.asarray(wealth + (0.5 - invested), float)


def _weight(number: int) -> float:
    """Return the prior weight of a restart, falling as (k + 5)^-1.5: half of all together, and never so little that a late turn is not found."""
    return float(0.5 * (number + _EASING) ** -1.5 / _ALL_RESTARTS)
