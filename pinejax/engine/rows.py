"""A feed as the engine's loop reads it: one packed row per bar, padded to a bucket so that lengths share a program. Not data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pinejax.core.feed import Feed

OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)
HTF_OPEN, HTF_HIGH, HTF_LOW, HTF_CLOSE, HTF_VOLUME = range(5, 10)
HTF_COMPLETE, DAY_ENDS = 10, 11
DAY, SECOND, HTF_DAY, HTF_SECOND = 12, 13, 14, 15
RATE, NEW_DAY = 16, 17
N_COLUMNS = 18
MS_PER_DAY = 86_400_000
MIN_BUCKET = 1_024


@dataclass(frozen=True, eq=False)
class Rows:
    """values: `[padded, N_COLUMNS]`. Open times as UTC day and second of it, which float32 holds exactly too. NEW_DAY: whether the
    exchange's day changed since the bar before (not on the first)."""

    values: Any
    n_bars: int


def bucket_of(n: int) -> int:
    """The padded length for n bars: at most 25 % more, so that few lengths mean few programs."""
    size = MIN_BUCKET
    while size < n:
        size *= 2
    for part in (5, 6, 7):
        if size > MIN_BUCKET and n <= size * part // 8:
            return size * part // 8
    return size


def rows_of(feed: Feed, dtype: str) -> Rows:
    """Pack a feed. One row more than bars, since the loop looks at the next open. The last bar ends no day."""
    n = len(feed)
    values = np.zeros((bucket_of(n + 1), N_COLUMNS), dtype)
    for offset, bars in ((0, feed.ltf), (5, feed.htf)):
        for i, name in enumerate(("open", "high", "low", "close", "volume")):
            values[:n, offset + i] = getattr(bars, name)
    for offset, bars in ((DAY, feed.ltf), (HTF_DAY, feed.htf)):
        values[:n, offset], values[:n, offset + 1] = bars.time // MS_PER_DAY, bars.time % MS_PER_DAY // 1000
    values[:n, HTF_COMPLETE] = feed.htf_complete
    days = feed.ltf.time // MS_PER_DAY
    values[: n - 1, DAY_ENDS] = days[1:] != days[:-1]
    values[1:n, NEW_DAY] = days[1:] != days[:-1]
    values[:n, RATE] = 1.0 if feed.rate is None else feed.rate
    return Rows(values, n)


def moment(day: Any, second: Any) -> Any:
    """Epoch milliseconds from the two columns, as float64."""
    return day.astype(np.float64) * MS_PER_DAY + second.astype(np.float64) * 1000.0
