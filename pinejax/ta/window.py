"""The last n values of a call site, for a length per lane: folds, running sums, rings. What is computed from them is `ta`'s.

Two shapes of source. A value shared by the lanes (`bar.close`, anything made of bar values) has one *ladder*: for every
length at once, the fold of the last n values, oldest first, because  fold_n(t) = step(fold_{n-1}(t-1), x_t).  It costs one
vector operation a bar, whatever the lanes, and has no history error; lanes then read it at their own length. A value per
lane has a *ring*: the last values, with sums that add the new one and drop the oldest in double-double arithmetic, so that
they carry no history error either.

What an na input does is the function's choice (`OnNa`): most of TradingView's windows leave it out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.core.bounded import Bounded, plain, upper_bound
from pinejax.core.gate import any_lane, where_asked
from pinejax.errors import StrategyError

MAX_LENGTH = 5_000

# skip: as if the execution had not been; clear: the window begins anew; keep: na is a value like any other.
OnNa = Literal["skip", "clear", "keep"]


def length_bound(name: str, n: Any) -> int:
    """The largest value a length can take: what sizes the buffers of the call site.

    Errors: StrategyError where it is unknown (a length computed from bars) or out of range.
    """
    bound = upper_bound(n)
    if bound is None:
        raise StrategyError(
            f"ta.{name}: expected a length made of inputs and numbers, whose upper bound is known; got a value that changes with the bars."
        )
    if not _is_whole(n):
        raise StrategyError(
            f"ta.{name}: expected a whole length, got {n if isinstance(n, float) else 'a fraction'}. Use input.int, and // to divide."
        )
    if not 1 <= bound <= MAX_LENGTH:
        raise StrategyError(f"ta.{name}: expected a length in 1..{MAX_LENGTH}, got one up to {bound:g}.")
    return int(bound)


def note_length(ctx: Any, name: str, n: Any) -> int:
    """`length_bound`, noted by the context: a dataset must have more bars than its longest length."""
    bound = length_bound(name, n)
    ctx.sites.longest = max(ctx.sites.longest, bound)
    return bound


def _is_whole(n: Any) -> bool:
    """Whether a length is a whole number on every lane: by its value, or by its type where it is traced."""
    return np.issubdtype(n.dtype, np.integer) if isinstance(n, Bounded) else float(n).is_integer()


def as_length(n: Any) -> Any:
    """A length as int32: a Python int or `[lanes]`."""
    n = plain(n)
    return int(n) if isinstance(n, (int, float, np.integer, np.floating)) else jnp.asarray(n).astype(jnp.int32)


def read_at(ladder: Any, index: Any) -> Any:
    """ladder[index] for an index per lane; `[depth]` or `[depth, lanes]`."""
    if isinstance(index, int):
        return ladder[index]
    if ladder.ndim == 1:
        return jnp.take(ladder, index, mode="clip")
    return jnp.take_along_axis(ladder, jnp.broadcast_to(index, ladder.shape[1:])[None], axis=0, mode="clip")[0]


def fold(ctx: Any, name: str, x: Any, n: Any, start: Any, step: Callable[[Any, Any, Any], Any], on_na: OnNa = "skip") -> tuple[Any, Any]:
    """The fold of the last n values of `x`, oldest first, and whether there are n of them yet.

    start: a pytree of numbers, the fold of no values; step(folds, x, k) -> folds, where the k-th of 0..depth-1 (a column or row of
    numbers) is the fold of k values and becomes that of k + 1. An na input leaves the fold as it was, or starts it anew ("clear").
    """
    x = jnp.asarray(plain(x))
    depth, shape = note_length(ctx, name, n), ctx.shape_of(x)
    first = {
        "folds": jax.tree.map(lambda s: np.full((depth, *shape), s, dtype=x.dtype), start),
        "count": np.zeros(shape, np.int32),
    }
    site = ctx.site(first)
    k = jnp.arange(depth, dtype=x.dtype).reshape((depth,) + (1,) * len(shape))
    x = jnp.broadcast_to(x, shape)

    def shifted(ladder: Any, s: Any) -> Any:
        return jnp.concatenate([jnp.full((1, *shape), s, dtype=x.dtype), ladder[:-1]])

    known = ~jnp.isnan(x)
    count = jnp.minimum(site.value["count"] + known, depth)
    if on_na == "clear":
        # What a lane reads is a fold of the values since the na alone, once the count lets it.
        x, count = jnp.where(known, x, 0.0), jnp.where(known, count, 0)
    folds = step(jax.tree.map(shifted, site.value["folds"], start), x, k)
    if on_na == "skip":
        folds = jax.tree.map(lambda new, old: jnp.where(known, new, old), folds, site.value["folds"])
    kept = site.set({"folds": folds, "count": count})
    length = as_length(n)
    index = length - 1
    return jax.tree.map(lambda ladder: read_at(ladder, index), kept["folds"]), kept["count"] >= length


class Ring:
    """The last values of a per-lane source, `[depth + 1, lanes]`: slot t % (depth + 1) holds execution t.

    A lane that skips an execution (na input, or masked out) has its column moved on by one, so that every lane's newest
    value sits in the newest slot: rare in practice, hence behind a condition. Infinite values count as na: they would stay
    in the running sums for ever.
    """

    def __init__(self, ctx: Any, name: str, x: Any, n: Any, extra: Any = None, on_na: OnNa = "skip"):
        x = jnp.asarray(plain(x))
        self.ctx, self.depth = ctx, note_length(ctx, name, n)
        self.shape = (ctx.sites.lanes,)
        self.x = jnp.broadcast_to(x, self.shape)
        self.length = as_length(n)
        first = {
            "ring": np.zeros((self.depth + 1, *self.shape), dtype=x.dtype),
            "slot": np.int32(0),
            "count": np.zeros(self.shape, np.int32),
            "extra": jax.tree.map(lambda s: np.full(self.shape, s, dtype=x.dtype), extra),
        }
        self.site = ctx.site(first)
        usable = jnp.ones(self.shape, bool) if on_na == "keep" else jnp.isfinite(self.x)
        runs = jnp.ones(self.shape, bool) if ctx.mask is None else jnp.broadcast_to(ctx.mask, self.shape)
        self.extra, self.count = self.site.value["extra"], self.site.value["count"]
        if on_na == "clear":
            cleared = runs & ~usable
            self.known, self.cleared = runs, cleared
            self.x = jnp.where(usable, self.x, 0.0)
            self.extra = jax.tree.map(lambda old: jnp.where(cleared, 0.0, old), self.extra)
            self.count = jnp.where(cleared, 0, self.count + runs)
        else:
            self.known, self.cleared = runs & usable, None
            self.count = self.count + self.known
        self.count = jnp.minimum(self.count, self.depth + 1)
        self._push(never_late=ctx.mask is None and on_na != "skip")

    def _push(self, never_late: bool) -> None:
        old, size = self.site.value, self.depth + 1
        ring = old["ring"]
        if not never_late:
            late = ~self.known & (old["count"] > 0)
            ring = where_asked(any_lane(late), lambda r: jnp.where(late, jnp.roll(r, 1, axis=0), r), ring)
        self.slot = jnp.where(old["slot"] + 1 >= size, 0, old["slot"] + 1)
        newest = jnp.where(self.known, self.x, lax.dynamic_index_in_dim(ring, self.slot, keepdims=False))
        self.ring = lax.dynamic_update_index_in_dim(ring, newest, self.slot, axis=0)

    def back(self, k: Any) -> Any:
        """The value k pushes ago (0: the newest); a number or `[lanes]`, at most `depth`."""
        index = self.slot - k
        index = jnp.where(index < 0, index + self.depth + 1, index)
        if jnp.ndim(index) == 0:
            return lax.dynamic_index_in_dim(self.ring, index, keepdims=False)
        return read_at(self.ring, index)

    @property
    def dropped(self) -> Any:
        """The value that leaves a window of the lane's length with this push; 0 while it fills."""
        return jnp.where(self.count > self.length, self.back(self.length), 0.0)

    @property
    def full(self) -> Any:
        """Whether the window holds `length` values."""
        return self.count >= self.length

    def finish(self, extra: Any = None) -> Any:
        """Write the state back; `extra` keeps its old value where the lane skipped. Returns the extra as kept."""
        kept = jax.tree.map(lambda new, old: jnp.where(self.known, new, old), extra, self.extra)
        cleared = self.cleared
        if cleared is not None:
            kept = jax.tree.map(lambda new: jnp.where(cleared, 0.0, new), kept)
        state = {"ring": self.ring, "slot": self.slot, "count": self.count, "extra": kept}
        self.site.overwrite(state)
        return kept


def add_exactly(total: tuple[Any, Any], x: Any) -> tuple[Any, Any]:
    """A double-double sum (high, low) plus x: Knuth's TwoSum, the error collected in the low part."""
    high, low = total
    s = high + x
    part = s - high
    return s, low + ((high - (s - part)) + (x - part))


def is_shared(ctx: Any, x: Any) -> bool:
    """Whether a source is the same on all lanes of the block, so that a ladder serves them all."""
    return ctx.shape_of(x) == ()
