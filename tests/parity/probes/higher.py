"""Probes of class 4: values of a higher timeframe, lookahead off."""

from __future__ import annotations

from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.ops import isnan, ne
from tests.parity.probes.properties import D0


class MtfHtf60CloseRoll(Strategy):
    """One bar in each hour."""

    broker = D0

    def on_bar(self, ctx):
        h = ctx.htf(lambda bar, ta: bar.close)
        roll = ne(h, ctx.history(h))
        ctx.broker.entry("R", LONG, qty=1, when=roll)
        ctx.broker.close("R", when=ctx.history(roll))


class MtfHtf60GapsOnRoll(Strategy):
    """Hourly closes with gaps: a value only on the bar that completes the hour."""

    broker = D0

    def on_bar(self, ctx):
        close = ctx.htf(lambda bar, ta: bar.close, gaps=True)
        arrives = ~isnan(close)
        last, pos = ctx.var(float("nan")), ctx.broker.position_size
        up, down = arrives & (close > last.value), arrives & (close < last.value)
        with ctx.when(arrives):
            last.set(close)
        ctx.broker.entry("GAP_UP", LONG, qty=1, when=up & (pos == 0))
        ctx.broker.close("GAP_UP", when=down & (pos > 0))


class MtfDailyEma26Warmup(Strategy):
    """The slope of a daily ema."""

    broker = D0

    def on_bar(self, ctx):
        broker = ctx.broker
        d = ctx.htf(lambda bar, ta: ta.ema(bar.close, 26))
        before = ctx.history(d)
        rising, falling, pos = d > before, d < before, broker.position_size
        broker.close("S", when=rising & (pos < 0))
        broker.entry("L", LONG, when=rising & (pos <= 0))
        broker.close("L", when=falling & (pos > 0))
        broker.entry("S", SHORT, when=falling & (pos >= 0))


class MtfHtfWeeklySmaCross(Strategy):
    """Crossing a weekly average."""

    broker = D0

    def on_bar(self, ctx):
        w = ctx.htf(lambda bar, ta: ta.sma(bar.close, 10))
        ctx.broker.entry("L", LONG, when=ctx.ta.crossover(ctx.bar.close, w))
        ctx.broker.entry("S", SHORT, when=ctx.ta.crossunder(ctx.bar.close, w))


class MtfHtfConfluenceStaticBracket(Strategy):
    """A chart cross confirmed by the hourly trend."""

    broker = D0

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        f, s, a = ta.ema(close, 9), ta.ema(close, 21), ta.atr(14)
        hc, he = ctx.htf(lambda bar, ta: (bar.close, ta.ema(bar.close, 20)))
        signal = ta.crossover(f, s) & (hc > he)
        with ctx.when(signal & (broker.position_size == 0) & ~isnan(a)):
            broker.entry("L", LONG, qty=1)
            broker.exit("LX", "L", stop=close - 2 * a, limit=close + 4 * a)
