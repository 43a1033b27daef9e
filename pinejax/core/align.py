"""When each HTF bar becomes known to a strategy that trades on LTF bars. Pure NumPy; the rule against look-ahead lives here alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.feed import Bars
from pinejax.core.period import Period
from pinejax.core.timeframe import Timeframe, TimeframePair


@dataclass(frozen=True, eq=False)
class HtfBuckets:
    """The HTF buckets that have LTF bars, oldest first.

    open_time: the bucket's own open, epoch ms. first, last: its first and last LTF bar. known_at: the LTF bar at whose close the HTF
    bar becomes known; the number of LTF bars where the data end before.
    """

    open_time: Int[np.ndarray, " buckets"]
    first: Int[np.ndarray, " buckets"]
    last: Int[np.ndarray, " buckets"]
    known_at: Int[np.ndarray, " buckets"]


def htf_buckets(time: Int[np.ndarray, " bars"], ltf: Timeframe, htf: Period, zone: str = "UTC") -> HtfBuckets:
    """Sort LTF bars (opens, strictly increasing) into HTF buckets and say when each bucket's bar becomes known.

    zone: the exchange's. A bucket's bar is complete on the first LTF bar whose close (open + ltf) reaches the bucket's end: its own last
    bar, or, where that is missing, the next bar there is. One HTF bar becomes known per LTF bar, oldest first; a second one waits for the
    next LTF bar: late, never early, never dropped. A bar that overlaps the one before it (off-grid data) belongs to no bucket that was
    already complete.
    A last bucket that never completes has known_at == len(time). Nothing depends on later bars, so a prefix of the bars gives a prefix.
    """
    close = time + ltf.ms
    not_before = np.concatenate([time[:1], np.maximum(time[1:], close[:-1])])
    buckets = htf.begin(not_before, zone)
    first = np.flatnonzero(np.diff(buckets, prepend=buckets[:1] - 1))
    last = np.append(first[1:], len(time)) - 1 if len(time) else first
    open_time = buckets[first]
    complete = np.searchsorted(close, htf.end(open_time, zone), side="left")
    order = np.arange(len(first))
    # known[k] = max(complete[k], known[k-1] + 1), in closed form.
    known = np.maximum.accumulate(complete - order) + order if len(first) else complete
    return HtfBuckets(open_time, first, last, np.minimum(known, len(time)))


def align_htf(ltf: Bars, pair: TimeframePair, zone: str = "UTC") -> tuple[Bars, Bool[np.ndarray, " bars"]]:
    """The HTF bars of a pair, as `align_bars`. Without an HTF every LTF bar completes itself."""
    if pair.htf == pair.ltf:
        return ltf, np.ones(len(ltf), bool)
    return align_bars(ltf, pair.ltf, Period.of(pair.htf), zone)


def align_bars(ltf: Bars, timeframe: Timeframe, htf: Period, zone: str) -> tuple[Bars, Bool[np.ndarray, " bars"]]:
    """The HTF bars on the LTF bars at which they become known, and the marks of those LTF bars (`Feed.htf`, `Feed.htf_complete`).

    Elsewhere than at a mark the values are NaN and the time is 0.
    """
    found = htf_buckets(ltf.time, timeframe, htf, zone)
    known = found.known_at < len(ltf)
    at, first, last = found.known_at[known], found.first[known], found.last[known]
    marks = np.zeros(len(ltf), bool)
    marks[at] = True
    time = np.zeros(len(ltf), np.int64)
    time[at] = found.open_time[known]
    bars = Bars(
        time=time,
        open=_spread(ltf.open[first], at, len(ltf)),
        high=_spread(_reduce(np.maximum, ltf.high, first, last), at, len(ltf)),
        low=_spread(_reduce(np.minimum, ltf.low, first, last), at, len(ltf)),
        close=_spread(ltf.close[last], at, len(ltf)),
        volume=_spread(_reduce(np.add, ltf.volume, first, last), at, len(ltf)),
    )
    return bars, marks


def _spread(values: Float[np.ndarray, " known"], at: Int[np.ndarray, " known"], n_bars: int) -> Float[np.ndarray, " bars"]:
    out = np.full(n_bars, np.nan)
    out[at] = values
    return out


def _reduce(
    ufunc: np.ufunc, values: Float[np.ndarray, " bars"], first: Int[np.ndarray, " known"], last: Int[np.ndarray, " known"]
) -> Float[np.ndarray, " known"]:
    """`ufunc` over values[first[k]..last[k]], both inclusive, for adjoining ranges that start at bar 0."""
    return ufunc.reduceat(values[: last[-1] + 1], first) if len(first) else np.empty(0)
