"""Oscillators, ranges, bands and trends on plain numbers, made of averages and windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pinejax.testing.reference.averages import Windows
from pinejax.testing.reference.formulas import divide
from pinejax.testing.reference.sites import na
from pinejax.testing.reference.states import Averaged, LastKnown, Parabolic, Ratchet


class Momentum(Windows):
    """What compares a series with its own past."""

    def change(self, x: Any, n: Any = 1) -> Any:
        """x less x n bars ago; of a truth value, whether it differs from then."""
        before = self._past(x, n)
        return x != before if isinstance(x, (bool, np.bool_)) else x - before

    mom = change

    def roc(self, x: Any, n: Any) -> Any:
        """Change in percent of x n bars ago."""
        before = self._past(x, n)
        return divide(100.0 * (x - before), before)

    def rsi(self, x: Any, n: Any) -> Any:
        """Wilder's RSI; 100 without losses."""
        d = self.change(x)
        gain, loss = self.rma(np.maximum(d, 0.0), n), self.rma(np.maximum(-d, 0.0), n)
        if loss == 0:
            return np.float64(100.0)
        return 100.0 - 100.0 / (1.0 + gain / loss)

    def macd(self, x: Any, fast: Any = 12, slow: Any = 26, signal: Any = 9) -> tuple[Any, Any, Any]:
        """(line, signal, histogram)."""
        line = self.ema(x, fast) - self.ema(x, slow)
        smooth = self.ema(line, signal)
        return line, smooth, line - smooth

    def cci(self, x: Any, n: Any) -> Any:
        """Commodity channel index."""
        return divide(x - self.sma(x, n), 0.015 * self.dev(x, n))

    def stoch(self, x: Any, high: Any, low: Any, n: Any) -> Any:
        """Place of x in the range, 0..100; na for an empty range."""
        top, bottom = self.highest(high, n), self.lowest(low, n)
        return divide(100.0 * (x - bottom), top - bottom)

    def wpr(self, n: Any) -> Any:
        """Williams %R."""
        top, bottom = self.highest(self._bar.high, n), self.lowest(self._bar.low, n)
        return divide(100.0 * (self._bar.close - top), top - bottom)

    def cmo(self, x: Any, n: Any) -> Any:
        """Chande momentum."""
        d = self.change(x)
        up, down = self.sum(np.maximum(d, 0.0), n), self.sum(np.maximum(-d, 0.0), n)
        return divide(100.0 * (up - down), up + down)

    def mfi(self, x: Any, n: Any) -> Any:
        """Money flow index."""
        d, flow = self.change(x), x * self._bar.volume
        up, down = self.sum(np.where(d <= 0, 0.0, flow), n), self.sum(np.where(d >= 0, 0.0, flow), n)
        return np.float64(100.0) if down == 0 else 100.0 - 100.0 / (1.0 + up / down)

    def tsi(self, x: Any, short: Any, long: Any) -> Any:
        """True strength, -1..1."""
        d = self.change(x)
        return divide(self.ema(self.ema(d, long), short), self.ema(self.ema(np.abs(d), long), short))


class Ranges(Momentum):
    """True range, and the bands and trends around it."""

    def tr(self, handle_na: bool = True) -> Any:
        """True range; on the first bar high - low, or na."""
        bar, before = self._bar, self._past(self._bar.close)
        if math.isnan(before):
            return bar.high - bar.low if handle_na else na
        return max(bar.high - bar.low, abs(bar.high - before), abs(bar.low - before))

    def atr(self, n: Any) -> Any:
        """Wilder's average of the true range."""
        return self.rma(self.tr(True), n)

    def bb(self, x: Any, n: Any, k: Any) -> tuple[Any, Any, Any]:
        """(middle, upper, lower)."""
        middle, width = self.sma(x, n), k * self.stdev(x, n)
        return middle, middle + width, middle - width

    def bbw(self, x: Any, n: Any, k: Any) -> Any:
        """Band width in percent of the middle."""
        middle, upper, lower = self.bb(x, n, k)
        return divide(100.0 * (upper - lower), middle)

    def kc(self, x: Any, n: Any, k: Any, use_true_range: bool = True) -> tuple[Any, Any, Any]:
        """(middle, upper, lower), widths from an ema of the true range, or of high - low."""
        reach = self.tr(True) if use_true_range else self._bar.high - self._bar.low
        middle, width = self.ema(x, n), k * self.ema(reach, n)
        return middle, middle + width, middle - width

    def kcw(self, x: Any, n: Any, k: Any, use_true_range: bool = True) -> Any:
        """Channel width as a fraction of the middle."""
        middle, upper, lower = self.kc(x, n, k, use_true_range)
        return divide(upper - lower, middle)

    def dmi(self, n_di: Any, n_adx: Any) -> tuple[Any, Any, Any]:
        """(+DI, -DI, ADX)."""
        up, down = self.change(self._bar.high), -self.change(self._bar.low)
        plus_dm = up if up > down and up > 0 else (na if math.isnan(up) else 0.0)
        minus_dm = down if down > up and down > 0 else (na if math.isnan(down) else 0.0)
        true_range = self.rma(self.tr(False), n_di)
        plus = self._run(LastKnown, divide(100.0 * self.rma(plus_dm, n_di), true_range))
        minus = self._run(LastKnown, divide(100.0 * self.rma(minus_dm, n_di), true_range))
        both = plus + minus
        return plus, minus, 100.0 * self.rma(abs(plus - minus) / (1.0 if both == 0 else both), n_adx)

    def supertrend(self, factor: Any, n: Any) -> tuple[Any, Any]:
        """(line, direction); direction -1 is an uptrend."""
        bar = self._bar
        atr = self.atr(n)
        middle, width, before = (bar.high + bar.low) / 2, factor * atr, self._past(bar.close)
        return self._run(Ratchet, middle + width, middle - width, bar.close, before, self._past(atr))

    def sar(self, start: Any = 0.02, increment: Any = 0.02, limit: Any = 0.2) -> Any:
        """Parabolic SAR."""
        return self._run(lambda: Parabolic(float(start), float(increment), float(limit)), self._bar)

    def heikin_ashi(self) -> tuple[Any, Any, Any, Any]:
        """(open, high, low, close) of the Heikin-Ashi bar; its first open is the mean of the bar's own open and close."""
        bar = self._bar
        close = bar.ohlc4
        open_ = self._run(Averaged, (bar.open + bar.close) / 2, close)
        return open_, max(bar.high, open_, close), min(bar.low, open_, close), close
