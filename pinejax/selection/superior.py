"""Whether the best of many sets beats a benchmark by more than luck, all of them having been looked at.

White, "A reality check for data snooping" (2000); Hansen, "A test for superior predictive ability" (2005); Romano and Wolf, "Stepwise
multiple testing as formalized data snooping" (2005). All three on the same histories of a stationary bootstrap, and on all sets: the best
of each cluster alone would make noise look better than it is, since what was left out is drawn no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from jaxtyping import Float, Int

from pinejax.errors import ConfigError
from pinejax.selection.bootstrap import block_lengths, counts

FEWEST_DAYS = 8
CONSTANT = 1e-12
"""A standard deviation below which a column counts as constant: it is left out."""
LEAST_SPREAD = 1e-3
"""Of a standard deviation: returns that cancel each other may leave a mean of no spread at all, which nothing may be divided by."""


@dataclass(frozen=True)
class Contest:
    """Sets' mean gains over the benchmark, and what they were in histories that were drawn. block: mean length of stretches, days.

    mean: per day; spread: of `sqrt(n) * mean` (2005, 2.3: what the bootstrap's own variance tends to); drawn: means of the histories.
    columns: which of the sets these are, constant ones being left out.
    """

    n: int
    block: float
    mean: Float[np.ndarray, " sets"]
    spread: Float[np.ndarray, " sets"]
    drawn: Float[np.ndarray, "draws sets"]
    columns: Int[np.ndarray, " sets"]

    @property
    def ratio(self) -> Float[np.ndarray, " sets"]:
        """Studentised gains."""
        return sqrt(self.n) * self.mean / self.spread


@dataclass(frozen=True)
class Superiority:
    """Hansen's test. best: the set with the largest studentised gain; statistic: that gain, 0 if it is a loss.

    lower, consistent, upper: p-values of "no set is better", with poor sets' means recentred not at all, if not too poor, or always. The
    consistent one is the test; the others say how much depends on poor sets.
    """

    best: int
    statistic: float
    lower: float
    consistent: float
    upper: float


def contest(gains: Float[np.ndarray, "days sets"], n_draws: int = 1_000, seed: int = 0, block: float | None = None) -> Contest:
    """Draws the histories. gains: daily returns less the benchmark's; block: None for the median of the sets' own best lengths.

    Errors: ConfigError for fewer than eight days, values that are no numbers, or no column that varies.
    """
    length = float(np.median(block_lengths(gains))) if block is None else block
    return judged_on(gains, counts(np.random.default_rng(seed), len(gains), length, n_draws), length)


def judged_on(gains: Float[np.ndarray, "days sets"], drawn: Float[np.ndarray, "draws days"], block: float) -> Contest:
    """A contest on histories that are given. drawn: how often each day is in each; block: mean length of the stretches they are made of."""
    n, _ = gains.shape
    if n < FEWEST_DAYS or not np.isfinite(gains).all():
        raise ConfigError(f"superior: expected {FEWEST_DAYS} days or more and finite returns on each, got {n} days or a NaN.")
    columns = np.flatnonzero(gains.std(axis=0) > CONSTANT)
    if not len(columns):
        raise ConfigError("superior: expected a set whose gains over the benchmark vary, got none.")
    gains = gains[:, columns]
    mean = gains.mean(axis=0)
    return Contest(n, block, mean, np.sqrt(_variances(gains - mean, block)), drawn @ gains / n, columns)


def superior_ability(c: Contest) -> Superiority:
    """Hansen's SPA. (2005, section 3)"""
    best = int(c.ratio.argmax())
    statistic = max(float(c.ratio[best]), 0.0)
    lower, consistent, upper = (_share_above(statistic, _excess(c, centre)) for centre in (np.maximum(c.mean, 0.0), _centre(c), c.mean))
    return Superiority(int(c.columns[best]), statistic, lower, consistent, upper)


def reality_check(c: Contest) -> float:
    """White's p-value of "no set is better": gains as they are, none studentised. (2000, section 2)"""
    return _share_above(sqrt(c.n) * float(c.mean.max()), sqrt(c.n) * (c.drawn - c.mean))


def superior_sets(c: Contest, alpha: float = 0.05) -> Int[np.ndarray, " superior"]:
    """Which sets are better, with a probability of `alpha` that any of them is not: StepM, studentised. (2005, algorithm 4.2)

    The critical values are those of Hansen's test, so that poor sets cost no power. (Hsu, Hsu and Kuan, "Testing the predictive ability
    of technical analysis using a new stepwise test without data snooping bias", 2010)
    """
    left, excess = np.arange(len(c.mean)), _excess(c, _centre(c))
    while len(left):
        better = c.ratio[left] > max(float(np.quantile(excess[:, left].max(axis=1), 1.0 - alpha)), 0.0)
        if not better.any():
            break
        left = left[~better]
    return np.setdiff1d(c.columns, c.columns[left])


def _centre(c: Contest) -> Float[np.ndarray, " sets"]:
    """Means, but 0 for sets so poor that they cannot be the best. (2005, eq. 8)"""
    return np.where(c.ratio >= -sqrt(2.0 * log(log(c.n))), c.mean, 0.0)


def _excess(c: Contest, centre: Float[np.ndarray, " sets"]) -> Float[np.ndarray, "draws sets"]:
    """Studentised gains in the drawn histories, as if none of the sets were better."""
    return sqrt(c.n) * (c.drawn - centre) / c.spread


def _share_above(statistic: float, gains: Float[np.ndarray, "draws sets"]) -> float:
    """Share of the histories, the real one among them, whose best is at least the real one's. 1 where the real best is a loss."""
    return float(((np.maximum(gains.max(axis=1), 0.0) >= max(statistic, 0.0)).sum() + 1) / (len(gains) + 1))


def _variances(centred: Float[np.ndarray, "days sets"], length: float) -> Float[np.ndarray, " sets"]:
    """What the stationary bootstrap's variance of `sqrt(n) * mean` is when infinitely many histories are drawn. (2005, section 3.1)

    A quadratic form in the returns whose weights depend on the lag alone and wrap around, so one of the periodogram.
    """
    n, stay = len(centred), 1.0 - 1.0 / max(length, 1.0)
    lag = np.arange(n)
    kernel = np.fft.fft((1.0 - lag / n) * stay**lag + lag / n * stay ** (n - lag)).real[: n // 2 + 1]
    twice = np.full(len(kernel), 2.0)
    twice[0] = 1.0
    if n % 2 == 0:
        twice[-1] = 1.0
    power = np.abs(np.fft.rfft(centred, axis=0)) ** 2
    found = (kernel * twice) @ power / n**2
    return np.maximum(found, LEAST_SPREAD**2 * centred.var(axis=0))
