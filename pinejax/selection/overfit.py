"""The probability of backtest overfitting: how often the best of one half of the history is below the median on the other half.

Bailey, Borwein, Lopez de Prado, Zhu, "The probability of backtest overfitting" (2017), section 3: combinatorially symmetric
cross-validation (CSCV).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from pinejax.errors import ConfigError
from pinejax.selection.bootstrap import stretches

FEWEST_TRIALS, FEWEST_PER_BLOCK = 2, 2
CHUNK = 2**20
"""Splits times trials at a time: 8 MiB for each number of them."""


@dataclass(frozen=True)
class Overfit:
    """pbo: share of the splits in which the best trial of one half is at or below the median on the other; logits: of its relative rank
    there, per split; slope: of its Sharpe out of sample against in sample; loss_rate: share of splits in which it loses out of sample;
    null: the 5 % and 95 % quantiles of pbo for trials without skill that are as correlated as these.
    """

    pbo: float
    logits: Float[np.ndarray, " splits"]
    slope: float
    loss_rate: float
    null: tuple[float, float] | None = None


def cscv(returns: Float[np.ndarray, "returns trials"], n_blocks: int = 16, n_null: int = 0, seed: int = 0) -> Overfit:
    """CSCV by Sharpe ratio on `n_blocks` (even) equal blocks of time. Trials whose returns never change count as ratio 0.

    n_null: so many histories without skill for the null band: the returns less their means, in stretches drawn at random, the same for all
    trials. Errors: ConfigError for too few trials or returns, or an odd number of blocks.
    """
    n, trials = returns.shape
    if n_blocks < 2 or n_blocks % 2:
        raise ConfigError(f"overfit: expected an even number of blocks, got {n_blocks}.")
    if trials < FEWEST_TRIALS or n < n_blocks * FEWEST_PER_BLOCK:
        raise ConfigError(
            f"overfit: expected {FEWEST_TRIALS} trials or more and {n_blocks * FEWEST_PER_BLOCK} returns or more for {n_blocks} blocks, "
            f"got {trials} and {n}."
        )
    found = _measure(returns, n_blocks)
    if not n_null:
        return found
    rng, centred = np.random.default_rng(seed), returns - returns.mean(axis=0)
    length = max(1, n // n_blocks // 4)
    null = [_measure(centred[stretches(rng, n, length)[0]], n_blocks).pbo for _ in range(n_null)]
    low, high = np.quantile(null, [0.05, 0.95])
    return Overfit(found.pbo, found.logits, found.slope, found.loss_rate, (float(low), float(high)))


def _measure(returns: Float[np.ndarray, "returns trials"], n_blocks: int) -> Overfit:
    blocks = np.array_split(returns, n_blocks)
    sums = np.stack([[np.full(b.shape[1], len(b)), b.sum(axis=0), (b**2).sum(axis=0)] for b in blocks])
    halves = np.array([[block in half for block in range(n_blocks)] for half in combinations(range(n_blocks), n_blocks // 2)], float)
    step = max(1, CHUNK // returns.shape[1])
    parts = [_judge(sums, halves[first : first + step]) for first in range(0, len(halves), step)]
    share, ours, theirs = (np.concatenate(values) for values in zip(*parts, strict=True))
    logits = np.log(share / (1.0 - share))
    spread = ours.var()
    slope = float(((ours - ours.mean()) * (theirs - theirs.mean())).mean() / spread) if spread > 0 else float("nan")
    return Overfit(float((logits <= 1e-12).mean()), logits, slope, float((theirs < 0).mean()))


def _judge(
    sums: Float[np.ndarray, "blocks 3 trials"], halves: Float[np.ndarray, "splits blocks"]
) -> tuple[Float[np.ndarray, " splits"], Float[np.ndarray, " splits"], Float[np.ndarray, " splits"]]:
    """Of the best trial on each half: its relative rank on the other, and its ratio on both."""
    inside = np.tensordot(halves, sums, axes=1)
    chosen_by, judged_by = _sharpe(inside), _sharpe(sums.sum(axis=0) - inside)
    best = chosen_by.argmax(axis=1)
    split = np.arange(len(best))
    theirs = judged_by[split, best]
    # Ranks from 1, ties in the middle; relative to n + 1 so that the logit is finite.
    rank = (judged_by < theirs[:, None]).sum(axis=1) + 0.5 * ((judged_by == theirs[:, None]).sum(axis=1) + 1)
    return rank / (sums.shape[2] + 1), chosen_by[split, best], theirs


def _sharpe(sums: Float[np.ndarray, "splits 3 trials"]) -> Float[np.ndarray, "splits trials"]:
    """From count, sum and sum of squares."""
    n, total, squares = sums[:, 0], sums[:, 1], sums[:, 2]
    mean = total / n
    variance = squares / n - mean**2
    flat = variance <= 1e-12 * np.maximum(squares / n, 1e-300)
    return np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))
