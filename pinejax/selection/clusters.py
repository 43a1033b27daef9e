"""Sets that do the same thing under other names: clusters of correlated returns, their number, and one set to stand for each.

Lopez de Prado and Lewis, "Detection of false investment strategies using unsupervised learning methods" (2019): the number of clusters
estimates the number of independent trials. There K-means and as many clusters as make the silhouettes clearest, here an average-linkage
tree cut at a correlation: silhouettes find two clusters in a thousand unrelated sets, and cannot find one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

ALIKE = 0.5
"""Correlation above which sets are one trial: half of a return is common to both."""


@dataclass(frozen=True)
class Clusters:
    """labels: of each set, 0 .. n - 1 in the order in which the clusters first occur."""

    labels: Int[np.ndarray, " sets"]

    @property
    def n(self) -> int:
        """How many there are."""
        return int(self.labels.max()) + 1

    def best(self, score: Float[np.ndarray, " sets"]) -> Int[np.ndarray, " clusters"]:
        """The set with the highest score of each cluster: leaving out the others can hide no gain from a test of the best."""
        order = np.lexsort((-score, self.labels))
        return order[np.unique(self.labels[order], return_index=True)[1]]


def correlation_of(returns: Float[np.ndarray, "days sets"]) -> Float[np.ndarray, "sets sets"]:
    """Correlations, 1 with itself; 0 with a set that never varies."""
    centred = returns - returns.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    unit = centred / np.where(norm > 1e-12, norm, 1.0)
    found = np.clip(unit.T @ unit, -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found


def distance_of(correlation: Float[np.ndarray, "sets sets"]) -> Float[np.ndarray, "sets sets"]:
    """`sqrt((1 - rho) / 2)`: 0 for equal sets, 0.71 for uncorrelated ones, 1 for opposite ones. (2019, section 4)"""
    return np.sqrt(np.clip((1.0 - correlation) / 2.0, 0.0, 1.0))


def alike(correlation: Float[np.ndarray, "sets sets"], least: float = ALIKE) -> Clusters:
    """Clusters whose sets are as near as a correlation of `least` on average; what is like nothing else is a cluster of its own."""
    if len(correlation) < 2:
        return Clusters(np.zeros(len(correlation), int))
    from scipy.cluster.hierarchy import fcluster, linkage  # a tenth of a second, and only a judged search needs it
    from scipy.spatial.distance import squareform

    height = float(np.sqrt((1.0 - least) / 2.0))
    return _named(fcluster(linkage(squareform(distance_of(correlation), checks=False), "average"), height, "distance"))


def _named(labels: np.ndarray) -> Clusters:
    """Numbered by first occurrence, so that the tree's own order does not matter."""
    _, first, own = np.unique(labels, return_index=True, return_inverse=True)
    return Clusters(np.argsort(np.argsort(first))[own])
