"""Bars of a longer timeframe from bars of a shorter one. Not what a strategy may see of them, and when (`align`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import SCHEMA
from pinejax.data.grid import anchor_ms, bucket_open, nests, require_gridded
from pinejax.data.parquet import temporary_beside
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


def resample_files(source: Path, base: Timeframe, targets: Sequence[Timeframe], folder: Path) -> dict[Timeframe, Path]:
    """`resample_file` to several timeframes, each from the longest that is made by then: `<folder>/<timeframe>.parquet`. Errors: its."""
    made = {base: source}
    for target in sorted(set(targets)):
        nearest = max((known for known in made if nests(known, target)), default=base)
        path = folder / f"{target}.parquet"
        resample_file(made[nearest], nearest, target, path)
        made[target] = path
    return {target: made[target] for target in targets}


def resample_file(source: Path, base: Timeframe, target: Timeframe, path: Path) -> None:
    """`resample` from one Parquet file to another, whole or not at all, in memory that does not grow with the bars.

    Errors: DataError where `target` is no whole multiple of `base`, or has no grid.
    """
    if not nests(base, require_gridded(target)):
        raise DataError(f"timeframe: {target} bars cannot be made of {base} bars: expected a whole multiple. Import shorter bars.")
    bars = pl.scan_parquet(source)
    last = bars.select(pl.col("time").last()).collect().item()
    if last is None:
        raise DataError(f"{source}: expected bars, found none.")
    bucket = pl.col("time") - (pl.col("time") - anchor_ms(target)) % target.ms
    # Not first() and last(): in streaming, rows of a bucket come in no order.
    unfinished = int(bucket_open(np.array([last]), target)[0]) if (last + base.ms - anchor_ms(target)) % target.ms else None
    kept = bars if unfinished is None else bars.filter(pl.col("time") < unfinished)
    made = (
        kept.with_columns(bucket=bucket)
        .group_by("bucket")
        .agg(
            pl.col("open").min_by("time"), pl.col("high").max(), pl.col("low").min(), pl.col("close").max_by("time"), pl.col("volume").sum()
        )
        .rename({"bucket": "time"})
        .sort("time")
        .select(SCHEMA.names())
    )
    temporary = temporary_beside(path)
    try:
        made.sink_parquet(temporary, compression="zstd")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
