"""Running totals, most of them of volume: cum, obv, accdist, pvt, vwap. Volume-weighted averages are in `average`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.ops import divide, nz


class Volume:
    """`ta.cum`, `ta.obv`, `ta.accdist`, `ta.pvt`, `ta.vwap`: a mixin of `Ta`."""

    ctx: Any

    def cum(self, x: Any) -> Any:
        """Sum of all values so far; na before the first, na inputs left out."""
        ctx, x = self.ctx, jnp.asarray(plain(x))
        site = ctx.site(np.full(ctx.shape_of(x), np.nan, x.dtype))
        return site.set(jnp.where(jnp.isnan(x), site.value, nz(site.value) + x))

    def obv(self: Any) -> Any:
        """On-balance volume: volume added on a rise of the close, taken off on a fall; 0 on the first bar."""
        step = self.change(self.ctx.bar.close)
        return self.cum(nz(jnp.sign(step)) * self.ctx.bar.volume)

    def accdist(self) -> Any:
        """Accumulation/distribution: total of volume times the place of the close in the bar's range, -1..1; 0 for no range."""
        bar = self.ctx.bar
        return self.cum(nz(divide(2 * bar.close - bar.low - bar.high, bar.high - bar.low)) * bar.volume)

    def pvt(self) -> Any:
        """Price-volume trend: total of volume times the relative change of the close; na on the first bar."""
        bar = self.ctx.bar
        before = self.ctx.history(bar.close)
        return self.cum(divide(bar.close - before, before) * bar.volume)

    def vwap(self, x: Any, anchor: Any, k: Any = 1.0) -> tuple[Any, Any, Any]:
        """(vwap, upper, lower) since the last bar on which `anchor` was true, that bar included; na before the first.

        The bands are k volume-weighted deviations away, sqrt(sum v x^2 / sum v - vwap^2).
        """
        ctx, x, anchor = self.ctx, jnp.asarray(plain(x)), jnp.asarray(plain(anchor), bool)
        volume = ctx.bar.volume
        site = ctx.site([np.full(ctx.shape_of(x, anchor, volume), np.nan, x.dtype) for _ in range(3)])
        terms = (volume, x * volume, x * x * volume)
        weight, total, squares = site.set([jnp.where(anchor, 0.0, old) + term for old, term in zip(site.value, terms, strict=True)])
        middle = divide(total, weight)
        width = plain(k) * jnp.sqrt(jnp.maximum(divide(squares, weight) - middle * middle, 0.0))
        return middle, middle + width, middle - width
