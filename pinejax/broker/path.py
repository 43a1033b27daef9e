"""The path of the price inside one bar, and when it first touches a level. What a touch fills is `pinejax.broker.walk`.

Source: SEMANTICS section 2 (docs/semantics.md). The path is open, high, low, close where high - open < open - low, else
open, low, high, close. A position on it is the distance travelled from the open, the same for all lanes of a block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp

NEVER = jnp.inf


class Path(NamedTuple):
    """One bar's path. open, high, low, close: scalars; up_first: whether the high comes before the low."""

    open: Any
    high: Any
    low: Any
    close: Any
    up_first: Any

    @property
    def high_at(self) -> Any:
        """Distance travelled when the path reaches the high."""
        return jnp.where(self.up_first, self.high - self.open, (self.open - self.low) + (self.high - self.low))

    @property
    def low_at(self) -> Any:
        """Distance travelled when the path reaches the low."""
        return jnp.where(self.up_first, (self.high - self.open) + (self.high - self.low), self.open - self.low)


def path_of(open: Any, high: Any, low: Any, close: Any) -> Path:
    """The path of a bar. Exact ties go low first, on unrounded doubles."""
    return Path(open, high, low, close, (high - open) < (open - low))


def point_path(price: Any) -> Path:
    """A bar that is one price: the close, where orders are processed on close."""
    return Path(price, price, price, price, jnp.asarray(False))


def mirrored(path: Path) -> Path:
    """The path of the negated price: what falls, rises. Distances along it are the same."""
    return Path(-path.open, -path.low, -path.high, -path.close, ~path.up_first)


def seen_from(path: Path, sense: Any) -> Path:
    """The path times `sense` (1 or -1; a Python number or an array over lanes)."""
    if isinstance(sense, int):
        return path if sense > 0 else mirrored(path)
    other = mirrored(path)
    return Path(*(jnp.where(sense > 0, a, b) for a, b in zip(path, other, strict=True)))


def touch_above(path: Path, level: Any, at: Any, price: Any) -> Any:
    """Distance at which the price first is at or above `level`, from the point `at` (where it is `price`) on; NEVER if it is not.

    A level already reached at `at` is touched there. NaN levels are never touched. `[lanes]` or scalars.
    """
    first = level + jnp.where(path.up_first, -path.open, path.open - 2.0 * path.low)
    last = level + (2.0 * path.high - path.open - 2.0 * path.low)
    on_first = (level <= path.high) & (first >= at)
    on_last = path.up_first & (level <= path.close) & (last >= at)
    return jnp.where(price >= level, at, jnp.where(on_first, first, jnp.where(on_last, last, NEVER)))


def range_between(path: Path, at: Any, price: Any, to: Any, to_price: Any) -> tuple[Any, Any]:
    """Highest and lowest price on the path between two points, both included."""
    high_at, low_at = path.high_at, path.low_at
    top = jnp.where((at <= high_at) & (high_at <= to), path.high, -jnp.inf)
    bottom = jnp.where((at <= low_at) & (low_at <= to), path.low, jnp.inf)
    return jnp.maximum(jnp.maximum(price, to_price), top), jnp.minimum(jnp.minimum(price, to_price), bottom)


class TrailTouch(NamedTuple):
    """When and where a trailing stop of a long position fires; `at` is NEVER where it does not."""

    at: Any
    price: Any


def trail_touch(path: Path, best: Any, activation: Any, offset: Any, stop_of: Callable[[Any], Any], at: Any, price: Any) -> TrailTouch:
    """First touch of a long position's trailing stop from the point `at` on (mirror the path for a short).

    best: the highest price since it was armed, NaN if it is not; activation: the price that arms it, NaN for none;
    offset: distance of the stop below `best`; stop_of(best): that stop on the tick grid. With an offset of 0 an unarmed trail
    exits at its activation price.
    (docs/semantics.md, 4.8)
    """
    armed = ~jnp.isnan(best)
    here = jnp.where(armed, jnp.maximum(best, price), jnp.where(price >= activation, price, jnp.nan))
    stop_here = stop_of(here)
    fires_here = price <= stop_here

    # The leg that falls from the open (low first): armed trails only, the best cannot rise before it.
    falls_first = ~path.up_first & (at <= path.low_at) & (path.low <= stop_here)
    first_at = path.open - stop_here

    # The leg that falls after the high: to the low (high first) or to the close (low first).
    top = jnp.where(at <= path.high_at, jnp.maximum(path.high, price), price)
    best_then = jnp.where(jnp.isnan(here), jnp.where(top >= activation, top, jnp.nan), jnp.maximum(here, top))
    stop_then = stop_of(best_then)
    bottom = jnp.where(path.up_first, path.low, path.close)
    still = jnp.where(path.up_first, at <= path.low_at, True)
    falls_later = still & (bottom <= stop_then)
    later_at = path.high_at + (path.high - stop_then)

    immediate = (offset <= 0) & ~armed
    arms_at = touch_above(path, activation, at, price)
    fire_at = jnp.where(
        fires_here, at, jnp.where(falls_first, jnp.maximum(first_at, at), jnp.where(falls_later, jnp.maximum(later_at, at), NEVER))
    )
    fire_price = jnp.where(fires_here, price, jnp.where(falls_first, stop_here, stop_then))
    return TrailTouch(
        jnp.where(immediate, arms_at, fire_at),
        jnp.where(immediate, jnp.where(price >= activation, price, activation), fire_price),
    )
