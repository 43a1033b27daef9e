"""How sure a Sharpe ratio is, alone and as the best of many. Ratios here are per return, not annualised.

Bailey and Lopez de Prado, "The Sharpe ratio efficient frontier" (2012), and "The deflated Sharpe ratio" (2014); Bailey, Borwein,
Lopez de Prado, Zhu, "Pseudo-mathematics and financial charlatanism" (2014) for the length of a backtest.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import e, inf, nan, sqrt

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri

EULER = float(np.euler_gamma)
FEWEST_RETURNS = 3
"""Below that there is no kurtosis to speak of."""


@dataclass(frozen=True)
class Moments:
    """What the formulas need of a series of returns. kurtosis: 3 for a normal distribution."""

    n: int
    sharpe: float
    skew: float = 0.0
    kurtosis: float = 3.0


def moments(returns: Float[np.ndarray, " returns"]) -> Moments:
    """Of returns (fractions, one per period), NaN left out. All NaN where fewer than three remain or they do not vary."""
    x = returns[np.isfinite(returns)]
    spread = x.std() if len(x) else 0.0
    if len(x) < FEWEST_RETURNS or spread <= 1e-12 * max(1.0, float(np.abs(x).max())):
        return Moments(len(x), nan, nan, nan)
    z = (x - x.mean()) / spread
    return Moments(len(x), float(x.mean() / spread), float((z**3).mean()), float((z**4).mean()))


def sharpe_ratios(returns: Float[np.ndarray, "days sets"]) -> Float[np.ndarray, " sets"]:
    """Of each column, as in `moments`; NaN where it does not vary or has a NaN."""
    spread = returns.std(axis=0)
    varies = (spread > 1e-12 * np.maximum(1.0, np.abs(returns).max(axis=0))) & (len(returns) >= FEWEST_RETURNS)
    return np.where(varies, returns.mean(axis=0) / np.where(varies, spread, 1.0), nan)


def probabilistic_sharpe(m: Moments, benchmark: float = 0.0) -> float:
    """Probability that the true ratio is above `benchmark`, given the estimate's length, skew and kurtosis. NaN if undefined.

    (2012, eq. 9)
    """
    spread = _spread(m)
    return float(ndtr((m.sharpe - benchmark) * sqrt(m.n - 1) / sqrt(spread))) if m.n > 1 and spread > 0 else nan


def expected_maximum(n_trials: float, variance: float) -> float:
    """The largest ratio to expect of so many independent trials without skill, whose ratios vary by `variance`. 0 below two trials.

    (2014, eq. 1)
    """
    if n_trials < 2 or not variance >= 0:
        return 0.0 if variance >= 0 else nan
    return sqrt(variance) * _normal_maximum(n_trials)


def deflated_sharpe(m: Moments, n_trials: float, variance: float) -> float:
    """Probability that the true ratio of the best trial is above what the best of `n_trials` without skill would show.

    variance: of the ratios over the trials. Independent trials are assumed: give their effective number. (2014, eq. 2)
    """
    return probabilistic_sharpe(m, expected_maximum(n_trials, variance))


def minimum_track_record(m: Moments, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """How many returns it takes to say so surely that the true ratio is above `benchmark`; inf where the ratio is not. (2012, eq. 11)"""
    if not m.sharpe > benchmark:
        return nan if np.isnan(m.sharpe) else inf
    return 1.0 + _spread(m) * (float(ndtri(confidence)) / (m.sharpe - benchmark)) ** 2


def minimum_backtest_years(n_trials: float, annual_sharpe: float) -> float:
    """Years below which the best of so many independent trials without skill is expected to show this annual ratio. (2014, theorem 1)"""
    return (_normal_maximum(n_trials) / annual_sharpe) ** 2 if n_trials >= 2 else 0.0


def effective_trials(correlation: Float[np.ndarray, "trials trials"]) -> float:
    """How many independent trials the correlated ones are worth, 1 to `trials`: the exponential of the entropy of the eigenvalues' shares.

    One for equal series, all of them for uncorrelated ones. (Roy and Vetterli, "The effective rank", 2007)
    """
    values = np.clip(np.linalg.eigvalsh(correlation), 0.0, None)
    share = values / values.sum()
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))


def effective_sets(returns: Float[np.ndarray, "days sets"]) -> float:
    """`effective_trials` of returns that all vary: from the smaller of the two matrices of products, whose eigenvalues are the same."""
    unit = returns - returns.mean(axis=0)
    unit = unit / np.sqrt((unit**2).sum(axis=0))
    return effective_trials(unit.T @ unit if unit.shape[1] <= len(unit) else unit @ unit.T)


def _spread(m: Moments) -> float:
    """The variance of the estimated ratio, times n - 1."""
    return 1.0 - m.skew * m.sharpe + (m.kurtosis - 1.0) / 4.0 * m.sharpe**2


def _normal_maximum(n: float) -> float:
    """Expected maximum of n standard normal numbers, asymptotically."""
    return (1.0 - EULER) * float(ndtri(1.0 - 1.0 / n)) + EULER * float(ndtri(1.0 - 1.0 / (n * e)))
