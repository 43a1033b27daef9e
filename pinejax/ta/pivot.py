"""Pivots: local extremes confirmed by the bars after them. Extremes of a window are in `extreme`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.ta.recent import Recent
from pinejax.ta.window import as_length, is_shared, length_bound


class Pivots:
    """`ta.pivothigh`, `ta.pivotlow`: a mixin of `Ta`."""

    ctx: Any

    def pivothigh(self, x: Any, left: Any, right: Any) -> Any:
        """The value `right` executions ago if none of the `left` values before it was higher and all `right` values after it are lower.

        na otherwise, before there are left + right + 1 values, and while an na is among them. Known `right` bars late, never earlier.
        """
        return _pivot(self.ctx, "pivothigh", x, left, right, 1.0)

    def pivotlow(self, x: Any, left: Any, right: Any) -> Any:
        """The mirror image of `pivothigh`: none of the values before it lower, all after it higher; na otherwise."""
        return _pivot(self.ctx, "pivotlow", x, left, right, -1.0)


def _pivot(ctx: Any, name: str, x: Any, left: Any, right: Any, sign: float) -> Any:
    x = sign * jnp.asarray(plain(x))
    # A side of no bars is allowed, so the bound is that of the whole window.
    n_left, n_right = (length_bound(name, side + 1) - 1 for side in (left, right))
    find = _pivot_of_shared if is_shared(ctx, x) else _pivot_of_lanes
    return sign * find(ctx, name, x, as_length(left), as_length(right), n_left, n_right)


def _pivot_of_shared(ctx: Any, name: str, x: Any, left: Any, right: Any, n_left: int, n_right: int) -> Any:
    """The pivots of every pair of sides at once, then each lane's own: a few vector operations a bar, whatever the lanes.

    tops[k]: largest of the last k + 1 values; values[r]: the value r ago; unbeaten[r, l]: whether it was no lower than the l values
    before it.
    """
    depth = max(n_left, n_right, 1)
    site = ctx.site(
        {
            "tops": np.full(depth, -np.inf, x.dtype),
            "values": np.full(n_right + 1, np.nan, x.dtype),
            "unbeaten": np.zeros((n_right + 1, n_left + 1), bool),
            "count": np.int32(0),
        }
    )
    old, known = site.value, ~jnp.isnan(x)
    none = jnp.full(1, -jnp.inf, x.dtype)
    before = jnp.concatenate([none, old["tops"]])
    tops = jnp.maximum(jnp.where(known, x, -jnp.inf), before[:-1])
    values = jnp.concatenate([x[None], old["values"][:-1]])
    unbeaten = jnp.concatenate([(x >= before[: n_left + 1])[None], old["unbeaten"][:-1]])
    count = jnp.where(known, jnp.minimum(old["count"] + 1, n_left + n_right + 1), 0)
    kept = site.set({"tops": tops, "values": values, "unbeaten": unbeaten, "count": count})
    after = jnp.concatenate([none, kept["tops"]])[: n_right + 1]
    n_needed = np.arange(n_right + 1)[:, None] + np.arange(n_left + 1)[None] + 1
    is_pivot = kept["unbeaten"] & (after < kept["values"])[:, None] & (kept["count"] >= n_needed)
    found = jnp.where(is_pivot, kept["values"][:, None], jnp.nan)
    if isinstance(left, int) and isinstance(right, int):
        return found[right, left]
    return jnp.take(found.reshape(-1), right * (n_left + 1) + left, mode="clip")


def _pivot_of_lanes(ctx: Any, name: str, x: Any, left: Any, right: Any, n_left: int, n_right: int) -> Any:
    """Each lane's own window, value by value."""
    bound = n_left + n_right + 1
    recent = Recent(ctx, name, x, bound, on_na="clear")
    candidate = recent.back(right)

    def beats(k: Any, value: Any) -> Any:
        return jnp.where(jnp.where(k < right, value >= candidate, (k > right) & (value > candidate)), 1.0, 0.0).astype(x.dtype)

    n_beaten = recent.total(left + right + 1, bound, beats, candidate)
    return jnp.where((recent.count >= left + right + 1) & (n_beaten == 0), candidate, jnp.nan)
