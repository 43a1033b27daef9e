"""Pine's ta.* on plain numbers: each a direct formula over remembered values (docs/semantics.md, 12). Slow and obvious on purpose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pinejax.testing.reference.formulas import average_rank, divide, mean, pearson, regression, total, variance
from pinejax.testing.reference.sites import Frame, Past, na
from pinejax.testing.reference.states import (
    Accumulated,
    Anchored,
    Averaged,
    Compounded,
    LastKnown,
    LastTrue,
    Parabolic,
    Ratchet,
    Smoothed,
    Window,
)

# Comparisons inside percentrank treat values this close as equal (docs/semantics.md, 11); crosses compare raw doubles.
EQUAL = 1e-10


class Ta:
    """The `ctx.ta` of the reference. Lengths are whole numbers; every call is a call site of its frame.

    What a call gives while masked is not specified (here: what its parts last gave); its state is untouched.
    """

    def __init__(self, frame: Frame, bar: Any):
        self._frame, self._bar = frame, bar

    def _run(self, make: Any, *args: Any) -> Any:
        return self._frame.state(make).run(self._frame.active, *args)

    def _window(self, x: Any, n: Any, formula: Any, *, skip_na: bool = False) -> Any:
        return self._run(lambda: Window(int(n), formula, skip_na=skip_na), x)

    def _past(self, x: Any, n: Any = 1) -> Any:
        return self._run(lambda: Past(int(n)), x)

    # -- averages

    def sma(self, x: Any, n: Any) -> Any:
        """Mean of the last n non-na inputs; an na input holds the last mean."""
        return self._window(x, n, mean, skip_na=True)

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

    def alma(self, x: Any, n: Any, offset: Any = 0.85, sigma: Any = 6.0) -> Any:
        """Gaussian weights around offset (n - 1), width n / sigma."""
        m, s = float(offset) * (int(n) - 1), int(n) / float(sigma)
        weights = [math.exp(-((i - m) ** 2) / (2 * s * s)) for i in range(int(n))]
        return self._window(x, n, lambda w: sum(v * k for v, k in zip(w, weights, strict=True)) / sum(weights))

    def swma(self, x: Any) -> Any:
        """Four bars, weights 1 2 2 1."""
        return self._window(x, 4, lambda w: (w[0] + 2 * w[1] + 2 * w[2] + w[3]) / 6)

    # -- windows

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

    def variance(self, x: Any, n: Any) -> Any:
        """Population variance."""
        return self._window(x, n, variance)

    def stdev(self, x: Any, n: Any) -> Any:
        """Population standard deviation."""
        return self._window(x, n, lambda w: np.float64(math.sqrt(variance(w))))

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
        return self._window(x, n, lambda w: regression(w, len(w) - 1 - int(offset)))

    def percentrank(self, x: Any, n: Any) -> Any:
        """Percentage of the previous n values that are not above x."""
        return self._window(x, int(n) + 1, lambda w: np.float64(100.0 * sum(v <= w[-1] + EQUAL for v in w[:-1]) / (len(w) - 1)))

    def correlation(self, a: Any, b: Any, n: Any) -> Any:
        """Pearson's."""
        ma, mb, mab = self.sma(a, n), self.sma(b, n), self.sma(a * b, n)
        return divide(mab - ma * mb, self.stdev(a, n) * self.stdev(b, n))

    def cog(self, x: Any, n: Any) -> Any:
        """Centre of gravity."""
        return self._window(x, n, lambda w: divide(-sum(v * (len(w) - i) for i, v in enumerate(w)), total(w)))

    def rci(self, x: Any, n: Any) -> Any:
        """100 x rank correlation with time, average ranks on ties."""
        return self._window(x, n, lambda w: 100 * pearson([average_rank(w, v) for v in w], list(range(1, len(w) + 1))))

    # -- momentum

    def change(self, x: Any, n: Any = 1) -> Any:
        """x less x n bars ago."""
        return x - self._past(x, n)

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

    # -- ranges and bands

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

    def kc(self, x: Any, n: Any, k: Any) -> tuple[Any, Any, Any]:
        """(middle, upper, lower), widths from an ema of the true range."""
        middle, width = self.ema(x, n), k * self.ema(self.tr(True), n)
        return middle, middle + width, middle - width

    def kcw(self, x: Any, n: Any, k: Any) -> Any:
        """Channel width as a fraction of the middle."""
        middle, upper, lower = self.kc(x, n, k)
        return divide(upper - lower, middle)

    def dmi(self, n_di: Any, n_adx: Any) -> tuple[Any, Any, Any]:
        """(+DI, -DI, ADX)."""
        up, down = self.change(self._bar.high), -self.change(self._bar.low)
        plus_dm = up if up > down and up > 0 else (na if math.isnan(up) else 0.0)
        minus_dm = down if down > up and down > 0 else (na if math.isnan(down) else 0.0)
        true_range = self.rma(self.tr(False), n_di)
        plus = self.fixnan(divide(100.0 * self.rma(plus_dm, n_di), true_range))
        minus = self.fixnan(divide(100.0 * self.rma(minus_dm, n_di), true_range))
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

    # -- events

    def crossover(self, a: Any, b: Any) -> Any:
        """a above b now and not above at the previous execution; raw doubles."""
        before_a, before_b = self._past(a), self._past(b)
        return np.bool_(a > b) & np.bool_(before_a <= before_b)

    def crossunder(self, a: Any, b: Any) -> Any:
        """a below b now and not below at the previous execution; raw doubles."""
        before_a, before_b = self._past(a), self._past(b)
        return np.bool_(a < b) & np.bool_(before_a >= before_b)

    def cross(self, a: Any, b: Any) -> Any:
        """Over or under, from strictly the other side."""
        before_a, before_b = self._past(a), self._past(b)
        return np.bool_(a > b) & np.bool_(before_a < before_b) | np.bool_(a < b) & np.bool_(before_a > before_b)

    def rising(self, x: Any, n: Any) -> Any:
        """x above each of the n values before."""
        above = self._window(x, int(n) + 1, lambda w: float(w[-1] > max(w[:-1])))
        return np.bool_(above == 1.0)

    def falling(self, x: Any, n: Any) -> Any:
        """x below each of the n values before."""
        below = self._window(x, int(n) + 1, lambda w: float(w[-1] < min(w[:-1])))
        return np.bool_(below == 1.0)

    def pivothigh(self, x: Any, left: Any, right: Any) -> Any:
        """The candidate `right` bars back, where the left may be equal and the right must be lower; else na."""
        n_left = int(left)

        def pivot(w: list[Any]) -> Any:
            peak = w[n_left]
            return peak if all(v <= peak for v in w[:n_left]) and all(v < peak for v in w[n_left + 1 :]) else na

        return self._window(x, n_left + int(right) + 1, pivot)

    def pivotlow(self, x: Any, left: Any, right: Any) -> Any:
        """The mirror image of pivothigh."""
        return -self.pivothigh(-x, left, right)

    def barssince(self, condition: Any) -> Any:
        """Executions since the condition held; na before it ever did."""
        return self._run(LastTrue, condition, na)

    def valuewhen(self, condition: Any, x: Any, k: Any = 0) -> Any:
        """x when the condition held for the k-th last time."""
        site = self._frame.state(LastTrue)
        site.run(self._frame.active, condition, x)
        return site.values[int(k)] if len(site.values) > int(k) else na

    def fixnan(self, x: Any) -> Any:
        """x, or the last value that was not na."""
        return self._run(LastKnown, x)

    # -- volume

    def cum(self, x: Any) -> Any:
        """Running total."""
        return self._run(Accumulated, x)

    def obv(self) -> Any:
        """On-balance volume; 0 on the first bar."""
        d = self.change(self._bar.close)
        return self.cum(0.0 if math.isnan(d) else np.sign(d) * self._bar.volume)

    def pvt(self) -> Any:
        """Price-volume trend; na on the first bar."""
        before = self._past(self._bar.close)
        return self.cum(divide(self._bar.close - before, before) * self._bar.volume)

    def accdist(self) -> Any:
        """Accumulation/distribution."""
        bar = self._bar
        place = divide(2 * bar.close - bar.low - bar.high, bar.high - bar.low)
        return self.cum((0.0 if math.isnan(place) else place) * bar.volume)

    def nvi(self) -> Any:
        """Negative volume index, from 1."""
        return self._volume_index(-1)

    def pvi(self) -> Any:
        """Positive volume index, from 1."""
        return self._volume_index(1)

    def _volume_index(self, sign: int) -> Any:
        bar, before, volume = self._bar, self._past(self._bar.close), self._past(self._bar.volume)
        counts = not math.isnan(before) and before != 0 and bar.close != 0 and sign * (bar.volume - volume) > 0
        return self._run(Compounded, bar.close / before if counts else 1.0)

    def vwap(self, x: Any, anchor: Any, k: Any = 1.0) -> tuple[Any, Any, Any]:
        """(vwap, upper, lower) since the last bar on which `anchor` was true; na before the first."""
        middle, deviation = self._run(Anchored, x, self._bar.volume, anchor)
        return middle, middle + k * deviation, middle - k * deviation
