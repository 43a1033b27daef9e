"""pinejax.data.quality"""

from __future__ import annotations

import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.quality import Gap, assess

M5 = Timeframe.parse("5m")


def test_whole_bars_on_the_grid_are_unremarkable(make_bars) -> None:
    quality = assess(make_bars(48), M5)
    assert (quality.n_gaps, quality.n_missing_bars, quality.n_off_grid, quality.n_ohlc_order, quality.n_jumps) == (0, 0, 0, 0, 0)


def test_gap_is_reported_and_not_filled(make_bars) -> None:
    quality = assess(make_bars(48, skip=[5, 20, 21, 22]), M5)
    assert (quality.n_gaps, quality.n_missing_bars) == (2, 4)
    assert quality.gaps == (Gap("2024-01-01 01:35", "2024-01-01 01:55", 3), Gap("2024-01-01 00:20", "2024-01-01 00:30", 1))


def test_bars_off_the_grid_are_counted(make_bars) -> None:
    bars = make_bars(48).with_columns(time=pl.when(pl.int_range(48) >= 40).then(pl.col("time") + 17_000).otherwise("time"))
    quality = assess(bars, M5)
    assert (quality.n_off_grid, quality.n_gaps) == (8, 0)


def test_a_splice_and_a_bad_tick_are_jumps(make_bars) -> None:
    prices = ["open", "high", "low", "close"]
    spliced = make_bars(48).with_columns(pl.when(pl.int_range(48) >= 30).then(pl.col(prices) * 1.5).otherwise(pl.col(prices)))
    assert [jump.at for jump in assess(spliced, M5).jumps] == ["2024-01-01 02:30"]
    spiked = make_bars(48).with_columns(high=pl.when(pl.int_range(48) == 10).then(900.0).otherwise("high"))
    assert [jump.at for jump in assess(spiked, M5).jumps] == ["2024-01-01 00:50"]


def test_one_bar_is_enough(make_bars) -> None:
    assert assess(make_bars(1), M5).n_gaps == 0
