"""Buy weakness, sell strength, leave in the middle."""

from __future__ import annotations

from typing import Any

from pinejax import LONG, SHORT, Strategy, input
from pinejax.ops import may_be, na, where


class RsiReversion(Strategy):
    """Fade extremes of the RSI.

    Entries: long at the next open when the RSI comes back up through oversold, short when it comes back down through
    overbought; with use_trend_filter a long only above the EMA of the close, a short only below. Exits: when the RSI crosses
    exit_level; with use_atr_stop at a stop of atr_mult x ATR(14) from the close of the signal bar.
    """

    length = input.int(14, low=3, high=40, help="bars of the RSI")
    oversold = input.float(30.0, low=10.0, high=45.0, step=1.0, help="a long when the RSI comes back above this")
    overbought = input.float(70.0, low=55.0, high=90.0, step=1.0, help="a short when the RSI comes back below this")
    exit_level = input.float(50.0, low=40.0, high=60.0, step=1.0, help="out when the RSI crosses this")
    allow_long = input.bool(True, help="take long entries")
    allow_short = input.bool(True, help="take short entries")
    use_trend_filter = input.bool(False, help="only with the EMA of the close")
    trend_len = input.int(100, low=20, high=300, active_if="use_trend_filter", help="bars of that EMA")
    use_atr_stop = input.bool(True, help="a protective stop")
    atr_mult = input.float(3.0, low=0.5, high=8.0, step=0.1, active_if="use_atr_stop", help="distance of the stop in ATR")

    def on_bar(self, ctx: Any) -> None:
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        rsi = ta.rsi(bar.close, self.length)
        go_long = ta.crossover(rsi, self.oversold) & self.allow_long
        go_short = ta.crossunder(rsi, self.overbought) & self.allow_short
        if may_be(self.use_trend_filter):
            trend = ta.ema(bar.close, self.trend_len)
            go_long &= (bar.close > trend) | ~self.use_trend_filter
            go_short &= (bar.close < trend) | ~self.use_trend_filter
        broker.entry("L", LONG, when=go_long)
        broker.entry("S", SHORT, when=go_short)
        broker.close("L", when=ta.crossover(rsi, self.exit_level))
        broker.close("S", when=ta.crossunder(rsi, self.exit_level))
        if may_be(self.use_atr_stop):
            width = where(self.use_atr_stop, self.atr_mult * ta.atr(14), na)
            broker.exit("XL", "L", stop=bar.close - width, when=go_long)
            broker.exit("XS", "S", stop=bar.close + width, when=go_short)
