"""Trend followers that remember a side: supertrend, dmi, parabolic sar. Averages are in `average`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.ops import divide, nz


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

    def dmi(self: Any, n_di: Any, n_adx: Any) -> tuple[Any, Any, Any]:
        """(+DI, -DI, ADX), 0..100: Wilder's directional movement over the true range, both rma(n_di), and rma(n_adx) of their spread.

        Movement and range are na on the first bar; +DI and -DI hold their last value where the range is 0.
        """
        bar = self.ctx.bar
        up, down = self.change(bar.high), -self.change(bar.low)
        plus_move = jnp.where(jnp.isnan(up), up, jnp.where((up > down) & (up > 0), up, 0.0))
        minus_move = jnp.where(jnp.isnan(down), down, jnp.where((down > up) & (down > 0), down, 0.0))
        reach = self.rma(self.tr(False), n_di)
        plus = self.fixnan(divide(100.0 * self.rma(plus_move, n_di), reach))
        minus = self.fixnan(divide(100.0 * self.rma(minus_move, n_di), reach))
        both = plus + minus
        return plus, minus, 100.0 * self.rma(jnp.abs(plus - minus) / jnp.where(both == 0, 1.0, both), n_adx)

    def sar(self, start: Any = 0.02, increment: Any = 0.02, limit: Any = 0.2) -> Any:
        """Wilder's parabolic stop and reverse; na on the first bar, on the second a rise if the close rose.

        It nears the trend's extreme by a factor that grows by `increment` with every new extreme, up to `limit`; a bar that
        trades through it turns the trend. Never beyond the lows (in a fall: highs) of the two bars before.
        """
        ctx, bar = self.ctx, self.ctx.bar
        start, increment, limit = plain(start), plain(increment), plain(limit)
        number = np.full(ctx.shape_of(bar.close, start, increment, limit), np.nan, jnp.asarray(bar.close).dtype)
        names = ("sar", "extreme", "factor", "close", "high", "low", "high_2", "low_2")
        site = ctx.site({"is_up": np.zeros(number.shape, bool), **dict.fromkeys(names, number)})
        last = site.value
        first = jnp.isnan(last["sar"])
        is_up = jnp.where(first, bar.close > last["close"], last["is_up"])
        extreme = jnp.where(first, jnp.where(is_up, bar.high, bar.low), last["extreme"])
        factor = jnp.where(first, start, last["factor"])
        level = jnp.where(first, jnp.where(is_up, last["low"], last["high"]), last["sar"])
        level = level + factor * (extreme - level)
        turns = jnp.where(is_up, level > bar.low, level < bar.high)
        level = jnp.where(turns, jnp.where(is_up, jnp.maximum(bar.high, extreme), jnp.minimum(bar.low, extreme)), level)
        is_up ^= turns
        reached = jnp.where(is_up, bar.high, bar.low)
        grows = ~turns & ~first & jnp.where(is_up, bar.high > extreme, bar.low < extreme)
        extreme = jnp.where(turns | grows, reached, extreme)
        factor = jnp.where(turns, start, jnp.where(grows, jnp.minimum(factor + increment, limit), factor))
        below = jnp.fmin(last["low"], last["low_2"])
        above = jnp.fmax(last["high"], last["high_2"])
        level = jnp.where(is_up, jnp.fmin(level, below), jnp.fmax(level, above))
        level = jnp.where(jnp.isnan(last["close"]), jnp.nan, level)
        kept = {"sar": level, "is_up": is_up, "extreme": extreme, "factor": factor}
        site.set({**kept, "close": bar.close, "high": bar.high, "low": bar.low, "high_2": last["high"], "low_2": last["low"]})
        return level
