"""Trade the break of a price channel with resting stop orders."""

from __future__ import annotations

from typing import Any

from pinejax import LONG, SHORT, Strategy, input
from pinejax.ops import maximum, may_be, minimum, na, nz, where


class DonchianBreakout(Strategy):
    """Enter where the price leaves the range of entry_len bars, leave where it falls back through that of exit_len bars.

    Entries: a buy stop at the highest high and a sell stop at the lowest low of the last entry_len bars, moved every bar, so
    that a break fills inside the bar; a fill reverses an opposite position. Exits: a stop at the lowest low (for a short: the
    highest high) of the last exit_len bars, moved every bar; with use_atr_stop never wider than atr_mult x ATR(20) from the
    average entry price.
    """

    entry_len = input.int(20, low=5, high=120, help="bars of the entry channel")
    exit_len = input.int(10, low=3, high=60, help="bars of the exit channel")
    allow_long = input.bool(True, help="take long entries")
    allow_short = input.bool(True, help="take short entries")
    use_atr_stop = input.bool(False, help="a stop counted from the entry price as well")
    atr_mult = input.float(2.0, low=0.5, high=6.0, step=0.1, active_if="use_atr_stop", help="distance of that stop in ATR")

    def on_bar(self, ctx: Any) -> None:
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        top, bottom = ta.highest(bar.high, self.entry_len), ta.lowest(bar.low, self.entry_len)
        stop_long, stop_short = ta.lowest(bar.low, self.exit_len), ta.highest(bar.high, self.exit_len)
        if may_be(self.use_atr_stop):
            width = where(self.use_atr_stop, self.atr_mult * ta.atr(20), na)
            entry_price = broker.position_avg_price
            stop_long = maximum(stop_long, nz(entry_price - width, stop_long))
            stop_short = minimum(stop_short, nz(entry_price + width, stop_short))
        ready = top > bottom
        broker.entry("L", LONG, stop=top, when=ready & (broker.position_size <= 0) & self.allow_long)
        broker.entry("S", SHORT, stop=bottom, when=ready & (broker.position_size >= 0) & self.allow_short)
        broker.exit("XL", "L", stop=stop_long)
        broker.exit("XS", "S", stop=stop_short)
