"""Follow the supertrend line."""

from __future__ import annotations

from typing import Any

from pinejax import LONG, SHORT, Strategy, input


class Supertrend(Strategy):
    """Turn with the supertrend: its band hl2 -+ factor x ATR(length) only tightens, and a close beyond it turns the trend.

    Entries: long at the next open after the trend turned up, short after it turned down, each reversing the other. With one
    side disallowed its signal only closes. Exit besides: with use_line_stop a stop at the supertrend line, moved with it every
    bar, leaves the position where the bar trades through the line instead of at the next open.
    """

    length = input.int(10, low=5, high=50, help="bars of the ATR")
    factor = input.float(3.0, low=0.5, high=8.0, step=0.1, help="width of the bands in ATR")
    allow_long = input.bool(True, help="take long entries")
    allow_short = input.bool(True, help="take short entries")
    use_line_stop = input.bool(False, help="a stop order at the line")

    def on_bar(self, ctx: Any) -> None:
        ta, broker = ctx.ta, ctx.broker
        line, direction = ta.supertrend(self.factor, self.length)
        turn = ta.change(direction)
        up, down = turn < 0, turn > 0
        broker.entry("L", LONG, when=up & self.allow_long)
        broker.entry("S", SHORT, when=down & self.allow_short)
        broker.close("L", when=down & ~self.allow_short)
        broker.close("S", when=up & ~self.allow_long)
        with ctx.when(self.use_line_stop):
            broker.exit("XL", "L", stop=line, when=direction < 0)
            broker.exit("XS", "S", stop=line, when=direction > 0)
