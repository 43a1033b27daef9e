"""A feed as the engine's loop reads it: one packed row per bar, padded to a bucket so that lengths share a program. Not data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinejax.core.clock import DAY_MS
from pinejax.core.feed import Feed
from pinejax.core.period import Period
from pinejax.core.timeframe import Timeframe
from pinejax.engine.bar import BarView, epoch_ms
from pinejax.engine.columns import CHART, Column, Columns, NewPeriod, series_of, tabulate

EXCHANGE_DAY = NewPeriod(CHART, Period.of(Timeframe.parse("1D")))

OPEN, HIGH, LOW, CLOSE, VOLUME, DAY, SECOND, DAY_ENDS, RATE, NEW_DAY, TRADING_DAY = range(11)
N_COLUMNS = 11
MIN_BUCKET = 1_024


@dataclass(frozen=True, eq=False)
class Rows:
    """values: `[padded, N_COLUMNS + what the body asked for]`. Open times as UTC day and second of it, which float32
    holds exactly too. NEW_DAY: whether the exchange's day changed since the bar before (not on the first); TRADING_DAY: how
    often it has."""

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


def rows_of(feed: Feed, dtype: str, columns: Mapping[Column, int] | None = None) -> Rows:
    """Pack a feed and the columns that a body asked for. One row more than bars, since the loop looks at the next open. The last bar
    ends no day. Errors: as `tabulate`."""
    n, asked = len(feed), columns or {}
    values = np.zeros((bucket_of(n + 1), N_COLUMNS + len(asked)), dtype)
    for i, name in enumerate(("open", "high", "low", "close", "volume")):
        values[:n, i] = getattr(feed.ltf, name)
    values[:n, DAY], values[:n, SECOND] = feed.ltf.time // DAY_MS, feed.ltf.time % DAY_MS // 1000
    days = feed.ltf.time // DAY_MS
    values[: n - 1, DAY_ENDS] = days[1:] != days[:-1]
    values[:n, NEW_DAY] = EXCHANGE_DAY.values(series_of(feed, CHART), feed.instrument)
    values[:n, TRADING_DAY] = np.cumsum(values[:n, NEW_DAY])
    values[:n, RATE] = 1.0 if feed.rate is None else feed.rate
    values[:n, N_COLUMNS:] = tabulate(feed, asked)
    return Rows(values, n)


def bar_of(row: Any, since: Any, columns: Mapping[Column, int]) -> BarView:
    """The chart's bar in a row, `since` being its number from the first bar of the window."""
    prices = row[OPEN], row[HIGH], row[LOW], row[CLOSE], row[VOLUME]
    return BarView(*prices, epoch_ms(row[DAY], row[SECOND]), since, since == 0, columns=Columns(dict(columns), row[N_COLUMNS:]))


def blank_bar(number: Any, flag: Any) -> BarView:
    """A bar without meaning, for tracings whose values are thrown away; it takes note of the columns that are asked of it."""
    return BarView(
        number, number, number, number, number, number.astype(np.float64), number.astype(np.int32), flag, columns=Columns(blank=number)
    )
