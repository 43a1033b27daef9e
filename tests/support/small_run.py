"""A user's own strategy, and a search over it that ends in a second or two."""

from __future__ import annotations

MINE = """
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT


class Mine(Strategy):
    fast = input.int(9, low=3, high=20)
    slow = input.int(30, low=25, high=60)
    both_sides = input.bool(True)

    def on_bar(self, ctx):
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow)
        broker.entry("L", LONG, when=ta.crossover(fast, slow))
        broker.entry("S", SHORT, when=ta.crossunder(fast, slow) & self.both_sides)
        broker.close("L", when=ta.crossunder(fast, slow))
"""

SMALL = ("strategy=mine.py:Mine", "timeframe=1h@4h", "search.n_trials=8", "search.sampler=random", "search.batch_size=4", "verdict=none")
