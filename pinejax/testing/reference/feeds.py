"""Feeds from plain arrays, for tests: HTF bars built from the bars given, cold. The store's way is `pinejax.data.feed`."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair

# 1970-01-01 was a Thursday; weeks begin on Monday.
MONDAY_MS = 4 * 86_400_000
WEEK_MS = 7 * 86_400_000


def make_feed(
    time: Int[np.ndarray, " bars"],
    ohlcv: Float[np.ndarray, "bars 5"],
    timeframe: str = "15m",
    *,
    symbol: str = "TEST",
    instrument: Instrument | None = None,
) -> Feed:
    """A feed of LTF bars and, for `15m@1h`, the HTF bars that they make.

    An HTF bar is complete on the LTF bar that reaches the bucket's end, or on the first later one after a gap; two at once
    come one after the other; an unfinished last bucket never completes.
    """
    pair, instrument = TimeframePair.parse(timeframe), instrument or Instrument()
    ltf = Bars(time.astype(np.int64), *(np.ascontiguousarray(ohlcv[:, i], dtype=np.float64) for i in range(5)))
    if pair.htf == pair.ltf:
        return Feed(symbol, pair, ltf, ltf, np.ones(len(time), dtype=bool), instrument)
    htf = np.full((len(time), 5), np.nan)
    htf_time, complete = np.zeros(len(time), dtype=np.int64), np.zeros(len(time), dtype=bool)
    waiting: list[tuple[int, np.ndarray]] = []
    bucket_start, rows = -1, []
    for i in range(len(time)):
        start = _bucket(int(time[i]), pair.htf.ms)
        if rows and start != bucket_start:
            waiting.append((bucket_start, _merge(ohlcv[rows])))
            rows = []
        bucket_start = start
        rows.append(i)
        if int(time[i]) + pair.ltf.ms >= start + pair.htf.ms:
            waiting.append((start, _merge(ohlcv[rows])))
            rows = []
        if waiting:
            htf_time[i], htf[i] = waiting.pop(0)
            complete[i] = True
    return Feed(symbol, pair, ltf, Bars(htf_time, *(htf[:, c].copy() for c in range(5))), complete, instrument)


def _bucket(time: int, ms: int) -> int:
    offset = MONDAY_MS if ms % WEEK_MS == 0 else 0
    return (time - offset) // ms * ms + offset


def _merge(rows: np.ndarray) -> np.ndarray:
    return np.array([rows[0, 0], rows[:, 1].max(), rows[:, 2].min(), rows[-1, 3], rows[:, 4].sum()])
