"""Bands around an average: Bollinger's and Keltner's. The averages and deviations themselves are elsewhere."""

from __future__ import annotations

from typing import Any

from pinejax.core.bounded import plain
from pinejax.ops import divide


class Bands:
    """`ta.bb`, `ta.bbw`, `ta.kc`, `ta.kcw`: a mixin of `Ta`."""

    def bb(self: Any, x: Any, n: Any, k: Any) -> tuple[Any, Any, Any]:
        """(middle, upper, lower): sma -+ k population deviations; na before n values. na inputs left out."""
        middle, width = self.sma(x, n), plain(k) * self.stdev(x, n)
        return middle, middle + width, middle - width

    def bbw(self: Any, x: Any, n: Any, k: Any) -> Any:
        """Width of `bb` in percent of its middle: 100 (upper - lower) / middle; na where `bb` is, and where the middle is 0."""
        middle, upper, lower = self.bb(x, n, k)
        return divide(100.0 * (upper - lower), middle)

    def kc(self: Any, x: Any, n: Any, k: Any, use_true_range: bool = True) -> tuple[Any, Any, Any]:
        """(middle, upper, lower): ema -+ k times the ema of the true range, that of the first bar being high - low; na as in `ema`.

        Without `use_true_range` the range is high - low on every bar.
        """
        bar = self.ctx.bar
        middle, width = self.ema(x, n), plain(k) * self.ema(self.tr() if use_true_range else bar.high - bar.low, n)
        return middle, middle + width, middle - width

    def kcw(self: Any, x: Any, n: Any, k: Any, use_true_range: bool = True) -> Any:
        """Width of `kc` as a fraction of its middle: (upper - lower) / middle; na where `kc` is, and where the middle is 0."""
        middle, upper, lower = self.kc(x, n, k, use_true_range)
        return divide(upper - lower, middle)
