"""What a sweep keeps of the equity curve: sums in the carry, one value per lane. Not the metrics made of them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.gate import where_asked
from pinejax.core.pytree import pytree


@pytree
class Track:
    """Reductions of equity at bar closes, `[lanes]`.

    fall, fall_peak: the largest relative fall so far as (peak - equity, peak); bars_in: closes with an open position;
    day_equity: equity at the last UTC day's end; days, day_sum, day_squares, day_losses: count, sum, sum of squares and sum of
    squared negative daily returns.
    """

    equity: Any
    peak: Any
    fall: Any
    fall_peak: Any
    bars_in: Any
    day_equity: Any
    days: Any
    day_sum: Any
    day_squares: Any
    day_losses: Any


def new_track(lanes: int, capital: float, dtype: Any) -> Track:
    """Before the first bar: equity is the initial capital."""
    start, zero = np.full(lanes, capital, dtype), np.zeros(lanes, dtype)
    return Track(start, start, zero, start, zero, start, zero, zero, zero, zero)


def mark(track: Track, equity: Any, in_position: Any, day_ends: Any) -> Track:
    """Take in the equity at one bar's close. day_ends: scalar, whether the next bar opens on another UTC day."""
    peak = jnp.maximum(track.peak, equity)
    fall = peak - equity
    # fall / peak > worst / its peak, without a division on every bar.
    worse = fall * track.fall_peak > track.fall * peak
    daily = (track.day_equity, track.days, track.day_sum, track.day_squares, track.day_losses)
    day_equity, days, total, squares, losses = where_asked(day_ends, lambda d: _end_day(equity, *d), daily)
    return Track(
        equity, peak, jnp.where(worse, fall, track.fall), jnp.where(worse, peak, track.fall_peak), track.bars_in + in_position,
        day_equity, days, total, squares, losses,
    )  # fmt: skip


def _end_day(equity: Any, before: Any, days: Any, total: Any, squares: Any, losses: Any) -> tuple:
    change = equity / before - 1.0
    fell = jnp.minimum(change, 0.0)
    return equity, days + 1.0, total + change, squares + change * change, losses + fell * fell
