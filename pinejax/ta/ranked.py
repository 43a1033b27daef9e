"""Ranks within a window: median, mode, percentiles, percentrank, rci. Extremes are in `extreme`.

Nothing is sorted on a bar: a window in ascending order takes in one value and gives one up, each by a shift of what lies above it.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.ops import divide
from pinejax.ta.recent import Recent
from pinejax.ta.window import OnNa, Ring, as_length, length_bound, read_at

# percentrank compares as Pine's operators do: values this close are equal (docs/semantics.md, 11.1).
EQUAL = 1e-10


class Sorted:
    """The last n values of a source in ascending order, `[depth, lanes]`; infinite from the n-th on. `full`: whether there are n."""

    def __init__(self, ctx: Any, name: str, x: Any, n: Any, on_na: OnNa = "skip"):
        ring = Ring(ctx, name, x, n, on_na=on_na)
        ring.finish()
        site = ctx.site(np.full((ring.depth, *ring.shape), np.inf, ring.x.dtype))
        old = site.value
        above = jnp.full((1, *ring.shape), jnp.inf, old.dtype)
        leaving = jnp.where(ring.count > ring.length, ring.back(ring.length), jnp.inf)
        rows = jnp.where(old < leaving, old, jnp.concatenate([old[1:], above]))
        below = jnp.concatenate([-above, rows[:-1]])
        rows = jnp.where(rows <= ring.x, rows, jnp.maximum(below, ring.x))
        rows = jnp.where(ring.known, rows, old)
        if ring.cleared is not None:
            rows = jnp.where(ring.cleared, jnp.inf, rows)
        self.rows, self.full, self.length, self.depth = site.overwrite(rows), ring.full, ring.length, ring.depth

    def at(self, index: Any) -> Any:
        """The value of that rank, 0 the smallest: a number or `[lanes]`."""
        return read_at(self.rows, index)


class Ranks:
    """`ta.median`, `ta.mode`, `ta.percentile_*`, `ta.percentrank`, `ta.rci`: a mixin of `Ta`."""

    ctx: Any

    def median(self, x: Any, n: Any) -> Any:
        """Middle of the last n values, the mean of the two middle ones for an even n; na before n values. na inputs left out."""
        window = Sorted(self.ctx, "median", x, n)
        middle = (window.at((window.length - 1) // 2) + window.at(window.length // 2)) / 2
        return jnp.where(window.full, middle, jnp.nan)

    def mode(self, x: Any, n: Any) -> Any:
        """Most frequent of the last n values, the smallest among equals; na before n values. na inputs left out. Costs O(n) a bar."""
        window = Sorted(self.ctx, "mode", x, n)
        nothing = jnp.zeros_like(window.rows[0])

        def longest_run(i: Any, found: tuple[Any, Any, Any, Any]) -> tuple[Any, Any, Any, Any]:
            value, run, best, most = found
            here = lax.dynamic_index_in_dim(window.rows, i, keepdims=False)
            run = jnp.where(here == value, run + 1, 1)
            beats = (run > most) & (i < window.length)
            return here, run, jnp.where(beats, here, best), jnp.where(beats, run, most)

        count = jnp.zeros(nothing.shape, jnp.int32)
        _, _, best, _ = lax.fori_loop(0, window.depth, longest_run, (nothing, count, nothing, count))
        return jnp.where(window.full, best, jnp.nan)

    def percentile_nearest_rank(self, x: Any, n: Any, percentage: Any) -> Any:
        """The smallest of the last n values that at least `percentage` percent are not above; na before n values. na inputs left out."""
        window = Sorted(self.ctx, "percentile_nearest_rank", x, n)

        def rank(n: Any, percentage: Any) -> Any:
            return jnp.maximum(jnp.ceil(jnp.asarray(percentage * n) / 100.0), 1.0).astype(jnp.int32) - 1

        return jnp.where(window.full, window.at(self.ctx.hoist(rank, n, percentage)), jnp.nan)

    def percentile_linear_interpolation(self, x: Any, n: Any, percentage: Any) -> Any:
        """Percentile between the two nearest ranks, rank i of n being percent 100 (i - 1/2) / n; na before n values.

        na too while an na is among them. The manual does not say which ranks it interpolates between: unproven.
        """
        window = Sorted(self.ctx, "percentile_linear_interpolation", x, n, on_na="clear")
        dtype = window.rows.dtype

        def place(n: Any, percentage: Any) -> Any:
            return jnp.clip(jnp.asarray(percentage * n, dtype) / 100.0 - 0.5, 0.0, n - 1.0)

        at = self.ctx.hoist(place, n, percentage)
        below = jnp.floor(at).astype(jnp.int32)
        lower, upper = window.at(below), window.at(jnp.minimum(below + 1, window.length - 1))
        return jnp.where(window.full, lower + (at - below) * (upper - lower), jnp.nan)

    def percentrank(self, x: Any, n: Any) -> Any:
        """Percentage of the n values before that are not above x (within 1e-10); na before there are n, and while an na is among the n + 1.

        Costs O(n) a bar.
        """
        recent = Recent(self.ctx, "percentrank", x, n + 1, on_na="clear")
        size, length, newest = self._float(n, x), as_length(n), recent.back(0)  # type: ignore[attr-defined]

        def not_above(k: Any, value: Any) -> Any:
            return jnp.where((k > 0) & (value <= newest + EQUAL), 1.0, 0.0).astype(newest.dtype)

        count = recent.total(n + 1, length_bound("percentrank", n + 1), not_above, jnp.zeros_like(newest * size))
        return jnp.where(recent.count > length, 100.0 * count / size, jnp.nan)

    def rci(self, x: Any, n: Any) -> Any:
        """100 times the correlation of the ranks of the last n values, ties averaged, with time, -100..100; na before n values.

        na too while an na is among them, and where all are equal. Costs O(n) a bar.
        """
        ring = Ring(self.ctx, "rci", x, n, extra=(0.0, 0.0), on_na="clear")
        concordance, ties = _with_ranks_of(ring, length_bound("rci", n))
        concordance, _ = kept = ring.finish((concordance, ties))
        whole = self.ctx.hoist(lambda n: n * (n * 1.0 * n - 1.0), n)
        # Pearson's with ranks: C / 2 over the root of (n^3 - n) / 12 times the same less sum(t^3 - t) / 12 over groups of t equals.
        spread = jnp.sqrt(whole * jnp.maximum(whole - kept[1], 0.0))
        return jnp.where(ring.full, divide(600.0 * concordance, spread), jnp.nan)


def _with_ranks_of(ring: Ring, bound: int) -> tuple[Any, Any]:
    """What rci sums over a window, after this push: whole numbers, so that nothing is lost as the window moves.

    concordance: over all pairs, their distance in time, positive where the later is larger, negative where it is smaller.
    ties: t^3 - t over the groups of t equal values; one more equal to m others adds 3 m (m + 1).
    """
    concordance, ties = ring.extra
    moves = ring.count > ring.length
    leaving = ring.back(ring.length)

    def pair(k: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
        gained, lost, as_new, as_old = sums
        value = ring.back(k)
        inside = (k < ring.length) & (k < ring.count)
        gained = gained + jnp.where(inside, k * jnp.sign(ring.x - value), 0.0)
        lost = lost + jnp.where(inside, (ring.length - k) * jnp.sign(value - leaving), 0.0)
        return gained, lost, as_new + (inside & (value == ring.x)), as_old + (inside & (value == leaving))

    zero = jnp.zeros_like(concordance)
    gained, lost, as_new, as_old = lax.fori_loop(1, bound, pair, (zero, zero, zero, zero))
    concordance = concordance + gained - jnp.where(moves, lost, 0.0)
    ties = ties + 3.0 * as_new * (as_new + 1.0) - jnp.where(moves, 3.0 * as_old * (as_old + 1.0), 0.0)
    return concordance, ties
