"""Volume: running totals, indices and intensities. Volume-weighted averages are in `average`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.ops import divide, nz


class Volume:
    """`ta.cum`, `ta.obv`, `ta.accdist`, `ta.pvt`, `ta.nvi`, `ta.pvi`, `ta.wad`, `ta.iii`, `ta.wvad`, `ta.vwap`: a mixin of `Ta`."""

    ctx: Any

    def cum(self, x: Any) -> Any:
        """Sum of all values so far; na before the first, na inputs left out."""
        ctx, x = self.ctx, jnp.asarray(plain(x))
        site = ctx.site(np.full(ctx.shape_of(x), np.nan, x.dtype))
        return site.set(jnp.where(jnp.isnan(x), site.value, nz(site.value) + x))

    def obv(self: Any) -> Any:
        """On-balance volume: volume added on a rise of the close, taken off on a fall; 0 on the first bar; volume na adds nothing."""
        step = self.change(self.ctx.bar.close)
        return self.cum(nz(jnp.sign(step)) * self.ctx.bar.volume)

    def accdist(self) -> Any:
        """Accumulation/distribution: total of volume times the close's place in the bar, -1..1, 0 for no range; volume na adds nothing."""
        bar = self.ctx.bar
        return self.cum(nz(divide(2 * bar.close - bar.low - bar.high, bar.high - bar.low)) * bar.volume)

    def pvt(self) -> Any:
        """Price-volume trend: total of volume times the relative change of the close; na on the first bar; volume na adds nothing."""
        bar = self.ctx.bar
        before = self.ctx.history(bar.close)
        return self.cum(divide(bar.close - before, before) * bar.volume)

    def nvi(self) -> Any:
        """Negative volume index, 1 at first: compounds the relative change of the close where volume fell; none where it is na."""
        return self._volume_index(jnp.less)

    def pvi(self) -> Any:
        """Positive volume index, 1 at first: compounds the relative change of the close where volume rose; volume na before counts as 0."""
        return self._volume_index(jnp.greater)

    def _volume_index(self, compare: Any) -> Any:
        ctx, bar = self.ctx, self.ctx.bar
        before, volume = ctx.history(bar.close), nz(ctx.history(bar.volume))
        close = jnp.asarray(bar.close)
        site = ctx.site(np.ones(ctx.shape_of(close), close.dtype))
        counts = (nz(close) != 0) & (nz(before) != 0) & compare(bar.volume, volume)
        return site.set(jnp.where(counts, site.value + (close - before) / before * site.value, site.value))

    def wad(self) -> Any:
        """Williams' accumulation/distribution: total of the rises above the true low and falls below the true high; 0 at first, never na.

        True low and high: min(low, close before) and max(high, close before).
        """
        bar = self.ctx.bar
        before = self.ctx.history(bar.close)
        fall = jnp.where(bar.close < before, bar.close - jnp.maximum(bar.high, before), 0.0)
        return self.cum(jnp.where(bar.close > before, bar.close - jnp.minimum(bar.low, before), fall))

    def iii(self) -> Any:
        """Intraday intensity: (2 close - high - low) / ((high - low) volume); na without range or volume."""
        bar = self.ctx.bar
        return divide(2 * bar.close - bar.high - bar.low, (bar.high - bar.low) * bar.volume)

    def wvad(self) -> Any:
        """Williams' variable accumulation/distribution: (close - open) / (high - low) times volume; na without range. Not a total."""
        bar = self.ctx.bar
        return divide(bar.close - bar.open, bar.high - bar.low) * bar.volume

    def vwap(self, x: Any, anchor: Any, k: Any = 1.0) -> tuple[Any, Any, Any]:
        """(vwap, upper, lower) since the last bar on which `anchor` was true, that bar included; na before the first and without volume.

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
