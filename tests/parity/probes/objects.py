"""Probes of class 5: lists, objects and matrices, unrolled into variables."""

from __future__ import annotations

from itertools import pairwise

from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.ops import isnan, na, sqrt, where
from tests.parity.probes.properties import D0

N_ZONES = 30


class TaPivotArrayUnshiftPop(Strategy):
    """The newest pivot on each side."""

    broker = D0

    def on_bar(self, ctx):
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        ph, pl = ta.pivothigh(bar.high, 5, 5), ta.pivotlow(bar.low, 5, 5)
        resistance, support = ctx.var(na), ctx.var(na)
        resistance.set(where(isnan(ph), resistance.value, ph))
        support.set(where(isnan(pl), support.value, pl))
        res, sup, close, before = resistance.value, support.value, bar.close, ctx.history(bar.close)
        pos = broker.position_size
        broker.entry("Long", LONG, when=(close > res) & (before <= res))
        broker.entry("Short", SHORT, when=(close < sup) & (before >= sup))
        broker.close("Long", when=(pos > 0) & (close < sup))
        broker.close("Short", when=(pos < 0) & (close > res))


class UdtMethodDrivesStrategyEntry(Strategy):
    """Debounced crosses."""

    broker = D0

    def on_bar(self, ctx):
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        f, s = ta.ema(bar.close, 9), ta.ema(bar.close, 21)
        up, down = ta.crossover(f, s), ta.crossunder(f, s)
        last_long, last_short, pos = ctx.var(-1000), ctx.var(-1000), broker.position_size
        with ctx.when(up & (bar.index - last_long.value >= 5)):
            last_long.set(bar.index)
            broker.close("S", when=pos < 0)
            broker.entry("L", LONG, qty=1)
        with ctx.when(down & (bar.index - last_short.value >= 5)):
            last_short.set(bar.index)
            broker.close("L", when=pos > 0)
            broker.entry("S", SHORT, qty=1)


class UdtMethodInForLoop(Strategy):
    """A mean added up by hand; its cross runs lazily."""

    broker = D0

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        total = close
        for i in range(1, 5):
            total = total + ctx.history(close, i)
        s, pos = ta.ema(close, 21), broker.position_size
        with ctx.when(total / 5 > s):
            broker.entry("L", LONG, qty=1, when=ta.crossover(close, s) & (pos == 0))
        broker.close("L", when=ta.crossunder(close, s) & (pos > 0))


class MatrixCovarianceEigenPca(Strategy):
    """The larger eigenvalue of a 2 x 2 covariance matrix and its mean."""

    broker = D0

    def on_bar(self, ctx):
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        v1, v2 = bar.close - bar.open, bar.high - bar.low
        d1, d2 = v1 - ta.sma(v1, 14), v2 - ta.sma(v2, 14)
        c11, c12, c22 = ta.sma(d1 * d1, 14), ta.sma(d1 * d2, 14), ta.sma(d2 * d2, 14)
        half = (c11 - c22) / 2
        eigenvalue = (c11 + c22) / 2 + sqrt(half * half + c12 * c12)
        mean = ta.sma(eigenvalue, 14)
        defined = ~isnan(eigenvalue) & ~isnan(mean)
        with ctx.when(defined):
            broker.entry("Long", LONG, when=ta.crossover(eigenvalue, mean))
            broker.entry("Short", SHORT, when=ta.crossunder(eigenvalue, mean))


class CompositeVcpFvgActiveZones(Strategy):
    """The newest 30 fair-value gaps as a shift register."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        a = ctx.ta.atr(14)
        high2, low2 = ctx.history(bar.high, 2), ctx.history(bar.low, 2)
        close1, open1 = ctx.history(bar.close), ctx.history(bar.open)
        bull = (bar.low > high2) & (close1 > open1) & (bar.low - high2 >= 0.3 * a)
        bear = (bar.high < low2) & (close1 < open1) & (low2 - bar.high >= 0.3 * a)
        new = (where(bull, bar.low, low2), where(bull, high2, bar.high), where(bull, 1.0, -1.0))
        zones = [[ctx.var(init) for init in (na, na, 0.0)] for _ in range(N_ZONES)]
        with ctx.when(bull | bear):
            for newer, older in reversed(list(pairwise(zones))):
                for source, target in zip(newer, older, strict=True):
                    target.set(source.value)
            for value, target in zip(new, zones[0], strict=True):
                target.set(value)
        in_bull, in_bear = False, False
        for top, bottom, side in zones:
            inside = (bar.low <= top.value) & (bar.high >= bottom.value)
            in_bull = in_bull | (inside & (side.value > 0))
            in_bear = in_bear | (inside & (side.value < 0))
        pos = broker.position_size
        broker.entry("L", LONG, qty=1, when=in_bull & (pos == 0))
        broker.close("L", when=in_bear & (pos > 0))
