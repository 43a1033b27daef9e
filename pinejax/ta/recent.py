"""The last values of a source one by one, for formulas that need each of them: O(n) a bar. Windows that need not are in `window`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.core.bounded import plain
from pinejax.ta.window import OnNa, Ring, as_length, is_shared, note_length, read_at


class Recent:
    """The last `depth` values: `back(k)` is the one k executions ago (0: the newest), `count` how many there are (at most depth)."""

    def __init__(self, ctx: Any, name: str, x: Any, depth: Any, on_na: OnNa = "skip"):
        x = jnp.asarray(plain(x))
        self.dtype = x.dtype
        if is_shared(ctx, x):
            size = note_length(ctx, name, depth)
            site = ctx.site({"values": np.full(size, np.nan, x.dtype), "count": np.int32(0)})
            old = site.value
            known = jnp.asarray(True) if on_na == "keep" else ~jnp.isnan(x)
            values = jnp.where(known, jnp.concatenate([x[None], old["values"][:-1]]), old["values"])
            count = jnp.minimum(old["count"] + known, size)
            if on_na == "clear":
                count = jnp.where(known, count, 0)
            kept = site.set({"values": values, "count": count})
            self.count = kept["count"]
            self.back: Callable[[Any], Any] = lambda k: _pick(kept["values"], k)
        else:
            ring = Ring(ctx, name, x, depth, on_na=on_na)
            ring.finish(None)
            self.count, self.back = jnp.minimum(ring.count, ring.depth), ring.back

    def total(self, n: Any, bound: int, term: Callable[[Any, Any], Any], like: Any) -> Any:
        """Sum of term(k, back(k)) over k < n, oldest first, in the shape (or pytree of shapes) of `like`; n is at most `bound`."""
        n = as_length(n)

        def add(i: Any, so_far: Any) -> Any:
            k = bound - 1 - i
            return jax.tree.map(lambda total, value: total + jnp.where(k < n, value, 0.0), so_far, term(k, self.back(k)))

        return lax.fori_loop(0, bound, add, jax.tree.map(jnp.zeros_like, like))


def _pick(values: Any, k: Any) -> Any:
    return lax.dynamic_index_in_dim(values, k, keepdims=False) if jnp.ndim(k) == 0 and not isinstance(k, int) else read_at(values, k)


def past(ctx: Any, name: str, x: Any, n: Any) -> Any:
    """x as it was n executions ago, na before; n may differ from lane to lane."""
    if isinstance(n, (int, np.integer)):
        return ctx.history(x, int(n))
    recent = Recent(ctx, name, x, n + 1, on_na="keep")
    n = as_length(n)
    return jnp.where(recent.count > n, recent.back(n), jnp.nan)
