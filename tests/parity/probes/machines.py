"""Probes of class 3: state reads, variables and sizes, with market orders."""

from __future__ import annotations

from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.ops import isnan, maximum, minimum, na, where
from tests.parity.probes.clock import at, is_monday_midnight
from tests.parity.probes.properties import D0, d0


class TaEmaRibbonStackTransition(Strategy):
    """Three averages in order."""

    broker = D0

    def on_bar(self, ctx):
        close = ctx.bar.close
        e8, e21, e55 = ctx.ta.ema(close, 8), ctx.ta.ema(close, 21), ctx.ta.ema(close, 55)
        bull, bear = (e8 > e21) & (e21 > e55), (e8 < e21) & (e21 < e55)
        d = ctx.var(0)
        ctx.broker.entry("Long", LONG, when=bull & (d.value != 1))
        ctx.broker.entry("Short", SHORT, when=bear & (d.value != -1))
        d.set(where(bull, 1, where(bear, -1, 0)))


class TaCciThresholdCross(Strategy):
    """The last two crosses run lazily."""

    broker = D0

    def on_bar(self, ctx):
        ta, broker = ctx.ta, ctx.broker
        c = ta.cci(ctx.bar.close, 20)
        broker.entry("Long", LONG, when=ta.crossover(c, -100.0))
        broker.entry("Short", SHORT, when=ta.crossunder(c, 100.0))
        with ctx.when(broker.position_size > 0):
            broker.close("Long", when=ta.crossunder(c, 0.0))
        with ctx.when(broker.position_size < 0):
            broker.close("Short", when=ta.crossover(c, 0.0))


class TaSupertrendDirectionFlip(Strategy):
    """Supertrend's direction."""

    broker = D0

    def on_bar(self, ctx):
        broker = ctx.broker
        _, direction = ctx.ta.supertrend(3.0, 10)
        prev = ctx.var(0.0)
        bull, bear = (direction == -1) & (prev.value == 1), (direction == 1) & (prev.value == -1)
        pos = broker.position_size
        broker.close("S", when=bull & (pos < 0))
        broker.entry("L", LONG, when=bull & (pos <= 0))
        broker.close("L", when=bear & (pos > 0))
        broker.entry("S", SHORT, when=bear & (pos >= 0))
        prev.set(direction)


class TaKeltnerChannelBreak(Strategy):
    """Channel breaks; a second close of the same id on one bar is ignored."""

    broker = D0

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        m, w = ta.ema(close, 20), 2.0 * ta.atr(10)
        lb, sb = ta.crossover(close, m + w), ta.crossunder(close, m - w)
        lx, sx = ta.crossunder(close, m), ta.crossover(close, m)
        pos = broker.position_size
        broker.close("S", when=lb & (pos < 0))
        broker.entry("L", LONG, when=lb & (pos <= 0))
        broker.close("L", when=sb & (pos > 0))
        broker.entry("S", SHORT, when=sb & (pos >= 0))
        broker.close("L", when=lx & (pos > 0))
        broker.close("S", when=sx & (pos < 0))


class BracketAtrTrailingStopState(Strategy):
    """A trailing stop kept by hand, market orders only."""

    broker = D0

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        a, m = ta.atr(14), ta.ema(close, 20)
        ts, is_long = ctx.var(na), ctx.var(False)
        le, se = ta.crossover(close, m), ta.crossunder(close, m)
        broker.entry("Long", LONG, when=le)
        with ctx.when(le):
            is_long.set(True)
            ts.set(close - 2 * a)
        broker.entry("Short", SHORT, when=se)
        with ctx.when(se):
            is_long.set(False)
            ts.set(close + 2 * a)
        pos = broker.position_size
        with ctx.when(is_long.value & (pos > 0)):
            new = close - 2 * a
            ts.set(where(isnan(ts.value), new, maximum(ts.value, new)))
            with ctx.when(close < ts.value):
                broker.close("Long")
                is_long.set(False)
        with ctx.when(~is_long.value & (pos < 0)):
            new = close + 2 * a
            ts.set(where(isnan(ts.value), new, minimum(ts.value, new)))
            broker.close("Short", when=close > ts.value)


class OrderCloseImmediateVsNextBar(Strategy):
    """close(immediately) fills at this bar's close."""

    broker = D0

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        broker.entry("NEXT", LONG, qty=1, when=at(bar, "02:15") & (pos == 0))
        broker.close("NEXT", when=at(bar, "03:15") & (pos > 0))
        broker.entry("IMM", LONG, qty=1, when=at(bar, "10:15") & (pos == 0))
        broker.close("IMM", when=at(bar, "11:15") & (pos > 0), immediately=True)


class OrderProcessOnCloseTrue(Strategy):
    """Fills on the signal bar's close."""

    broker = d0(process_orders_on_close=True)

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        r, f, s = ta.rsi(close, 14), ta.ema(close, 9), ta.ema(close, 21)
        enter, leave = ta.crossover(f, s) & (r < 70), ta.crossunder(f, s)
        pos = broker.position_size
        broker.entry("L", LONG, qty=1, when=enter & (pos == 0))
        broker.close("L", when=leave & (pos > 0))


