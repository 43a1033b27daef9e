"""The score as a smooth surface over two parameters, from the trials there are, blank where there are none near. For looking at alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

GRID = 64
LEAST = 20
"""Trials; fewer make no surface."""
NARROWEST = 0.035
"""Of a parameter's range: the least width of the smoothing."""
NEAR = 0.35
"""Of the weight of one trial on the spot: with less of it around, a cell stays blank."""


def smoothed(
    x: Float[np.ndarray, " trials"], y: Float[np.ndarray, " trials"], score: Float[np.ndarray, " trials"]
) -> Float[np.ndarray, "grid grid"]:
    """The weighted mean score of the trials around each cell, rows over y; NaN where there are none. x, y: in 0..1 of their ranges.

    Nadaraya and Watson's mean with Gaussian weights, their width by Scott's rule. Scores below the fence of Tukey's box plot count as the
    fence: a penalty is a bad score, not a measure of it.
    """
    fence = np.quantile(score, 0.25) - 3 * (np.quantile(score, 0.75) - np.quantile(score, 0.25))
    capped = np.maximum(score, fence)
    wide = [max(float(np.std(v)) * len(v) ** (-1 / 6), NARROWEST) for v in (x, y)]
    centres = (np.arange(GRID) + 0.5) / GRID
    weight_x = np.exp(-0.5 * ((centres[:, None] - x) / wide[0]) ** 2)
    weight_y = np.exp(-0.5 * ((centres[:, None] - y) / wide[1]) ** 2)
    total = weight_y @ weight_x.T
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (weight_y * capped) @ weight_x.T / total
    return np.where(total >= NEAR, found, np.nan)


def scaled(values: Float[np.ndarray, " values"], low: float, high: float, log: bool) -> Float[np.ndarray, " values"]:
    """In 0..1 of a range."""
    if log:
        values, low, high = np.log(values), float(np.log(low)), float(np.log(high))
    return (values - low) / ((high - low) or 1.0)


def rounded(grid: np.ndarray) -> list[list[Any]]:
    """Four digits, for a file."""
    return [[None if np.isnan(v) else float(f"{v:.4g}") for v in row] for row in grid.tolist()]
