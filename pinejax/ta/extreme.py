"""Extremes of a window: highest, lowest. Pivots are in `pinejax.ta.pivot`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pinejax.ta.window import fold


class Extremes:
    """`ta.highest`, `ta.lowest`: a mixin of `Ta`."""

    ctx: Any

    def highest(self, x: Any, n: Any) -> Any:
        """Largest of the last n values; na before there are n."""
        top, full = fold(self.ctx, "highest", x, n, -jnp.inf, lambda tops, x, k: jnp.maximum(tops, x))
        return jnp.where(full, top, jnp.nan)

    def lowest(self, x: Any, n: Any) -> Any:
        """Smallest of the last n values; na before there are n."""
        low, full = fold(self.ctx, "lowest", x, n, jnp.inf, lambda lows, x, k: jnp.minimum(lows, x))
        return jnp.where(full, low, jnp.nan)
