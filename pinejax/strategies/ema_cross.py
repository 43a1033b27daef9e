"""The tutorial: two averages that cross."""

from __future__ import annotations

from typing import Any

from pinejax import LONG, SHORT, Strategy, input


class EmaCross(Strategy):
    """Long while the fast average is above the slow one, short while it is below: each cross reverses at the next open."""

    fast = input.int(9, low=3, high=40, help="bars of the fast EMA")
    slow = input.int(21, low=20, high=120, help="bars of the slow EMA")

    def on_bar(self, ctx: Any) -> None:
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow)
        broker.entry("L", LONG, when=ta.crossover(fast, slow))
        broker.entry("S", SHORT, when=ta.crossunder(fast, slow))
