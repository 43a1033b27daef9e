"""Ranges and deviations: tr, atr, variance, stdev, dev. Bands made of them are in `band`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pinejax.core.bounded import plain
from pinejax.ops import divide
from pinejax.ta.recent import Recent
from pinejax.ta.window import Ring, add_exactly, as_length, fold, is_shared, length_bound


class Volatility:
    """`ta.tr`, `ta.atr`, `ta.variance`, `ta.stdev`, `ta.dev`: a mixin of `Ta`."""

    ctx: Any

    def tr(self, handle_na: bool = True) -> Any:
        """True range of the bar. On the first bar high - low, or na if not `handle_na`."""
        bar = self.ctx.bar
        before = self.ctx.history(bar.close)
        reach = jnp.maximum(bar.high - bar.low, jnp.maximum(jnp.abs(bar.high - before), jnp.abs(bar.low - before)))
        return jnp.where(jnp.isnan(before), bar.high - bar.low if handle_na else jnp.nan, reach)

    def atr(self, n: Any) -> Any:
        """Wilder's average of the true range, that of the first bar being high - low; na before n bars."""
        return self.rma(self.tr(), n)  # type: ignore[attr-defined]

    def variance(self, x: Any, n: Any, biased: Any = True) -> Any:
        """Variance of the last n values, of a sample (over n - 1) if not `biased`; na before there are n. na inputs left out."""
        ctx, size = self.ctx, self._float(n, x)  # type: ignore[attr-defined]
        over = size if biased is True else ctx.hoist(lambda n, biased: jnp.where(biased, n, n - 1).astype(size.dtype), n, biased)
        if is_shared(ctx, x):
            (_, squares), full = fold(ctx, "variance", x, n, (0.0, 0.0), _welford)
            return jnp.where(full, divide(squares, over), jnp.nan)
        ring = Ring(ctx, "variance", x, n, extra=((0.0, 0.0), (0.0, 0.0)))
        total, squares = ring.extra
        total = add_exactly(add_exactly(total, ring.x), -ring.dropped)
        squares = add_exactly(add_exactly(squares, ring.x * ring.x), -ring.dropped * ring.dropped)
        total, squares = ring.finish((total, squares))
        mean = (total[0] + total[1]) / size
        spread = (squares[0] - total[0] * mean) + (squares[1] - total[1] * mean)
        return jnp.where(ring.full, divide(jnp.maximum(spread, 0.0), over), jnp.nan)

    def stdev(self, x: Any, n: Any, biased: Any = True) -> Any:
        """Deviation of the last n values, of a sample (over n - 1) if not `biased`; na before there are n. na inputs left out."""
        return jnp.sqrt(self.variance(x, n, biased))

    def dev(self, x: Any, n: Any) -> Any:
        """Mean absolute deviation of the last n values from their mean; na before there are n. na inputs left out. Costs O(n) a bar."""
        x, size = jnp.asarray(plain(x)), self._float(n, x)  # type: ignore[attr-defined]
        mean = self.sma(x, n)  # type: ignore[attr-defined]
        recent = Recent(self.ctx, "dev", x, n)
        total = recent.total(n, length_bound("dev", n), lambda k, value: jnp.abs(value - mean), mean)
        return jnp.where(recent.count >= as_length(n), total / size, jnp.nan)


def _welford(folds: tuple[Any, Any], x: Any, k: Any) -> tuple[Any, Any]:
    """Mean and sum of squared deviations of k values, one value later (Welford 1962): no cancellation."""
    mean, squares = folds
    step = x - mean
    mean = mean + step * (1.0 / (k + 1.0))
    return mean, squares + step * (x - mean)
