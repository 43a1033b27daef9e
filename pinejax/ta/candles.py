"""Bars made of bars. Indicators on them are the caller's to build."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np


class Candles:
    """`ta.heikin_ashi`: a mixin of `Ta`."""

    ctx: Any

    def heikin_ashi(self) -> tuple[Any, Any, Any, Any]:
        """(open, high, low, close) of the Heikin-Ashi bar, as TradingView's chart type draws it; never na. Not in the manual.

        close = ohlc4; open = mean of the previous Heikin-Ashi open and close, on the first bar of the bar's own; high and low
        include both.
        """
        ctx, bar = self.ctx, self.ctx.bar
        close = jnp.asarray(bar.ohlc4)
        nothing = np.full(ctx.shape_of(close), np.nan, close.dtype)
        site = ctx.site((nothing, nothing))
        before_open, before_close = site.value
        open_ = jnp.where(jnp.isnan(before_open), (bar.open + bar.close) / 2, (before_open + before_close) / 2)
        site.set((open_, close))
        high, low = (pick(pick(x, open_), close) for pick, x in ((jnp.maximum, bar.high), (jnp.minimum, bar.low)))
        return open_, high, low, close
