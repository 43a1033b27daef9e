"""pinejax.data.importers.ohlcv_parquet"""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest

from pinejax.data.importers import read_table
from pinejax.data.validate import checked_bars
from pinejax.errors import DataError


def as_parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_datetimes_integers_and_decimals_are_read(make_bars) -> None:
    bars = make_bars(6)
    typed = bars.select(
        pl.from_epoch("time", "ms").dt.replace_time_zone("UTC").alias("Timestamp"),
        pl.col("open").cast(pl.Decimal(12, 2)).alias("Open"),
        "high",
        "low",
        "close",
        pl.col("volume").cast(pl.Int32),
    )
    assert checked_bars(read_table(Path("x.parquet"), as_parquet(typed))).equals(bars)


def test_a_pandas_index_is_taken_for_the_time(make_bars) -> None:
    bars = make_bars(6)
    assert checked_bars(read_table(Path("x.pq"), as_parquet(bars.rename({"time": "__index_level_0__"})))).equals(bars)


def test_bad_rows_are_numbered_from_one(make_bars) -> None:
    bars = make_bars(6).with_columns(close=pl.when(pl.int_range(6) == 2).then(float("inf")).otherwise("close"))
    with pytest.raises(DataError, match="row 3: close is inf"):
        checked_bars(read_table(Path("x.parquet"), as_parquet(bars)))


def test_a_cut_off_file_is_refused(make_bars) -> None:
    with pytest.raises(DataError, match=r"x\.parquet: expected a readable Parquet file"):
        read_table(Path("x.parquet"), as_parquet(make_bars(6))[:-20])
