"""Probes of class 1: pure signals and market orders."""

from __future__ import annotations

from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.ops import floor
from tests.parity.probes.clock import at, is_monday_midnight
from tests.parity.probes.properties import D0, d0


class TaRsi14Cross50(Strategy):
    """RSI crossing 50."""

    broker = D0

    def on_bar(self, ctx):
        r = ctx.ta.rsi(ctx.bar.close, 14)
        ctx.broker.entry("L", LONG, when=ctx.ta.crossover(r, 50.0))
        ctx.broker.entry("S", SHORT, when=ctx.ta.crossunder(r, 50.0))


class TaHmaFastSlowCross(Strategy):
    """Two Hull averages."""

    broker = D0

    def on_bar(self, ctx):
        f, s = ctx.ta.hma(ctx.bar.close, 9), ctx.ta.hma(ctx.bar.close, 21)
        ctx.broker.entry("Long", LONG, when=ctx.ta.crossover(f, s))
        ctx.broker.entry("Short", SHORT, when=ctx.ta.crossunder(f, s))


class TaDmiAdxDiCross(Strategy):
    """+DI and -DI."""

    broker = D0

    def on_bar(self, ctx):
        plus, minus, _ = ctx.ta.dmi(14, 14)
        ctx.broker.entry("Long", LONG, when=ctx.ta.crossover(plus, minus))
        ctx.broker.entry("Short", SHORT, when=ctx.ta.crossunder(plus, minus))


class TaPvtEmaCross(Strategy):
    """Price-volume trend and its ema."""

    broker = D0

    def on_bar(self, ctx):
        p = ctx.ta.pvt()
        s = ctx.ta.ema(p, 21)
        ctx.broker.entry("L", LONG, when=ctx.ta.crossover(p, s))
        ctx.broker.entry("S", SHORT, when=ctx.ta.crossunder(p, s))


class VwapBandsBreakout1Sigma(Strategy):
    """Daily anchored vwap with one deviation."""

    broker = d0(initial_capital=100_000.0, pyramiding=0)

    def on_bar(self, ctx):
        vw, up, _ = ctx.ta.vwap(ctx.bar.close, ctx.new_period("1D"), 1.0)
        enter, leave = ctx.ta.crossover(ctx.bar.close, up), ctx.ta.crossunder(ctx.bar.close, vw)
        ctx.broker.entry("long", LONG, when=enter)
        ctx.broker.close("long", when=leave)


class OrderSameIdMarketEntryRepeat(Strategy):
    """The same id twice on one bar."""

    broker = d0(pyramiding=3)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        for _ in range(2):
            broker.entry("L", LONG, qty=1, when=at(bar, "00:15") & (pos == 0))
        broker.close("L", when=at(bar, "01:15") & (pos > 0))
        for _ in range(2):
            broker.entry("S", SHORT, qty=1, when=at(bar, "12:15") & (pos == 0))
        broker.close("S", when=at(bar, "13:15") & (pos < 0))


class AnomalyEquityMirrorStrategyEquity(Strategy):
    """An all-in quantity rounded to 0.001: the margin test decides which weeks trade."""

    broker = d0(pyramiding=0)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        q = floor(broker.equity / bar.close * 1000 + 0.5) / 1000
        pos = broker.position_size
        broker.entry("E", LONG, qty=q, when=is_monday_midnight(bar) & (pos == 0) & (q > 0))
        broker.close("E", when=(pos > 0) & (broker.bars_since_entry > 0))
