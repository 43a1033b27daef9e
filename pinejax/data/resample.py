"""Bars of a longer timeframe from bars of a shorter one. Not what a strategy may see of them, and when (`align`)."""

from __future__ import annotations

import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import SCHEMA
from pinejax.data.grid import bucket_open, nests
from pinejax.errors import DataError


def resample(frame: pl.DataFrame, base: Timeframe, target: Timeframe) -> pl.DataFrame:
    """Bars of `target` from bars of `base`: first open, highest high, lowest low, last close, summed volume of each bucket.

    Buckets are closed left and labelled by open time on the UTC grid (weeks from Monday). A bucket without bars gives no bar. A first
    bucket that the data enter midway is kept; a last one whose end the data do not reach is left out, as the next bar would change it.
    Volume NaN stays NaN. Errors: DataError where `target` is no whole multiple of `base` or has no grid.
    """
    if base == target:
        return frame
    if not nests(base, target):
        raise DataError(f"timeframe: {target} bars cannot be made of {base} bars: expected a whole multiple. Import shorter bars.")
    if frame.is_empty():
        return frame
    buckets = bucket_open(frame["time"].to_numpy(), target)
    keyed = frame.with_columns(bucket=pl.Series(buckets))
    if frame["time"][-1] + base.ms < int(buckets[-1]) + target.ms:
        keyed = keyed.filter(pl.col("bucket") < int(buckets[-1]))
    bars = keyed.group_by("bucket", maintain_order=True).agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(), pl.col("volume").sum()
    )
    return bars.rename({"bucket": "time"}).select(SCHEMA.names())
