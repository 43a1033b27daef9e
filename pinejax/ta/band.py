"""Bands around an average: Bollinger's and Keltner's. The averages and deviations themselves are elsewhere."""

from __future__ import annotations

from typing import Any

from pinejax.core.bounded import plain
from pinejax.ops import divide


class Bands:
    """`ta.bb`, `ta.bbw`, `ta.kc`, `ta.kcw`: a mixin of `Ta`."""

    def bb(self: Any, x: Any, n: Any, k: Any) -> tuple[Any, Any, Any]:
        """(middle, upper, lower): sma -+ k population deviations; na before n values."""
        middle, width = self.sma(x, n), plain(k) * self.stdev(x, n)
        return middle, middle + width, middle - width

    def bbw(self: Any, x: Any, n: Any, k: Any) -> Any:
        """Width of `bb` in percent of its middle."""
        middle, upper, lower = self.bb(x, n, k)
        return divide(100.0 * (upper - lower), middle)

    def kc(self: Any, x: Any, n: Any, k: Any) -> tuple[Any, Any, Any]:
        """(middle, upper, lower): ema -+ k times the ema of the true range, that of the first bar being high - low."""
        middle, width = self.ema(x, n), plain(k) * self.ema(self.tr(), n)
        return middle, middle + width, middle - width

    def kcw(self: Any, x: Any, n: Any, k: Any) -> Any:
        """Width of `kc` as a fraction of its middle."""
        middle, upper, lower = self.kc(x, n, k)
        return divide(upper - lower, middle)
