"""Probes of class 2 with stop entries: frozen sizes, cancels, ties, reversals."""

from __future__ import annotations

from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.ops import invert, isnan
from tests.parity.probes.clock import at, is_monday_midnight
from tests.parity.probes.properties import D0, d0

TICK = 0.01


class OrderCrossEntryCancelSamePass(Strategy):
    """cancel removes in source order."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        with ctx.when(at(bar, "02:15") & (pos == 0)):
            broker.entry("L", LONG, stop=bar.high + TICK)
            broker.cancel("L")
        with ctx.when(at(bar, "04:15") & (pos == 0)):
            broker.cancel("L2")
            broker.entry("L2", LONG, stop=bar.high + TICK)
        broker.close_all(when=at(bar, "06:15") & (pos > 0))
        with ctx.when(at(bar, "14:15") & (pos == 0)):
            broker.entry("S", SHORT, stop=bar.low - TICK)
            broker.cancel("S")
        with ctx.when(at(bar, "16:15") & (pos == 0)):
            broker.cancel("S2")
            broker.entry("S2", SHORT, stop=bar.low - TICK)
        broker.close_all(when=at(bar, "18:15") & (pos < 0))


class OrderDualStopBothTouchPriority(Strategy):
    """Stops on both sides, armed flat."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos, close = broker.position_size, bar.close
        with ctx.when(at(bar, "02:45") & (pos == 0)):
            broker.entry("LE", LONG, stop=close * 1.002)
            broker.entry("SE", SHORT, stop=close * 0.998)
        broker.close_all(when=at(bar, "06:15") & (pos != 0))
        with ctx.when(at(bar, "14:45") & (pos == 0)):
            broker.entry("LE2", LONG, stop=close * 1.004)
            broker.entry("SE2", SHORT, stop=close * 0.996)
        broker.close_all(when=at(bar, "18:15") & (pos != 0))


class OrderDualStopOpenTie(Strategy):
    """Both stops at the close: buys first when both gap."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos, close = broker.position_size, bar.close
        with ctx.when(at(bar, "04:45") & (pos == 0)):
            broker.entry("LE", LONG, stop=close)
            broker.entry("SE", SHORT, stop=close)
        broker.close_all(when=at(bar, "08:15") & (pos != 0))
        with ctx.when(at(bar, "16:45") & (pos == 0)):
            broker.entry("SE2", SHORT, stop=close)
            broker.entry("LE2", LONG, stop=close)
        broker.close_all(when=at(bar, "20:15") & (pos != 0))


class OrderStopEntryCancelOpposite(Strategy):
    """Stops at the last extreme; the first one is na, a market order."""

    broker = D0

    def on_bar(self, ctx):
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        f, s = ta.ema(bar.close, 8), ta.ema(bar.close, 21)
        above = f > s
        high, low = ctx.history(bar.high), ctx.history(bar.low)
        with ctx.when(above):
            broker.entry("LE", LONG, stop=high)
            broker.cancel("SE")
        with ctx.when(invert(above)):
            broker.entry("SE", SHORT, stop=low)
            broker.cancel("LE")
        pos = broker.position_size
        broker.close("LE", when=(pos > 0) & (f < s))
        broker.close("SE", when=(pos < 0) & (f > s))


class OrderDeferredFlip(Strategy):
    """Stops that are certain to gap grow the position until the weekly reset."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        down, up, pos = at(bar, "08:00"), at(bar, "14:00"), broker.position_size
        with ctx.when(down):
            broker.entry("SE", SHORT, qty=1, stop=10 * bar.high)
            broker.cancel("LE")
        with ctx.when(up):
            broker.entry("LE", LONG, qty=1, stop=0.1 * bar.low)
            broker.cancel("SE")
        broker.close("LE", when=down & (pos > 0))
        broker.close("SE", when=up & (pos < 0))
        broker.close_all(when=is_monday_midnight(bar) & (pos != 0))


class OrderDeferredFlipOnClose(OrderDeferredFlip):
    """The same rules, filled at the close of the bar that gave the order."""

    broker = d0(process_orders_on_close=True)


class OrderOppositeEntryCloseSamePass(Strategy):
    """A close before or after an opposite stop entry."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        broker.entry("L", LONG, qty=1, when=at(bar, "00:15") & (pos == 0))
        with ctx.when(at(bar, "00:45") & (pos > 0)):
            broker.entry("S", SHORT, qty=1, stop=bar.low - TICK)
            broker.close("L")
        broker.entry("L2", LONG, qty=1, when=at(bar, "06:15") & (pos == 0))
        with ctx.when(at(bar, "06:45") & (pos > 0)):
            broker.close("L2")
            broker.entry("S2", SHORT, qty=1, stop=bar.low - TICK)
        broker.close_all(when=at(bar, "12:15") & (pos < 0))


class OrderRangeExpansionPendingStop(Strategy):
    """Stops after wide bars, cancelled otherwise."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        open_, high, low, close = (ctx.history(x) for x in (bar.open, bar.high, bar.low, bar.close))
        atr = ctx.history(ctx.ta.atr(14))
        wide = ~isnan(atr) & (high - low > atr * 1.0)
        up, down = wide & (close > open_), wide & (close < open_)
        broker.entry("LongOnRng", LONG, stop=high, when=up)
        broker.cancel("LongOnRng", when=~up)
        broker.entry("ShortOnRng", SHORT, stop=low, when=down)
        broker.cancel("ShortOnRng", when=~down)


class OrderStopEntryReversalGrouping(Strategy):
    """A stop reverses two lots."""

    broker = d0(pyramiding=2)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        broker.entry("L1", LONG, qty=1, when=at(bar, "00:15") & (pos == 0))
        broker.entry("L2", LONG, qty=1, when=at(bar, "00:30") & (pos > 0))
        broker.entry("SREV", SHORT, qty=1, stop=bar.high, when=at(bar, "00:45") & (pos > 0))
        broker.entry("LREV", LONG, qty=1, stop=bar.low, when=at(bar, "01:15") & (pos < 0))
        broker.close_all(when=at(bar, "01:45") & (pos != 0))


class PyramidDeferredFlipCloseAll(Strategy):
    """A market entry of the same bar counts towards a stop's reversal size."""

    broker = d0(pyramiding=4)

    def on_bar(self, ctx):
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        r, f, s, a = ta.rsi(bar.close, 14), ta.ema(bar.close, 9), ta.ema(bar.close, 21), ta.atr(14)
        enter, reverse = ta.crossover(f, s) & (r < 70), ta.crossunder(r, 50.0)
        broker.entry("L", LONG, qty=1, when=enter)
        broker.entry("S", SHORT, qty=1, stop=bar.low - 0.25 * a, when=reverse)
        broker.close_all(when=at(bar, "21:45"))
