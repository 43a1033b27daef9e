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
    digest = hashlib.sha256()
    for name in SCHEMA:
        values = frame[name].to_numpy()
        if name == "time":
            digest.update(values.astype("<i8").tobytes())
        else:
            # One NaN and one zero, whatever bit pattern a reader made of them.
            digest.update(np.where(np.isnan(values), np.nan, values + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()


def iso(time_ms: int) -> str:
    """`2025-04-03 17:05` in UTC, with seconds only where there are any."""
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")
