"""What kinds of orders cost: lane-bars per second of one EMA cross with market orders, brackets, trailing stops, and a pyramid of three.

    python benchmarks/order_styles.py [--lanes 256] [--bars 50000] [--repeats 7]

One thread, float64, default costs, a random walk of 15-minute bars; the same parameter sets for all styles. Rates are the median of the
repeats (slowest .. fastest). Another checkout is measured by the same file with PYTHONPATH set to it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars, Feed
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT
from pinejax.core.timeframe import TimeframePair
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine


class Market(Strategy):
    """Always in the market, turned by a cross."""

    fast = input.int(9, low=3, high=40)
    slow = input.int(21, low=20, high=120)
    mult = input.float(2.0, low=0.5, high=5.0)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow)
        up, down = ta.crossover(fast, slow), ta.crossunder(fast, slow)
        broker.entry("L", LONG, self.more(ctx, fast, slow, up))
        broker.entry("S", SHORT, down)
        self.protect(ctx, up, down)

    def more(self, ctx: Any, fast: Any, slow: Any, up: Any) -> Any:
        """When to buy."""
        return up

    def protect(self, ctx: Any, up: Any, down: Any) -> None:
        """Exits, if any."""


class Bracket(Market):
    """A stop and a limit for each side, placed with the entry."""

    trails = False

    def protect(self, ctx: Any, up: Any, down: Any) -> None:
        """A bracket in multiples of the ATR."""
        bar, atr = ctx.bar, ctx.ta.atr(14)
        trail = {"trail_ticks": atr * self.mult / 0.01, "trail_offset_ticks": atr / 0.01} if self.trails else {}
        far, near = 2 * self.mult * atr, self.mult * atr
        ctx.broker.exit("XL", "L", up, stop=bar.close - near, limit=bar.close + far, **trail)
        ctx.broker.exit("XS", "S", down, stop=bar.close + near, limit=bar.close - far, **trail)


class Trailing(Bracket):
    """The same with a trailing stop."""

    trails = True


class Pyramid(Trailing):
    """The same, adding to longs up to three times."""

    def more(self, ctx: Any, fast: Any, slow: Any, up: Any) -> Any:
        """Also where the close crosses the fast average in an upward trend."""
        return up | (ctx.ta.crossover(ctx.bar.close, fast) & (fast > slow))


STYLES: tuple[tuple[str, type[Strategy], int], ...] = (
    ("market orders", Market, 1),
    ("with a bracket", Bracket, 1),
    ("with a trailing stop", Trailing, 1),
    ("pyramiding 3, all of it", Pyramid, 3),
)


def walk(n: int) -> Feed:
    """n bars of a random walk on a grid of cents."""
    rng = np.random.default_rng(0)
    close = np.round(2_000 * np.exp(np.cumsum(rng.normal(size=n) * 2e-3)), 2)
    open_ = np.r_[close[0], close[:-1]]
    high = np.round(np.maximum(open_, close) + rng.exponential(2, n), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(2, n), 2)
    bars = Bars(np.arange(n, dtype=np.int64) * 900_000, open_, high, low, close, np.ones(n))
    return Feed("WALK", TimeframePair.parse("15m"), bars, bars, np.ones(n, bool))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=int, default=256)
    parser.add_argument("--bars", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    feed, rng = walk(asked.bars), np.random.default_rng(1)
    sets = [{"fast": int(rng.integers(3, 41)), "slow": int(rng.integers(20, 121))} for _ in range(asked.lanes)]
    print(f"{asked.lanes} lanes x {asked.bars:,} bars, one thread, median of {asked.repeats} (slowest .. fastest)")
    print(f"{'orders':24} {'compile s':>9} {'trades a lane':>13} {'M lane-bars/s':>14}")
    for name, strategy, pyramiding in STYLES:
        engine = Engine(strategy, [feed], BrokerConfig(size=0.3, pyramiding=pyramiding), strategy.inputs, EngineConfig(n_threads=1))
        compile_s, batch = engine.warm_up(), [strategy.complete(s) for s in sets]
        seconds, found = [], engine.evaluate(batch)
        for _ in range(asked.repeats):
            started = time.perf_counter()
            engine.evaluate(batch)
            seconds.append(time.perf_counter() - started)
        rates = sorted(asked.lanes * asked.bars / s / 1e6 for s in seconds)
        trades = statistics.mean(float(e.metrics["n_trades"][0]) for e in found)
        print(f"{name:24} {compile_s:9.2f} {trades:13.0f} {statistics.median(rates):6.1f} ({rates[0]:.1f} .. {rates[-1]:.1f})", flush=True)


if __name__ == "__main__":
    main()
