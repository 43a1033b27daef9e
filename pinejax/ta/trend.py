"""Trend followers that remember a side: supertrend, dmi, parabolic sar. Averages are in `average`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.ops import nz


class Trend:
    """`ta.supertrend`, `ta.dmi`, `ta.sar`: a mixin of `Ta`."""

    ctx: Any

    def supertrend(self: Any, factor: Any, n: Any) -> tuple[Any, Any]:
        """(line, direction): bands hl2 -+ factor x atr(n) that only tighten while the price stays on their side.

        Direction -1 is an uptrend, whose line is the lower band; 1 until there was an atr the bar before. na bands count as 0.
        """
        ctx, bar = self.ctx, self.ctx.bar
        atr = self.atr(n)
        width = plain(factor) * atr
        upper, lower = bar.hl2 + width, bar.hl2 - width
        before = self.ctx.history(bar.close)
        shape = ctx.shape_of(upper)
        number = np.full(shape, np.nan, upper.dtype)
        site = ctx.site({"upper": number, "lower": number, "had_atr": np.zeros(shape, bool), "follows_upper": np.ones(shape, bool)})
        last = site.value
        last_upper, last_lower = nz(last["upper"]), nz(last["lower"])
        lower = jnp.where((lower > last_lower) | (before < last_lower), lower, last_lower)
        upper = jnp.where((upper < last_upper) | (before > last_upper), upper, last_upper)
        is_up = last["had_atr"] & jnp.where(last["follows_upper"], bar.close > upper, ~(bar.close < lower))
        line = jnp.where(is_up, lower, upper)
        site.set({"upper": upper, "lower": lower, "had_atr": ~jnp.isnan(atr), "follows_upper": line == nz(upper)})
        return line, jnp.where(is_up, -1.0, 1.0).astype(upper.dtype)
