"""Plateaus, not peaks: what the sets near a set are worth, and whether the best region is the same everywhere. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True)
class Neighbourhoods:
    """What the nearest sets of some centres were worth, `[centres]`. reach: the distance of the farthest of them."""

    mean: Float[np.ndarray, " centres"]
    worst: Float[np.ndarray, " centres"]
    reach: Float[np.ndarray, " centres"]


def distances(
    points: Float[np.ndarray, "sets params"], at: Float[np.ndarray, " params"], is_label: Bool[np.ndarray, " params"]
) -> Float[np.ndarray, " sets"]:
    """Mean difference per parameter from one point, 0..1: of numbers the difference of their places in 0..1, of labels 0 or 1.

    NaN is a parameter that changes nothing: 0 against another NaN, 1 against anything else. (Gower, "A general coefficient of
    similarity", 1971, but for the NaN)
    """
    if not points.shape[1]:
        return np.zeros(len(points))
    gaps = np.where(is_label, points != at, np.minimum(np.abs(points - at), 1.0))
    missing = np.isnan(points)
    gaps = np.where(missing | np.isnan(at), missing != np.isnan(at), gaps)
    return gaps.mean(axis=1)


def neighbourhoods(
    points: Float[np.ndarray, "sets params"],
    values: Float[np.ndarray, " sets"],
    centres: Int[np.ndarray, " centres"],
    k: int,
    is_label: Bool[np.ndarray, " params"],
) -> Neighbourhoods:
    """The k sets nearest to each centre, itself left out, equally far ones in the order of the sets. values: more is better, no NaN."""
    assert 0 < k < len(points)
    mean, worst, reach = (np.empty(len(centres)) for _ in range(3))
    for i, centre in enumerate(centres.tolist()):
        away = distances(points, points[centre], is_label)
        away[centre] = np.inf
        near = np.argsort(away, kind="stable")[:k]
        mean[i], worst[i], reach[i] = values[near].mean(), values[near].min(), away[near[-1]]
    return Neighbourhoods(mean, worst, reach)


def best_overlap(
    scores: Float[np.ndarray, "sets datasets"], overall: Float[np.ndarray, " sets"], share: float = 0.1
) -> Float[np.ndarray, " datasets"]:
    """Of each dataset's best sets the fraction that is among the best overall; `share` of the sets are the best, and expected by chance.

    More is better, no NaN. Equal scores: the earlier set.
    """
    n = max(1, round(len(overall) * share))
    best = set(_best(overall, n))
    return np.array([len(best.intersection(_best(column, n))) / n for column in scores.T])


def rank_correlation(scores: Float[np.ndarray, "sets datasets"]) -> Float[np.ndarray, "datasets datasets"]:
    """Spearman's, between the datasets' rankings of the sets, ties sharing their ranks; NaN for a dataset on which all sets are equal.

    scores: no NaN.
    """
    ranks = np.column_stack([_average_ranks(column) for column in scores.T])
    ranks -= ranks.mean(axis=0)
    size = np.sqrt((ranks**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(ranks.T @ ranks / np.outer(size, size), -1.0, 1.0)


def _average_ranks(values: Float[np.ndarray, " sets"]) -> Float[np.ndarray, " sets"]:
    """1 for the least; equal values share the mean of their ranks. As `scipy.stats.rankdata`, whose module takes long to import."""
    _, place, n_equal = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(n_equal) - (n_equal - 1) / 2.0)[place]


def _best(values: Float[np.ndarray, " sets"], n: int) -> list[int]:
    return np.argsort(-values, kind="stable")[:n].tolist()
