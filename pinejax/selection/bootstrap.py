"""The stationary bootstrap of a history: which returns follow which, how long its stretches should be, and intervals made of it.

Politis and Romano, "The stationary bootstrap" (1994); Politis and White, "Automatic block-length selection for the dependent bootstrap"
(2004), as corrected by Patton, Politis and White (2009); DiCiccio and Efron, "Bootstrap confidence intervals" (1996).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, log10, nan, sqrt

import numpy as np
from jaxtyping import Float, Int
from scipy.special import ndtr, ndtri

CHUNK = 2**21
"""Numbers resampled at a time: 16 MiB."""

FEWEST_RETURNS = 8
"""Autocorrelations of fewer say nothing about each other."""

Statistic = Callable[[Float[np.ndarray, "draws days"]], Float[np.ndarray, " draws"]]
"""A number of each of some histories of daily returns."""


def stretches(rng: np.random.Generator, n: int, length: float, n_draws: int = 1) -> Int[np.ndarray, "draws {n}"]:
    """Indices of histories: stretches of random starts and geometric lengths, `length` in the mean, around the end. (1994, section 2)"""
    begins = rng.random((n_draws, n)) < 1.0 / max(length, 1.0)
    begins[:, 0] = True
    starts = rng.integers(0, n, (n_draws, n))
    at = np.arange(n)
    began = np.maximum.accumulate(np.where(begins, at, 0), axis=1)
    return (np.take_along_axis(starts, began, axis=1) + at - began) % n


def counts(rng: np.random.Generator, n: int, length: float, n_draws: int) -> Float[np.ndarray, "{n_draws} {n}"]:
    """How often each return is in each history: all that a mean needs to know of it."""
    found = np.empty((n_draws, n))
    for first, drawn in _draws(rng, n, length, n_draws):
        rows = np.arange(len(drawn))[:, None] * n
        found[first : first + len(drawn)] = np.bincount((drawn + rows).ravel(), minlength=drawn.size).reshape(drawn.shape)
    return found


def block_lengths(returns: Float[np.ndarray, "days sets"]) -> Float[np.ndarray, " sets"]:
    """The mean length of stretches, 1 or more, with which the variance of each column's mean is estimated best.

    1 for constant columns and fewer than eight returns. The bandwidth is twice the first lag from which some autocorrelations in a row
    are insignificant, as in Patton's own code. (2004, section 3.2; 2009, eq. 9)
    """
    n, sets = returns.shape
    if n < FEWEST_RETURNS:
        return np.ones(sets)
    run = max(5, int(log10(n)))
    lags = min(ceil(sqrt(n)) + run, n - 2)
    centred = returns - returns.mean(axis=0)
    centred[:, returns.std(axis=0) <= 1e-12 * np.abs(returns).max(axis=0)] = 0.0
    covariance, correlation = _autocovariances(centred, lags)
    small = correlation[1:] < 2.0 * sqrt(log10(n) / n)
    # quiet[j]: the lags j + 1 .. j + run are all insignificant.
    quiet = np.all(np.lib.stride_tricks.sliding_window_view(small, run, axis=0)[: lags - run], axis=-1)
    width = np.minimum(np.where(np.any(quiet, axis=0), 2 * (quiet.argmax(axis=0) + 1), lags), lags)
    k = np.arange(1, lags + 1)[:, None]
    weight = np.where(k <= width, np.clip(2.0 * (1.0 - k / width), 0.0, 1.0), 0.0)
    slope = 2.0 * (weight * k * covariance[1:]).sum(axis=0)
    level = covariance[0] + 2.0 * (weight * covariance[1:]).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        length = np.cbrt(slope**2 / level**2 * n)
    longest = ceil(min(3.0 * sqrt(n), n / 3.0))
    return np.clip(np.where(np.isfinite(length), length, 1.0), 1.0, longest)


def block_length(returns: Float[np.ndarray, " days"]) -> float:
    """`block_lengths` of one series."""
    return float(block_lengths(returns[:, None])[0])


@dataclass(frozen=True)
class Interval:
    """Where a number lies with the probability `level`; NaN where it is undefined in a history."""

    level: float
    low: float
    high: float


@dataclass(frozen=True)
class Resampled:
    """A number of one history, and of many that are drawn from it. jackknife: of the history without each of some stretches."""

    estimate: float
    drawn: Float[np.ndarray, " draws"]
    jackknife: Float[np.ndarray, " left_out"]

    def percentile(self, level: float) -> Interval:
        """Between the quantiles of what was drawn. (1996, section 2)"""
        low, high = np.quantile(self.drawn, [0.5 - level / 2, 0.5 + level / 2]) if np.isfinite(self.drawn).all() else (nan, nan)
        return Interval(level, float(low), float(high))

    def bca(self, level: float) -> Interval:
        """The same quantiles moved for bias and for a spread that changes with the number: BCa. The jackknife leaves out stretches.

        (1996, eq. 2.3, 6.6; Lahiri, "Resampling methods for dependent data", 2003, for the stretches)
        """
        below = float((self.drawn < self.estimate).mean() + (self.drawn == self.estimate).mean() / 2)
        if not (np.isfinite(self.drawn).all() and np.isfinite(self.jackknife).all() and 0.0 < below < 1.0):
            return Interval(level, nan, nan)
        bias = float(ndtri(below))
        fall = self.jackknife.mean() - self.jackknife
        spread = float((fall**2).sum()) ** 1.5
        pull = float((fall**3).sum()) / (6.0 * spread) if spread > 0 else 0.0
        z = bias + ndtri(np.array([0.5 - level / 2, 0.5 + level / 2]))
        low, high = np.quantile(self.drawn, ndtr(bias + z / (1.0 - pull * z)))
        return Interval(level, float(low), float(high))


def resample(
    returns: Float[np.ndarray, " days"], statistics: dict[str, Statistic], length: float, n_draws: int, seed: int
) -> dict[str, Resampled]:
    """Several numbers of the same drawn histories. The jackknife leaves out each stretch of `length` days once."""
    n, whole = len(returns), returns[None, :]
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in statistics}
    for _, at in _draws(np.random.default_rng(seed), n, length, n_draws):
        histories = returns[at]
        for name, of in statistics.items():
            drawn[name].append(of(histories))
    parts = np.array_split(np.arange(n), max(2, round(n / length)))
    without = [np.delete(returns, part)[None, :] for part in parts]
    return {
        name: Resampled(float(of(whole)[0]), np.concatenate(drawn[name]), np.array([float(of(x)[0]) for x in without]))
        for name, of in statistics.items()
    }


def total_return(returns: Float[np.ndarray, "draws days"]) -> Float[np.ndarray, " draws"]:
    """Growth over the whole history, a fraction."""
    return np.prod(1.0 + returns, axis=1) - 1.0


def yearly_growth(returns: Float[np.ndarray, "draws days"], per_year: float) -> Float[np.ndarray, " draws"]:
    """CAGR, a fraction: -1 where all is lost."""
    growth = np.maximum(np.prod(1.0 + returns, axis=1), 0.0)
    return growth ** (per_year / returns.shape[1]) - 1.0


def yearly_sharpe(returns: Float[np.ndarray, "draws days"], per_year: float) -> Float[np.ndarray, " draws"]:
    """Mean over standard deviation, times the root of the returns in a year; 0 where they do not vary."""
    mean, spread = returns.mean(axis=1), returns.std(axis=1)
    flat = spread <= 1e-12
    return np.where(flat, 0.0, mean / np.where(flat, 1.0, spread)) * sqrt(per_year)


def max_drawdown(returns: Float[np.ndarray, "draws days"]) -> Float[np.ndarray, " draws"]:
    """The deepest fall from a peak between days' ends, a fraction of the peak, 0 or more; the start is a peak too."""
    growth = np.cumprod(1.0 + returns, axis=1)
    peak = np.maximum(np.maximum.accumulate(growth, axis=1), 1.0)
    return np.maximum((1.0 - growth / peak).max(axis=1), 0.0)


