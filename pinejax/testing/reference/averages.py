"""Averages, and other figures of the last n values, on plain numbers. Momentum and volume: `momentum`, `flows`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pinejax.testing.reference.calls import Calls
from pinejax.testing.reference.formulas import average_rank, divide, mean, pearson, percentile, regression, total, variance
from pinejax.testing.reference.states import Extreme, Pairs, Smoothed

# Comparisons inside percentrank treat values this close as equal (docs/semantics.md, 11); crosses compare raw doubles.
EQUAL = 1e-10


class Averages(Calls):
    """Means with weights of their own."""

    def sma(self, x: Any, n: Any) -> Any:
        """Mean of the last n non-na inputs; an na input holds the last mean."""
        return self._window(x, n, mean)

    def ema(self, x: Any, n: Any) -> Any:
        """alpha = 2 / (n + 1), seeded by the mean of the first n."""
        return self._run(lambda: Smoothed(int(n), 2.0 / (int(n) + 1)), x)

    def rma(self, x: Any, n: Any) -> Any:
        """Wilder's average."""
        return self._run(lambda: Smoothed(int(n), None), x)

    def wma(self, x: Any, n: Any) -> Any:
        """Weights 1..n, the newest heaviest."""
        return self._window(x, n, lambda w: sum(v * (i + 1) for i, v in enumerate(w)) / (len(w) * (len(w) + 1) / 2))

    def hma(self, x: Any, n: Any) -> Any:
        """Hull: wma of 2 wma(n / 2) - wma(n) over floor(sqrt n)."""
        return self.wma(2 * self.wma(x, int(n) // 2) - self.wma(x, n), math.floor(math.sqrt(int(n))))

    def vwma(self, x: Any, n: Any) -> Any:
        """Volume-weighted mean."""
        return divide(self.sma(x * self._bar.volume, n), self.sma(self._bar.volume, n))

    def alma(self, x: Any, n: Any, offset: Any = 0.85, sigma: Any = 6.0, floor: bool = False) -> Any:
        """Gaussian weights around offset (n - 1), rounded down if `floor`, width n / sigma."""
        m, s = float(offset) * (int(n) - 1), int(n) / float(sigma)
        m = math.floor(m) if floor else m
        weights = [math.exp(-((i - m) ** 2) / (2 * s * s)) for i in range(int(n))]
        return self._window(x, n, lambda w: sum(v * k for v, k in zip(w, weights, strict=True)) / sum(weights), keep_na=True)

    def swma(self, x: Any) -> Any:
        """Four bars, weights 1 2 2 1."""
        return self._window(x, 4, lambda w: (w[0] + 2 * w[1] + 2 * w[2] + w[3]) / 6, keep_na=True)


class Windows(Averages):
    """What is read off a window; na inputs are left out but where the manual says that they give na."""

    def sum(self, x: Any, n: Any) -> Any:
        """Sum of the last n, oldest first."""
        return self._window(x, n, total)

    def highest(self, x: Any, n: Any) -> Any:
        """Largest of the last n."""
        return self._window(x, n, max)

    def lowest(self, x: Any, n: Any) -> Any:
        """Smallest of the last n."""
        return self._window(x, n, min)

    def highestbars(self, x: Any, n: Any) -> Any:
        """Offset (0 or negative) to the largest; the oldest on ties."""
        return self._window(x, n, lambda w: np.float64(w.index(max(w)) - len(w) + 1))

    def lowestbars(self, x: Any, n: Any) -> Any:
        """Offset (0 or negative) to the smallest; the oldest on ties."""
        return self._window(x, n, lambda w: np.float64(w.index(min(w)) - len(w) + 1))

    def range(self, x: Any, n: Any) -> Any:
        """Largest less smallest of the last n."""
        return self._window(x, n, lambda w: max(w) - min(w))

    def max(self, x: Any) -> Any:
        """Largest so far."""
        return self._run(lambda: Extreme(max), x)

    def min(self, x: Any) -> Any:
        """Smallest so far."""
        return self._run(lambda: Extreme(min), x)

    def variance(self, x: Any, n: Any, biased: Any = True) -> Any:
        """Variance of a population, or of a sample."""
        return self._window(x, n, lambda w: variance(w) if biased else divide(variance(w) * len(w), len(w) - 1))

    def stdev(self, x: Any, n: Any, biased: Any = True) -> Any:
        """Root of the variance."""
        return np.sqrt(self.variance(x, n, biased))

    def dev(self, x: Any, n: Any) -> Any:
        """Mean absolute deviation from the mean."""
        return self._window(x, n, lambda w: mean([abs(v - mean(w)) for v in w]))

    def median(self, x: Any, n: Any) -> Any:
        """Middle value; the mean of the two middle ones for an even length."""
        return self._window(x, n, lambda w: np.float64(np.median(w)))

    def mode(self, x: Any, n: Any) -> Any:
        """Most frequent value, the smallest among equals."""
        return self._window(x, n, lambda w: max(sorted(set(w)), key=w.count))

    def linreg(self, x: Any, n: Any, offset: Any = 0) -> Any:
        """Least-squares line over the last n, at x = n - 1 - offset."""
        return self._window(x, n, lambda w: regression(w, len(w) - 1 - int(offset)), keep_na=True)

    def percentrank(self, x: Any, n: Any) -> Any:
        """Percentage of the previous n values that are not above x."""
        n_before = int(n)
        return self._window(x, n_before + 1, lambda w: np.float64(100.0 * sum(v <= w[-1] + EQUAL for v in w[:-1]) / n_before), keep_na=True)

    def percentile_nearest_rank(self, x: Any, n: Any, percentage: Any) -> Any:
        """The smallest value that at least that percentage is not above."""
        return self._window(x, n, lambda w: sorted(w)[max(math.ceil(percentage * len(w) / 100), 1) - 1])

    def percentile_linear_interpolation(self, x: Any, n: Any, percentage: Any) -> Any:
        """Between the two nearest ranks, rank i being percent 100 (i - 1/2) / n."""
        return self._window(x, n, lambda w: percentile(w, percentage * len(w) / 100 - 0.5), keep_na=True)

    def correlation(self, a: Any, b: Any, n: Any) -> Any:
        """Pearson's."""
        return self._run(lambda: Pairs(int(n), pearson), a, b)

    def cog(self, x: Any, n: Any) -> Any:
        """Centre of gravity."""
        return self._window(x, n, lambda w: divide(-sum(v * (len(w) - i) for i, v in enumerate(w)), total(w)))

    def rci(self, x: Any, n: Any) -> Any:
        """100 x rank correlation with time, average ranks on ties."""
        return self._window(x, n, lambda w: 100 * pearson([average_rank(w, v) for v in w], list(range(1, len(w) + 1))), keep_na=True)
