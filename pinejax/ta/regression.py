"""Least squares in a window: the line through it, and the correlation of two. Averages with fixed weights are in `average`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pinejax.core.bounded import plain
from pinejax.ops import divide
from pinejax.ta.recent import Recent
from pinejax.ta.window import Ring, add_exactly, as_length, fold, is_shared, length_bound


class Regression:
    """`ta.linreg`, `ta.correlation`: a mixin of `Ta`."""

    ctx: Any

    def linreg(self: Any, x: Any, n: Any, offset: Any = 0) -> Any:
        """Value, `offset` bars back, of the least-squares line through the last n values; na before n, and while an na is among them."""
        ctx, size = self.ctx, self._float(n, x)
        if is_shared(ctx, x):
            (mean, moment), full = fold(ctx, "linreg", x, n, (0.0, 0.0), _co_moment, on_na="clear")
        else:
            ring = Ring(ctx, "linreg", x, n, extra=((0.0, 0.0), (0.0, 0.0)), on_na="clear")
            total, aged = ring.extra
            # Ages rise by one: every value counts once more; the one that leaves had come to age n.
            aged = add_exactly(add_exactly(aged, total[0]), total[1])
            aged = add_exactly(aged, -size * ring.dropped)
            total = add_exactly(add_exactly(total, ring.x), -ring.dropped)
            total, aged = ring.finish((total, aged))
            middle = ctx.hoist(lambda n: (n - 1.0) / 2.0, size)
            mean, full = (total[0] + total[1]) / size, ring.full
            moment = (middle * total[0] - aged[0]) + (middle * total[1] - aged[1])
        slope_at = ctx.hoist(_slope_at, size, self._float(offset, x))
        return jnp.where(full, mean + moment * slope_at, jnp.nan)

    def correlation(self: Any, a: Any, b: Any, n: Any) -> Any:
        """Pearson's of the last n pairs, -1..1; na before there are n, and where one side is constant. Pairs with an na are left out.

        Costs O(n) a bar.
        """
        ctx, size, bound = self.ctx, self._float(n, a), length_bound("correlation", n)
        a, b = jnp.asarray(plain(a)), jnp.asarray(plain(b))
        unknown = jnp.isnan(a) | jnp.isnan(b)
        first, second = (Recent(ctx, "correlation", jnp.where(unknown, jnp.nan, x), n) for x in (a, b))
        like = jnp.zeros_like(first.back(0) * size)
        mean_a, mean_b = first.total(n, bound, lambda k, x: (x, second.back(k)), (like, like))
        mean_a, mean_b = mean_a / size, mean_b / size

        def moments(k: Any, x: Any) -> tuple[Any, Any, Any]:
            x, y = x - mean_a, second.back(k) - mean_b
            return x * y, x * x, y * y

        both, of_a, of_b = first.total(n, bound, moments, (like, like, like))
        return jnp.where(first.count >= as_length(n), divide(both, jnp.sqrt(of_a * of_b)), jnp.nan)


def _slope_at(n: Any, offset: Any) -> Any:
    """How far the line has risen from its middle to `offset` bars back, per unit of the moment.

    The divisor is the sum of squared distances from the middle of 0..n-1; a single value has no slope.
    """
    return ((n - 1.0) / 2.0 - offset) / jnp.maximum(n * (n * n - 1.0) / 12.0, 0.5)


def _co_moment(folds: tuple[Any, Any], x: Any, k: Any) -> tuple[Any, Any]:
    """Mean, and sum of (index - mean index)(x - mean x), of k values, one value later: nothing large is subtracted."""
    mean, moment = folds
    step = x - mean
    return mean + step * (1.0 / (k + 1.0)), moment + step * (k * 0.5)