def win_share(returns: Float[np.ndarray, "draws days"]) -> Float[np.ndarray, " draws"]:
    """Share of the days with a gain among those with a gain or a loss; 0 where there are none."""
    wins, moved = (returns > 0).sum(axis=1), (returns != 0).sum(axis=1)
    return wins / np.maximum(moved, 1)


def _draws(rng: np.random.Generator, n: int, length: float, n_draws: int) -> Iterator[tuple[int, Int[np.ndarray, "draws days"]]]:
    """Some histories at a time, with the number of the first."""
    step = max(1, CHUNK // n)
    for first in range(0, n_draws, step):
        yield first, stretches(rng, n, length, min(step, n_draws - first))


def _autocovariances(
    centred: Float[np.ndarray, "days sets"], lags: int
) -> tuple[Float[np.ndarray, "lags_and_0 sets"], Float[np.ndarray, "lags_and_0 sets"]]:
    """Covariances of lags 0 .. `lags` (sums over n) and the correlations' absolute values (of the overlapping parts; 1 at lag 0)."""
    n = len(centred)
    squares = np.r_[np.zeros((1, centred.shape[1])), np.cumsum(centred**2, axis=0)]
    covariance, correlation = np.empty((lags + 1, centred.shape[1])), np.empty((lags + 1, centred.shape[1]))
    for k in range(lags + 1):
        product = np.einsum("ts,ts->s", centred[k:], centred[: n - k])
        # The norms leave out one return more than the product does, as the published programs do.
        norm = np.sqrt((squares[n] - squares[k + 1]) * squares[n - k - 1])
        covariance[k] = product / n
        correlation[k] = np.divide(np.abs(product), norm, out=np.zeros_like(norm), where=norm > 1e-300)
    return covariance, correlation
