"""When something last happened: barssince, valuewhen, fixnan. Crosses are in `cross`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain


class Events:
    """`ta.barssince`, `ta.valuewhen`, `ta.fixnan`: a mixin of `Ta`."""

    ctx: Any

    def barssince(self, condition: Any) -> Any:
        """Executions since the condition last held, 0 where it does; na before it ever did."""
        ctx, condition = self.ctx, jnp.asarray(plain(condition), bool)
        site = ctx.site(np.full(ctx.shape_of(condition), np.nan, ctx.sites.dtype))
        return site.set(jnp.where(condition, 0.0, site.value + 1.0))

    def valuewhen(self, condition: Any, x: Any, k: int = 0) -> Any:
        """x when the condition last held (k = 0), or the k-th time before that; na if it did not so often. `k` is a whole number."""
        ctx, condition, x = self.ctx, jnp.asarray(plain(condition), bool), jnp.asarray(plain(x))
        shape = ctx.shape_of(condition, x)
        site = ctx.site([np.full(shape, np.nan, x.dtype) for _ in range(k + 1)])
        moved = [x, *site.value[:-1]]
        return site.set(jax.tree.map(lambda new, old: jnp.where(condition, new, old), moved, site.value))[k]

    def fixnan(self, x: Any) -> Any:
        """x, or the last value that was not na; na before the first."""
        ctx, x = self.ctx, jnp.asarray(plain(x))
        site = ctx.site(np.full(ctx.shape_of(x), np.nan, x.dtype))
        return site.set(jnp.where(jnp.isnan(x), site.value, x))
