"""Formulas over a list of remembered values, oldest first. No state: `pinejax.testing.reference.states`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pinejax.testing.reference.sites import na


def total(w: list[Any]) -> Any:
    """Sum, oldest first."""
    s = np.float64(0.0)
    for v in w:
        s = s + v
    return s


def mean(w: list[Any]) -> Any:
    """Mean, summed oldest first."""
    return total(w) / len(w)


def variance(w: list[Any]) -> Any:
    """Population variance in two passes."""
    m = mean(w)
    return mean([(v - m) ** 2 for v in w])


def regression(w: list[Any], at: int) -> Any:
    """Value at `at` of the least-squares line through (0, w[0]), (1, w[1]), ..."""
    centre, m = (len(w) - 1) / 2, mean(w)
    spread = sum((i - centre) ** 2 for i in range(len(w)))
    slope = sum((i - centre) * (v - m) for i, v in enumerate(w)) / spread if spread else 0.0
    return m + slope * (at - centre)


def pearson(a: list[float], b: list[float]) -> Any:
    """Correlation of two lists; NaN where one is constant."""
    ma, mb = mean(a), mean(b)
    cov = mean([(x - ma) * (y - mb) for x, y in zip(a, b, strict=True)])
    return divide(cov, math.sqrt(variance(a) * variance(b)))


def average_rank(w: list[Any], v: Any) -> float:
    """1-based rank; equals share the mean of theirs."""
    return sum(x < v for x in w) + (w.count(v) + 1) / 2


def divide(a: Any, b: Any) -> Any:
    """a / b; na where b is 0."""
    return na if b == 0 else np.float64(a) / b


def zero_if_na(x: Any) -> Any:
    """0 for na."""
    return 0.0 if math.isnan(x) else x


def percentile(w: list[Any], at: float) -> Any:
    """Value at place `at` (0 the smallest) of the sorted list, straight lines between its members; the ends beyond them."""
    return np.float64(np.interp(at, range(len(w)), sorted(w)))
