"""Averages: sma, ema, rma, wma, hma, vwma, alma, swma and window sums. Formulas and warm-up as TradingView's (docs/semantics.md, 12)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.ops import divide, floor_sqrt
from pinejax.ta.recent import Recent
from pinejax.ta.window import Ring, add_exactly, as_length, fold, is_shared, length_bound, note_length


def window_sum(ctx: Any, name: str, x: Any, n: Any) -> tuple[Any, Any]:
    """Sum of the last n non-na values, and whether there are n yet."""
    if is_shared(ctx, x):
        return fold(ctx, name, x, n, 0.0, lambda sums, x, k: sums + x)
    ring = Ring(ctx, name, x, n, extra=(0.0, 0.0))
    total = add_exactly(add_exactly(ring.extra, ring.x), -ring.dropped)
    high, low = ring.finish(total)
    return high + low, ring.full


def _gauss(n: Any, offset: Any, sigma: Any, depth: int, dtype: Any, whole: bool) -> Any:
    """Weights of alma by age, the newest first, summing to 1; 0 from age n on. `[depth]` or `[depth, lanes]`. whole: floored centre."""
    # Numbers are summed up now: a sum over an axis must not end up inside the loop over bars.
    xp = np if all(isinstance(v, (int, float)) for v in (n, offset, sigma)) else jnp
    shape = np.broadcast_shapes(*(jnp.shape(v) for v in (n, offset, sigma)))
    age = xp.arange(depth, dtype=dtype).reshape((depth,) + (1,) * len(shape))
    centre = offset * (n - 1.0)
    distance = (n - 1.0 - age) - (xp.floor(centre) if whole else centre)
    weight = xp.where(age < n, xp.exp(-(distance**2) / (2.0 * (n / sigma) ** 2)), 0.0)
    return weight / xp.sum(weight, axis=0)


class Averages:
    """`ta.sma`, `ta.ema`, ...: a mixin of `Ta`."""

    ctx: Any

    def sma(self, x: Any, n: Any) -> Any:
        """Mean of the last n values; na before there are n. na inputs left out. Summed directly for bar series, exactly for others."""
        total, full = window_sum(self.ctx, "sma", x, n)
        return jnp.where(full, total / self._float(n, x), jnp.nan)

    def sum(self, x: Any, n: Any) -> Any:
        """Sum of the last n values (Pine's math.sum); na before there are n. na inputs left out."""
        total, full = window_sum(self.ctx, "sum", x, n)
        return jnp.where(full, total, jnp.nan)

    def ema(self, x: Any, n: Any) -> Any:
        """Exponential average, alpha = 2 / (n + 1), seeded by the SMA of the first n values; na before. na input: na, state kept."""
        alpha = self.ctx.hoist(lambda n: 2.0 / (n + 1.0), n)
        return self._recursive("ema", x, n, alpha)

    def rma(self, x: Any, n: Any) -> Any:
        """Wilder's average, alpha = 1 / n, seeded by the SMA of the first n values; na before. na input: na, state kept."""
        alpha = self.ctx.hoist(lambda n: 1.0 / n, n)
        return self._recursive("rma", x, n, alpha)

    def _recursive(self, name: str, x: Any, n: Any, alpha: Any) -> Any:
        """x averaged by `alpha`; while the first n values come in, their running mean (weight 1 / count) is the SMA that seeds it."""
        note_length(self.ctx, name, n)
        x, ctx, length = jnp.asarray(plain(x)), self.ctx, as_length(n)
        shape, counted = ctx.shape_of(x, n, alpha), ctx.shape_of(x)
        site = ctx.site({"mean": np.zeros(shape, x.dtype), "count": np.zeros(counted, np.int32)})
        known = ~jnp.isnan(x)
        count = site.value["count"] + known
        weight = jnp.where(count <= length, 1.0 / jnp.maximum(count, 1).astype(x.dtype), jnp.asarray(alpha, x.dtype))
        mean = site.value["mean"] + weight * (x - site.value["mean"])
        kept = site.set({"mean": jnp.where(known, mean, site.value["mean"]), "count": jnp.minimum(count, 1 << 30)})
        return jnp.where(known & (kept["count"] >= length), kept["mean"], jnp.nan)

    def wma(self, x: Any, n: Any) -> Any:
        """Linearly weighted average, weights 1..n, the newest heaviest; na before n values. na inputs left out."""
        ctx = self.ctx
        norm = ctx.hoist(lambda n: 2.0 / (n * (n + 1.0)), self._float(n, x))
        if is_shared(ctx, x):
            total, full = fold(ctx, "wma", x, n, 0.0, lambda sums, x, k: sums + x * (k + 1.0))
        else:
            ring = Ring(ctx, "wma", x, n, extra=((0.0, 0.0), (0.0, 0.0)))
            (weighted, plain_sum), length = ring.extra, self._float(n, x)
            # Every weight falls by one as the window moves: subtract the old sum, add the new value at full weight.
            size = jnp.minimum(ring.count.astype(ring.x.dtype), length)
            full_before = ring.count > ring.length
            for part in plain_sum:
                weighted = add_exactly(weighted, jnp.where(full_before, -part, 0.0))
            weighted = add_exactly(weighted, size * ring.x)
            plain_sum = add_exactly(add_exactly(plain_sum, ring.x), -ring.dropped)
            (high, low), _ = ring.finish((weighted, plain_sum))
            total, full = high + low, ring.full
        return jnp.where(full, total * norm, jnp.nan)

    def hma(self, x: Any, n: Any) -> Any:
        """Hull average: wma(2 wma(x, n / 2) - wma(x, n), sqrt n), lengths rounded down; na before n + sqrt n - 1 values. na as in `wma`."""
        return self.wma(2.0 * self.wma(x, n // 2) - self.wma(x, n), floor_sqrt(n))

    def vwma(self, x: Any, n: Any) -> Any:
        """Volume-weighted mean, sma(x volume) / sma(volume); na before n values, and without volume. na as in `sma`, for both."""
        volume = self.ctx.bar.volume
        return divide(self.sma(plain(x) * volume, n), self.sma(volume, n))

    def swma(self, x: Any) -> Any:
        """Mean of the last four values weighted 1 2 2 1; na before there are four, and while one of them is na."""
        x, history = jnp.asarray(plain(x)), self.ctx.history
        return (x + 2.0 * history(x, 1) + 2.0 * history(x, 2) + history(x, 3)) / 6.0

    def alma(self, x: Any, n: Any, offset: Any = 0.85, sigma: Any = 6.0, floor: bool = False) -> Any:
        """Gaussian weights centred at offset (n - 1) of the window, rounded down if `floor`, n / sigma wide; na before n values.

        na too while an na is among them.
        """
        x, bound = jnp.asarray(plain(x)), length_bound("alma", n)
        recent = Recent(self.ctx, "alma", x, n, on_na="clear")
        weights = self.ctx.hoist(lambda n, offset, sigma: _gauss(n, offset, sigma, bound, x.dtype, floor), n, offset, sigma)
        like = jnp.zeros(np.broadcast_shapes(jnp.shape(weights)[1:], self.ctx.shape_of(x)), x.dtype)
        total = recent.total(n, bound, lambda k, value: jnp.asarray(weights)[k] * value, like)
        return jnp.where(recent.count >= as_length(n), total, jnp.nan)

    def _float(self, n: Any, x: Any) -> Any:
        """A length as a float to divide by."""
        dtype = jnp.asarray(plain(x)).dtype
        return self.ctx.hoist(lambda n: jnp.asarray(n, dtype), n)
