"""Probes of class 2 with exits: brackets, trails, partial exits, one-cancels-all groups."""

from __future__ import annotations

from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.ops import absolute, isnan, where
from tests.parity.probes.clock import at
from tests.parity.probes.properties import D0, d0

TICK = 0.01


class BracketExitTpSlFixed(Strategy):
    """Target and stop around the average price."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos, avg = broker.position_size, broker.position_avg_price
        broker.entry("L", LONG, qty=1, when=at(bar, "00:15") & (pos == 0))
        broker.exit("LX", "L", limit=avg * 1.004, stop=avg * 0.996, when=pos > 0)
        broker.close("L", when=at(bar, "06:15") & (pos > 0))


class BracketEntryExitSamePassAttach(Strategy):
    """Exits placed with their entry work on the entry bar."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos, close = broker.position_size, bar.close
        with ctx.when(at(bar, "08:15") & (pos == 0)):
            broker.entry("L", LONG, qty=1)
            broker.exit("X", "L", limit=close * 1.005, stop=close * 0.995)
        with ctx.when(at(bar, "16:15") & (pos == 0)):
            broker.entry("S", SHORT, qty=1)
            broker.exit("XS", "S", limit=close * 0.995, stop=close * 1.005)
        broker.close_all(when=at(bar, "23:45") & (pos != 0))


class BracketPartialExitQtyPercent(Strategy):
    """Half at a target, the rest at a stop."""

    broker = d0(size=2.0)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos, avg = broker.position_size, broker.position_avg_price
        broker.entry("L", LONG, qty=2, when=at(bar, "01:15") & (pos == 0))
        with ctx.when(pos > 0):
            broker.exit("HALF_TP", "L", limit=avg * 1.003, qty_rate=0.5)
            broker.exit("REST_SL", "L", stop=avg * 0.994)
        broker.close("L", when=at(bar, "09:15") & (pos > 0))


class BracketTrailPointsWithOffsetOnly(Strategy):
    """A trail with an offset, nothing else."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        broker.entry("L", LONG, qty=1, when=at(bar, "09:15") & (pos == 0))
        broker.entry("S", SHORT, qty=1, when=at(bar, "15:15") & (pos == 0))
        broker.exit("LX", "L", trail_ticks=80, trail_offset_ticks=40, when=pos > 0)
        broker.exit("SX", "S", trail_ticks=80, trail_offset_ticks=40, when=pos < 0)
        broker.close_all(when=at(bar, "23:45") & (pos != 0))


class BracketExitThreeWaySetOnceEntry(Strategy):
    """Stop, limit and a trail without offset, issued once."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos, close = broker.position_size, bar.close
        with ctx.when(at(bar, "08:00") & (pos == 0)):
            broker.entry("L", LONG, qty=1)
            broker.exit("LX", "L", stop=close * 0.99, limit=close * 1.02, trail_ticks=20)
        with ctx.when(at(bar, "20:00") & (pos == 0)):
            broker.entry("S", SHORT, qty=1)
            broker.exit("SX", "S", stop=close * 1.01, limit=close * 0.98, trail_ticks=20)


class BracketExitStopLimitTrailSameBar(Strategy):
    """Stop, limit and a trail whose activation moves with the ATR."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        a, pos, avg = ctx.ta.atr(14), broker.position_size, broker.position_avg_price
        broker.entry("L", LONG, qty=1, when=at(bar, "08:15") & (pos == 0))
        broker.entry("S", SHORT, qty=1, when=at(bar, "16:15") & (pos == 0))
        broker.exit("LX", "L", stop=avg - 0.8 * a, limit=avg + 1.6 * a, trail_ticks=a, when=pos > 0)
        broker.exit("SX", "S", stop=avg + 0.8 * a, limit=avg - 1.6 * a, trail_ticks=a, when=pos < 0)
        broker.close_all(when=at(bar, "23:45") & (pos != 0))


class BracketTpSlOcaReduceIsolate(Strategy):
    """A bracket of raw orders in one reduce group; what is left over after a flip may fill as an entry."""

    broker = D0

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        f, s = ta.sma(close, 9), ta.sma(close, 21)
        u, d = ta.crossover(f, s), ta.crossunder(f, s)
        pos, avg = broker.position_size, broker.position_avg_price
        broker.entry("L", LONG, when=u & (pos <= 0))
        broker.entry("S", SHORT, when=d & (pos >= 0))
        sign, group = where(pos > 0, 1.0, -1.0), {"oca_name": "bracket97a", "oca_type": "reduce"}
        for side, held in ((SHORT, pos > 0), (LONG, pos < 0)):
            broker.order("BracketTP", side, qty=absolute(pos), limit=avg + sign * 10 * TICK, when=held, **group)
            broker.order("BracketSL", side, qty=absolute(pos), stop=avg - sign * 10 * TICK, when=held, **group)
        broker.cancel("BracketTP", when=pos == 0)
        broker.cancel("BracketSL", when=pos == 0)


class OcaMultiBracketIsolation(Strategy):
    """Two brackets of one contract each."""

    broker = d0(size=2.0)

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        r, a, f, s = ta.rsi(close, 14), ta.atr(14), ta.ema(close, 9), ta.ema(close, 21)
        enter = ta.crossover(f, s) & (r < 60)
        pos, avg = broker.position_size, broker.position_avg_price
        broker.entry("L", LONG, qty=2, when=enter & (pos == 0))
        with ctx.when(pos > 0):
            broker.exit("X_A", "L", qty=1, limit=avg + a, stop=avg - a)
            broker.exit("X_B", "L", qty=1, limit=avg + 2 * a, stop=avg - 2 * a)


class AnalyzerParityStopLimitTiming(Strategy):
    """A bracket placed with its market entry."""

    broker = d0(pyramiding=0)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        a = ctx.ta.atr(14)
        with ctx.when((at(bar, "00:00") | at(bar, "12:00")) & (broker.position_size == 0) & ~isnan(a)):
            broker.entry("L", LONG)
            broker.exit("X", "L", stop=bar.close - a, limit=bar.close + 2 * a)
