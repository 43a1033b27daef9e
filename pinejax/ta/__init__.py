"""Indicators as `ctx.ta`: every call is a call site with a state of its own. TradingView's formulas and warm-up."""

from __future__ import annotations

from typing import Any

from pinejax.ta.average import Averages
from pinejax.ta.cross import Crosses
from pinejax.ta.extreme import Extremes
from pinejax.ta.momentum import Momentum
from pinejax.ta.trend import Trend
from pinejax.ta.volatility import Volatility


class Ta(Averages, Extremes, Crosses, Volatility, Momentum, Trend):
    """The indicators of one tracing context. Lengths are numbers, inputs, or made of both; na is NaN throughout."""

    def __init__(self, ctx: Any):
        self.ctx = ctx


__all__ = ["Ta"]
