"""A strategy with everything in it, and bars for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT
from pinejax.testing.reference import make_feed

N_BARS, N_TRIALS = 700, 150
HOUR_MS = 3_600_000


class Busy(Strategy):
    """Crosses, a stop entry, brackets with a trail, a partial exit, closes, and a higher timeframe."""

    fast = input.int(5, low=2, high=12)
    slow = input.int(20, low=10, high=40)
    stop_ticks = input.float(150.0, low=20.0, high=400.0)
    shorts = input.bool(True)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow = ta.ema(bar.close, self.fast), ta.sma(bar.close, self.slow)
        trend = ctx.htf(lambda bar, ta: ta.ema(bar.close, 3))
        up, down = ta.crossover(fast, slow), ta.crossunder(fast, slow)
        broker.entry("L", LONG, up)
        broker.entry("B", LONG, up & (bar.close > trend), stop=bar.high + 0.2)
        broker.entry("S", SHORT, down & self.shorts)
        broker.exit("half", "L", qty_rate=0.5, profit_ticks=self.stop_ticks)
        broker.exit("rest", "L", loss_ticks=self.stop_ticks, trail_ticks=self.stop_ticks, trail_offset_ticks=30)
        broker.exit("cover", "S", loss_ticks=self.stop_ticks)
        broker.close("B", when=down)


def wave(n: int, seed: int, timeframe: str = "1h@4h") -> Feed:
    """A random walk on a grid of cents."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(size=n) * 4e-3)), 2)
    open_ = np.r_[close[0], close[:-1]]
    high = np.round(np.maximum(open_, close) + rng.exponential(0.2, n), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(0.2, n), 2)
    time = np.arange(n, dtype=np.int64) * HOUR_MS
    return make_feed(time, np.column_stack([open_, high, low, close, np.ones(n)]), timeframe, symbol=f"WAVE{seed}", instrument=Instrument())


def first_bars(feed: Feed, n: int) -> Feed:
    """The same feed, cut."""
    cut = lambda b: Bars(*(getattr(b, f)[:n] for f in ("time", "open", "high", "low", "close", "volume")))  # noqa: E731
    return Feed(feed.symbol, feed.timeframe, cut(feed.ltf), cut(feed.htf), feed.htf_complete[:n], feed.instrument)


BROKER = BrokerConfig(initial_capital=10_000.0, size=0.4, slippage_ticks=1, leverage=2.0)
