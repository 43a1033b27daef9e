"""Extremes of a window, how long ago they were, and those of the whole run. Pivots are in `pinejax.ta.pivot`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.ta.window import fold


class Extremes:
    """`ta.highest`, `ta.lowest`, `ta.highestbars`, `ta.lowestbars`, `ta.range`, `ta.max`, `ta.min`: a mixin of `Ta`."""

    ctx: Any

    def highest(self, x: Any, n: Any) -> Any:
        """Largest of the last n values; na before there are n. na inputs left out."""
        top, full = fold(self.ctx, "highest", x, n, -jnp.inf, lambda tops, x, k: jnp.maximum(tops, x))
        return jnp.where(full, top, jnp.nan)

    def lowest(self, x: Any, n: Any) -> Any:
        """Smallest of the last n values; na before there are n. na inputs left out."""
        low, full = fold(self.ctx, "lowest", x, n, jnp.inf, lambda lows, x, k: jnp.minimum(lows, x))
        return jnp.where(full, low, jnp.nan)

    def range(self, x: Any, n: Any) -> Any:
        """Largest less smallest of the last n values; na before there are n. na inputs left out."""
        return self.highest(x, n) - self.lowest(x, n)

    def highestbars(self, x: Any, n: Any) -> Any:
        """Offset, 0 or negative, to the largest of the last n values, the oldest among equals; na before n. na inputs left out."""
        return self._offset("highestbars", x, n, 1.0)

    def lowestbars(self, x: Any, n: Any) -> Any:
        """Offset, 0 or negative, to the smallest of the last n values, the oldest among equals; na before n. na inputs left out."""
        return self._offset("lowestbars", x, n, -1.0)

    def max(self, x: Any) -> Any:
        """Largest value so far, since the first execution; na before the first. na inputs left out."""
        return self._so_far(x, jnp.fmax)

    def min(self, x: Any) -> Any:
        """Smallest value so far, since the first execution; na before the first. na inputs left out."""
        return self._so_far(x, jnp.fmin)

    def _so_far(self, x: Any, pick: Any) -> Any:
        x = jnp.asarray(plain(x))
        site = self.ctx.site(np.full(self.ctx.shape_of(x), np.nan, x.dtype))
        return site.set(pick(site.value, x))

    def _offset(self, name: str, x: Any, n: Any, sign: float) -> Any:
        def step(folds: tuple[Any, Any], x: Any, k: Any) -> tuple[Any, Any]:
            tops, offsets = folds
            beats = sign * x > tops
            return jnp.where(beats, sign * x, tops), jnp.where(beats, 0.0, offsets - 1.0)

        (_, offset), full = fold(self.ctx, name, x, n, (-jnp.inf, 0.0), step)
        return jnp.where(full, offset, jnp.nan)
