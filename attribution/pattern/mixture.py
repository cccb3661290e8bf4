"""How likely a provider is one that does not act: a mixture of two beta-binomials. Pure.

For the order of work, never an accusation. Each provider has k of n sites failed (as shares of
URLs, so k need not be whole). The n sites fail with a chance of the provider's own, drawn from one
of two beta distributions: those that act, and those that do not. The five numbers are those that
make the providers of the history most likely (L-BFGS-B), begun at and drawn to what simulated years
show. Source: Griffiths, "Maximum likelihood estimation for the beta-binomial distribution",
Biometrics 29 (1973). Assumption: providers are alike but for these two kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit, logit
from scipy.stats import beta

from attribution.pattern.arrays import Floats

_START = np.array([logit(0.15), np.log(0.35), np.log(7.0), np.log(6.0), np.log(1.5)])
_PULL = 0.25
"""How strongly the numbers are drawn to where they began: few providers say little of their own."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Two kinds of providers, each with the beta distribution (a, b) of its chance of failing."""

    share: float
    """Of the providers, those that do not act."""
    acts: tuple[float, float]
    ignores: tuple[float, float]

    def probability(self, failed: Floats, sites: Floats) -> Floats:
        """Return how likely each provider is to let more than half of what is noticed stay."""
        acts, ignores = (
            _log_likelihood(failed, sites, *kind) for kind in (self.acts, self.ignores)
        )
        odds = expit(logit(self.share) + ignores - acts)
        over_half = [
            beta.sf(0.5, a + failed, b + sites - failed) for a, b in (self.ignores, self.acts)
        ]
        return np.asarray(odds * over_half[0] + (1 - odds) * over_half[1], float)


def fit(failed: Floats, sites: Floats) -> Mixture:
    """Fit the mixture to all providers of a history."""
    kept = sites > 0

    def loss(values: Floats) -> float:
        share, acts, ignores = _unpacked(values)
        low = np.log1p(-share) + _log_likelihood(failed[kept], sites[kept], *acts)
        high = np.log(share) + _log_likelihood(failed[kept], sites[kept], *ignores)
        return float(
            -np.logaddexp(low, high).sum() + ((values - _START) ** 2).sum() / (2 * _PULL**2)
        )

    result = minimize(loss, _START, method="L-BFGS-B", bounds=[(v - 1.5, v + 1.5) for v in _START])
    return Mixture(*_unpacked(result.x))


def _unpacked(values: Floats) -> tuple[float, tuple[float, float], tuple[float, float]]:
    a, b, c, d = np.exp(values[1:])
    return float(expit(values[0])), (float(a), float(b)), (float(c), float(d))


def _log_likelihood(failed: Floats, sites: Floats, a: float, b: float) -> Floats:
    """The beta-binomial's, without the binomial coefficient, which both kinds share."""
    return np.asarray(betaln(failed + a, sites - failed + b) - betaln(a, b), float)
