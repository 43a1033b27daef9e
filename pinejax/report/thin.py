"""Fewer points that look the same: what a picture of many bars needs. Highs and lows are never lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.feed import Bars


def merged(bars: Bars, most: int) -> tuple[Bars, int]:
    """At most so many bars, each of `n` neighbours: the first's time and open, the last's close, the highest and lowest price, the volume's
    sum. Returns them and n; the last may be of fewer. With n = 1 they are the same bars.
    """
    n = max(-(-len(bars) // most), 1)
    if n == 1:
        return bars, 1
    first = np.arange(0, len(bars), n)
    last = np.minimum(first + n, len(bars)) - 1
    at = np.maximum.reduceat, np.minimum.reduceat
    return (
        Bars(
            bars.time[first], bars.open[first], at[0](bars.high, first), at[1](bars.low, first), bars.close[last],
            np.add.reduceat(bars.volume, first),
        ),
        n,
    )  # fmt: skip


def kept(curves: Sequence[Float[np.ndarray, " points"]], most: int) -> Int[np.ndarray, " kept"]:
    """Which points of some curves over the same times to draw: of each stretch the first, the last, and every curve's highest and lowest.

    Rising indices, at most `most` of them (but 2 + 2 per curve at least); all where there are no more. NaNs are passed over.
    Source: Jugel et al., "M4: A visualization-oriented time series data aggregation", VLDB 2014.
    """
    n = len(curves[0])
    each = 2 + 2 * len(curves)
    if n <= most:
        return np.arange(n)
    edges = np.linspace(0, n, max(most // each, 1) + 1).astype(np.int64)
    first, stop = edges[:-1], edges[1:]
    chosen = [first, stop - 1]
    for curve in curves:
        chosen += [_place(curve, first, stop, np.maximum, -np.inf), _place(curve, first, stop, np.minimum, np.inf)]
    return np.unique(np.concatenate(chosen))


def _place(curve: np.ndarray, first: np.ndarray, stop: np.ndarray, pick: np.ufunc, blank: float) -> np.ndarray:
    """The index of each stretch's extreme: the first point that equals it."""
    known = np.where(np.isnan(curve), blank, curve)
    extreme = pick.reduceat(known, first)
    hits = np.flatnonzero(known == np.repeat(extreme, stop - first))
    return hits[np.searchsorted(hits, first)]
