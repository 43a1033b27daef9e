"""Indicators as `ctx.ta`: every call is a call site with a state of its own. TradingView's formulas and warm-up."""

from __future__ import annotations

from typing import Any

from pinejax.errors import did_you_mean
from pinejax.ta.average import Averages
from pinejax.ta.band import Bands
from pinejax.ta.candles import Candles
from pinejax.ta.cross import Crosses
from pinejax.ta.event import Events
from pinejax.ta.extreme import Extremes
from pinejax.ta.level import Levels
from pinejax.ta.momentum import Momentum
from pinejax.ta.pivot import Pivots
from pinejax.ta.ranked import Ranks
from pinejax.ta.regression import Regression
from pinejax.ta.trend import Trend
from pinejax.ta.volatility import Volatility
from pinejax.ta.volume import Volume


class Ta(
    Averages,
    Bands,
    Candles,
    Crosses,
    Events,
    Extremes,
    Levels,
    Momentum,
    Pivots,
    Ranks,
    Regression,
    Trend,
    Volatility,
    Volume,
):
    """The indicators of one tracing context. Lengths are numbers, inputs, or made of both; na is NaN throughout.

    Where a docstring names no other source, the formula, its warm-up and what it does with na are those of the Pine v6 reference
    manual under the same name (docs/semantics.md, 12, says what is proven). Values are `[lanes]`, or scalars that all lanes share.
    A window that leaves na inputs out is one of the last n other values, and holds its last value on the bar of an na.
    """

    def __init__(self, ctx: Any):
        self.ctx = ctx

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"ta has no {name!r}. {did_you_mean(name, (n for n in dir(type(self)) if not n.startswith('_')))}")


__all__ = ["Ta"]
