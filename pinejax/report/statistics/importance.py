"""How much of a score each parameter explains on its own. Not what causes it: a sampler does not try sets evenly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

N_GROUPS = 8
"""Values of a number are cut into so many groups of equal size."""
LEAST = 10
"""Trials; fewer say nothing."""


def epsilon_squared(values: Sequence[object], score: Float[np.ndarray, " trials"]) -> float:
    """Share of the variance of the score's ranks that groups of a parameter's values explain, beyond what chance does; 0 to 1.

    values: numbers, or anything else as it is; None where the parameter was inactive, which are left out, as is a score of NaN. NaN for
    fewer than LEAST trials or a parameter that did not vary. Source: Tomczak and Tomczak 2014, from the H of Kruskal and Wallis 1952 with
    ties, (H - k + 1) / (n - k) for k groups of n.
    """
    used = [i for i, value in enumerate(values) if value is not None and np.isfinite(score[i])]
    if len(used) < LEAST:
        return float("nan")
    group = grouped([values[i] for i in used])
    k, n = int(group.max()) + 1, len(used)
    rank = ranks(score[used])
    spread = float(np.var(rank))
    if k < 2 or n <= k or spread == 0:
        return float("nan")
    sizes = np.bincount(group)
    means = np.bincount(group, rank) / sizes
    h = (n - 1) * float(np.sum(sizes * (means - rank.mean()) ** 2)) / (n * spread)
    return max((h - k + 1) / (n - k), 0.0)


def grouped(values: Sequence[object]) -> np.ndarray:
    """The group of each value, 0 and up: of numbers at most N_GROUPS neighbours of about equal size, of others one per value."""
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    if not numbers:
        return np.unique([str(value) for value in values], return_inverse=True)[1]
    known = np.asarray(values, np.float64)
    different = np.unique(known)
    if len(different) <= N_GROUPS:
        return np.searchsorted(different, known)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, N_GROUPS + 1)[1:-1]))
    return np.unique(np.searchsorted(edges, known, side="left"), return_inverse=True)[1]


def ranks(values: Float[np.ndarray, " values"]) -> Float[np.ndarray, " values"]:
    """1 for the lowest; ties share their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