class PyramidCloseIdGrouping(Strategy):
    """One id, three lots, one close."""

    broker = d0(pyramiding=3)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        broker.entry("L", LONG, qty=1, when=at(bar, "00:15") & (pos == 0))
        broker.entry("L", LONG, qty=1, when=at(bar, "00:30") & (pos > 0))
        broker.entry("L", LONG, qty=1, when=at(bar, "00:45") & (pos > 0))
        broker.close("L", when=at(bar, "01:15") & (pos > 0))
        broker.entry("S", SHORT, qty=1, when=at(bar, "12:15") & (pos == 0))
        broker.entry("S", SHORT, qty=1, when=at(bar, "12:30") & (pos < 0))
        broker.entry("S", SHORT, qty=1, when=at(bar, "12:45") & (pos < 0))
        broker.close("S", when=at(bar, "13:15") & (pos < 0))


class PyramidCashFractionalCommission(Strategy):
    """Cash sizes and a fee per contract."""

    broker = d0(size_type="cash", size=50_000.0, commission_type="cash_per_contract", commission=0.05, pyramiding=3)

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        r, f, s = ta.rsi(close, 14), ta.ema(close, 9), ta.ema(close, 21)
        broker.entry("L", LONG, when=ta.crossover(f, s) & (r > 40) & (r < 70))
        broker.close_all(when=at(ctx.bar, "23:45"))


class OrderPercentEquityCashCommission(Strategy):
    """A quarter of equity, less one fee."""

    broker = d0(size_type="percent_of_equity", size=0.25, commission_type="cash_per_order", commission=1.5)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        broker.entry("L", LONG, when=at(bar, "08:15") & (pos == 0))
        broker.close("L", when=at(bar, "12:15") & (pos > 0))


class AnalyzerParityPercentOfEquitySizing(Strategy):
    """99 % of equity on Mondays."""

    broker = d0(size_type="percent_of_equity", size=0.99, pyramiding=0)

    def on_bar(self, ctx):
        broker = ctx.broker
        pos = broker.position_size
        broker.entry("E", LONG, when=is_monday_midnight(ctx.bar) & (pos == 0))
        broker.close("E", when=(pos > 0) & (broker.bars_since_entry > 0))


class CapMaxIntradayFilledOrdersIsolate(Strategy):
    """At most five fills a day."""

    broker = d0(risk={"max_intraday_filled_orders": 5})

    def on_bar(self, ctx):
        close, ta, broker = ctx.bar.close, ctx.ta, ctx.broker
        f, s = ta.sma(close, 5), ta.sma(close, 13)
        u, d = ta.crossover(f, s), ta.crossunder(f, s)
        broker.entry("L", LONG, when=u & (broker.position_size <= 0))
        broker.entry("S", SHORT, when=d & (broker.position_size >= 0))


class CapRiskGatesAllowMaxIntraday(Strategy):
    """Three risk rules at once."""

    broker = d0(pyramiding=10, risk={"max_intraday_filled_orders": 3, "allow_entry_in": LONG, "max_position_size": 2.0})

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        broker.entry("L1", LONG, qty=1, when=at(bar, "00:15"))
        broker.entry("L2", LONG, qty=1, when=at(bar, "00:30"))
        broker.entry("L3", LONG, qty=1, when=at(bar, "00:45"))
        broker.entry("S_BLOCKED", SHORT, qty=1, when=at(bar, "01:00"))
        broker.close_all(when=at(bar, "03:00") & (broker.position_size != 0))


class OrderCloseAllCancelAll(Strategy):
    """Far limits cancelled, then an immediate close_all."""

    broker = d0(pyramiding=2)

    def on_bar(self, ctx):
        bar, broker = ctx.bar, ctx.broker
        pos = broker.position_size
        broker.entry("PENDING_L", LONG, qty=1, limit=bar.close * 0.80, when=at(bar, "04:15"))
        broker.entry("PENDING_S", SHORT, qty=1, limit=bar.close * 1.20, when=at(bar, "04:15"))
        broker.cancel_all(when=at(bar, "04:30"))
        broker.entry("A", LONG, qty=1, when=at(bar, "05:15") & (pos == 0))
        broker.entry("B", LONG, qty=1, when=at(bar, "05:45") & (pos > 0))
        broker.close_all(when=at(bar, "06:15") & (pos != 0), immediately=True)


class SessionNySpringForwardDst(Strategy):
    """The New York session, with daylight saving time."""

    broker = D0

    def on_bar(self, ctx):
        inside = ctx.session("0930-1600", zone="America/New_York")
        before = ctx.history(inside)
        pos = ctx.broker.position_size
        ctx.broker.entry("L", LONG, qty=1, when=inside & ~before & (pos == 0))
        ctx.broker.close("L", when=before & ~inside & (pos > 0))
