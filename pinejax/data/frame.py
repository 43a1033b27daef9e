"""The shape of a table of bars in Polars, its hash and its way to NumPy. Not where it comes from."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from pinejax.core.feed import Bars

PRICES = ("open", "high", "low", "close")
VALUES = (*PRICES, "volume")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SCHEMA = pl.Schema({"time": pl.Int64, **dict.fromkeys(VALUES, pl.Float64)})


def to_bars(frame: pl.DataFrame) -> Bars:
    """The columns as contiguous NumPy arrays: int64 time, float64 values."""
    columns = {name: np.ascontiguousarray(frame[name].to_numpy()) for name in SCHEMA}
    return Bars(**columns)


def content_hash(frame: pl.DataFrame) -> str:
    """SHA-256 of the bars' raw little-endian bytes, column by column; the same for every Polars version and file layout."""
    return bars_hash(to_bars(frame))


def bars_hash(bars: Bars) -> str:
    """`content_hash` of bars in NumPy."""
    digest = hashlib.sha256(np.ascontiguousarray(bars.time.astype("<i8", copy=False)).data)
    for name in VALUES:
        values = getattr(bars, name)
        # One NaN and one zero, whatever bit pattern a reader made of them.
        digest.update(np.ascontiguousarray(np.where(np.isnan(values), np.nan, values + 0.0).astype("<f8", copy=False)).data)
    return digest.hexdigest()


def from_bars(bars: Bars) -> pl.DataFrame:
    """The table of bars, in the store's columns."""
    return pl.DataFrame({name: getattr(bars, name) for name in SCHEMA}, schema=SCHEMA)


def iso(time_ms: int) -> str:
    """`2025-04-03 17:05` in UTC, with seconds only where there are any."""
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")
