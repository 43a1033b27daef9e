"""Crosses, changes and history: what compares a series with its own past. Raw doubles, as TradingView compares here."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pinejax.core.bounded import plain
from pinejax.ops import nz
from pinejax.ta.recent import past


class Crosses:
    """`ta.crossover`, `ta.crossunder`, `ta.cross`, `ta.change`, `ta.rising`, `ta.falling`: a mixin of `Ta`."""

    ctx: Any

    def crossover(self, a: Any, b: Any) -> Any:
        """a > b now and a <= b on the previous execution; False where any of the four is na."""
        a, b, before_a, before_b = self._pair(a, b)
        return (a > b) & (before_a <= before_b)

    def crossunder(self, a: Any, b: Any) -> Any:
        """a < b now and a >= b on the previous execution; False where any of the four is na."""
        a, b, before_a, before_b = self._pair(a, b)
        return (a < b) & (before_a >= before_b)

    def cross(self, a: Any, b: Any) -> Any:
        """a and b on other sides of each other than at the previous execution; ties do not count, and na gives False."""
        a, b, before_a, before_b = self._pair(a, b)
        return ((a > b) & (before_a < before_b)) | ((a < b) & (before_a > before_b))

    def _pair(self, a: Any, b: Any) -> tuple[Any, Any, Any, Any]:
        ctx = self.ctx
        before_a, before_b = ctx.before(a), ctx.before(b)
        a, b = jnp.asarray(plain(a), ctx.sites.dtype), jnp.asarray(plain(b), ctx.sites.dtype)
        return a, b, before_a, before_b

    def change(self, x: Any, n: Any = 1) -> Any:
        """x less x n executions ago; na before that, and where one of the two is na. Of a bool: whether it differs from then."""
        x = jnp.asarray(plain(x))
        if x.dtype == bool:
            return x != (nz(past(self.ctx, "change", x.astype(self.ctx.sites.dtype), n)) > 0)
        return x - past(self.ctx, "change", x, n)

    def rising(self: Any, x: Any, n: Any) -> Any:
        """Whether x is above each of the n values before it; False before there are n. na inputs left out, and give False themselves."""
        x = jnp.asarray(plain(x))
        return x > self.highest(self.ctx.history(x), n)

    def falling(self: Any, x: Any, n: Any) -> Any:
        """Whether x is below each of the n values before it; False before there are n. na inputs left out, and give False themselves."""
        x = jnp.asarray(plain(x))
        return x < self.lowest(self.ctx.history(x), n)
