"""The e-process: how much a bet, block by block, that a provider fails more than it may has won.

Pure. H0: given all that was before, a block's expected share of failures is at most p. Who bets a
share s of their wealth at the odds of H0 multiplies it by 1 + (s / p) (X - p) in a block with share
X, which under H0 does not grow on average. So the wealth E exceeds 1/a with a chance of at most a,
however often and whenever it is computed (Ville's inequality). The stake is averaged over four;
half of the weight starts at the first block, half at restarts every four absolute weeks, so that a
provider that turned bad is recognised too; an average of such wealths is such a wealth.

Sources: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 86
(2024), section 4; Ramdas, Grünwald, Vovk & Shafer, "Game-theoretic statistics and safe
anytime-valid inference", Stat. Sci. 38 (2023); Shin, Ramdas & Rinaldo, "E-detectors" (2023).
Assumption: blocks may depend on one another in any way, but given all that was before, a block's
expected share is at most p. Moods and disputes break it: docs/explanation/pattern.md says how far.
"""

from __future__ import annotations

import numpy as np
from scipy.special import zeta

from attribution.pattern.arrays import Floats, Ints

STAKES = np.array([0.15, 0.35, 0.60, 0.85])
_RESTART_WEEKS = 4
_EASING = 5
_ALL_RESTARTS = float(zeta(1.5, _EASING + 1))
"""The sum of (k + 5)^-1.5 over all restarts k = 1, 2, …: Hurwitz's zeta function."""
_MOST = 1e300
"""E has no more to say above this, and a number that overflows is no number."""


def e_process(week: Ints, share: Floats, p: float, first_week: int | None = None) -> Floats:
    """Return E after each block.

    `week`: the absolute number of each block's first week, in order. `share`: its share of failures
    in [0, 1], NaN where the block has no evidence; at one date (blocks), or at many (blocks x
    dates). `first_week`: the week at which the first bet starts, by default the first block's.
    """
    wealth = np.zeros((len(STAKES), *share.shape[1:]))
    e_values = np.ones(share.shape)
    if not len(week):
        return e_values
    restarts_before = (int(week[0]) if first_week is None else first_week) // _RESTART_WEEKS
    invested, number = 0.5, 0
    wealth += 0.5
    stakes = (STAKES / p).reshape(-1, *(1,) * (share.ndim - 1))
    for place, at in enumerate(week.tolist()):
        due = at // _RESTART_WEEKS - restarts_before
        while number < due:
            number += 1
            weight = _weight(number)
            wealth += weight
            invested += weight
        factor = 1 + stakes * (share[place] - p)
        np.multiply(wealth, factor, out=wealth, where=~np.isnan(factor))
        np.minimum(wealth, _MOST, out=wealth)
        e_values[place] = wealth.mean(axis=0) + (1 - invested)
    return e_values


def _weight(number: int) -> float:
    """Return the prior weight of a restart, falling as (k + 5)^-1.5: half of all together."""
    return float(0.5 * (number + _EASING) ** -1.5 / _ALL_RESTARTS)
